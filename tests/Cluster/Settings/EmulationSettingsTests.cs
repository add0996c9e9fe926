using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Cluster.Settings;

public class EmulationSettingsTests
{
    [Fact]
    public void The_later_of_two_values_wins()
    {
        EmulationSettings settings = EmulationSettings.Parse(["vxlan.vni=7", "seed=3", "vxlan.vni=9"]);
        Assert.Equal(9u, settings.Vxlan.Vni);
        Assert.Equal("9", settings.Given["vxlan.vni"]);
        Assert.Equal(["seed", "vxlan.vni"], settings.Given.Keys);
    }

    [Theory]
    [InlineData("0", 64)]
    [InlineData("auto", 64)]
    [InlineData("inherit", 0)]
    [InlineData("17", 17)]
    [InlineData("255", 255)]
    public void Ttl_has_ip_links_words(string value, byte expected) =>
        Assert.Equal(expected, EmulationSettings.Parse([$"vxlan.ttl={value}"]).Vxlan.Ttl);

    [Theory]
    [InlineData("0x48", 0x48, false)]
    [InlineData("72", 0x48, false)]
    [InlineData("inherit", 0, true)]
    [InlineData("1", 0, true)]
    [InlineData("0", 0, false)]
    public void Tos_is_a_number_or_inherited(string value, byte tos, bool inherit)
    {
        EmulationSettings settings = EmulationSettings.Parse([$"vxlan.tos={value}"]);
        Assert.Equal(((byte?)tos, (bool?)inherit), (settings.Vxlan.Tos, settings.Vxlan.TosInherit));
    }

    [Fact]
    public void A_number_after_inherit_does_not_inherit()
    {
        EmulationSettings settings = EmulationSettings.Parse(["vxlan.tos=inherit", "vxlan.tos=0x20"]);
        Assert.Equal(((byte?)0x20, (bool?)false), (settings.Vxlan.Tos, settings.Vxlan.TosInherit));
    }

    [Theory]
    [InlineData("49152-49152", 49152, 49152)]
    [InlineData("49152", 49152, 49152)]
    [InlineData("1-65535", 1, 65535)]
    public void Source_ports_are_inclusive_on_both_sides(string value, ushort first, ushort last) =>
        Assert.Equal(new PortRange(first, last), EmulationSettings.Parse([$"vxlan.srcport={value}"]).Vxlan.SourcePorts);

    [Theory]
    [InlineData("kernel", 262144L)]
    [InlineData("cilium", 524288L)]
    [InlineData("1", 1L)]
    [InlineData("unlimited", null)]
    public void Connection_limits_have_the_real_systems_names(string value, long? limit) =>
        Assert.Equal(limit, EmulationSettings.Parse(["conntrack.max=5", $"conntrack.max={value}"]).ConntrackMax);

    [Fact]
    public void Names_in_keys_may_hold_dots()
    {
        EmulationSettings settings = EmulationSettings.Parse(
        [
            "node.ip-10-0-0-7.eu-west-1.compute.internal.mac=02:00:00:00:00:01",
            "vtep.worker.mac.mac=02:00:00:00:00:02",
            "bridge.n0.mac=02-00-00-00-00-03",
            "pod.shop/web.v2-0.mac=02:00:00:00:00:04",
        ]);
        Assert.Equal(new MacAddress(0x020000000001), settings.NodeMacs["ip-10-0-0-7.eu-west-1.compute.internal"]);
        Assert.Equal(new MacAddress(0x020000000002), settings.VtepMacs["worker.mac"]);
        Assert.Equal(new MacAddress(0x020000000003), settings.BridgeMacs["n0"]);
        Assert.Equal(new MacAddress(0x020000000004), settings.PodMacs["shop/web.v2-0"]);
    }

    [Fact]
    public void Words_and_switches_are_read()
    {
        EmulationSettings settings = EmulationSettings.Parse(
        [
            "vxlan.df=inherit", "vxlan.udpcsum=false", "gateway=off", "gateway.mac=02:00:00:00:00:09",
                "pod.attach=routed",
            "flannel.backend=host-gw", "flannel.directRouting=on", "flannel.ipMasq=off",
                "flannel.network=10.0.0.0/8,fd00::/48",
            "lb.algorithm=maglev", "lb.maglevSize=251", "conntrack.profile=cilium", "unlisted=forward",
            "seed=18446744073709551615", "mtu.underlay=9000", "mtu.tunnel=8950", "mtu.pod=576", "vxlan.port=4789",
        ]);
        Assert.Equal(TunnelDf.Inherit, settings.Vxlan.Df);
        Assert.False(settings.Vxlan.UdpChecksum);
        Assert.False(settings.HasGateway);
        Assert.Equal("02:00:00:00:00:09", settings.GatewayMac.ToString());
        Assert.Equal(PodAttachment.Routed, settings.PodAttachment);
        Assert.Equal(FlannelBackend.HostGateway, settings.FlannelBackend);
        Assert.True(settings.FlannelDirectRouting);
        Assert.False(settings.FlannelIpMasq);
        Assert.Equal(["10.0.0.0/8", "fd00::/48"], settings.FlannelNetwork.Select(prefix => prefix.ToString()));
        Assert.Equal((LoadBalancerAlgorithm.Maglev, 251), (settings.LoadBalancer, settings.MaglevSize));
        Assert.Equal(ConntrackProfile.Cilium, settings.ConntrackProfile);
        Assert.True(settings.ForwardUnlisted);
        Assert.Equal(ulong.MaxValue, settings.Seed);
        Assert.Equal((9000, 8950, 576), (settings.UnderlayMtu, settings.TunnelMtu, settings.PodMtu));
        Assert.Equal((ushort)4789, settings.Vxlan.Port);
    }

    [Theory]
    [InlineData("vxlan.tll=3", "unknown setting vxlan.tll: did you mean vxlan.ttl? (dataplane manual lists all)")]
    [InlineData("vxlan.TTL=3", "unknown setting vxlan.TTL: did you mean vxlan.ttl? (dataplane manual lists all)")]
    [InlineData("nod.n0.mac=02:00:00:00:00:01",
        "unknown setting nod.n0.mac: did you mean node.n0.mac? (dataplane manual lists all)")]
    [InlineData("pod.web.mac=02:00:00:00:00:01",
        "unknown setting pod.web.mac: did you mean pod.NS/NAME.mac? (dataplane manual lists all)")]
    [InlineData("zzz=1", "unknown setting zzz (dataplane manual lists all)")]
    [InlineData("=1", "unknown setting  (dataplane manual lists all)")]
    [InlineData("mtu=3",
        "unknown setting mtu: there are mtu.underlay, mtu.tunnel, mtu.pod (dataplane manual lists all)")]
    [InlineData("limit.connections=3",
        "unknown setting limit.connections: there are limit.addresses, limit.unlisted, limit.expansion, "
        + "limit.preload (dataplane manual lists all)")]
    public void Unknown_keys_name_the_nearest_known(string pair, string expected) =>
        Assert.Equal(expected, Error(pair));

    [Theory]
    [InlineData("vxlan.ttl=256",
        "setting vxlan.ttl=256: allowed is 1 to 255, 0 or auto (the route's default, 64) or inherit (copies the "
        + "inner TTL)")]
    [InlineData("vxlan.vni=16777216", "setting vxlan.vni=16777216: allowed is 0 to 16777215")]
    [InlineData("vxlan.df=maybe", "setting vxlan.df=maybe: allowed is unset, set or inherit")]
    [InlineData("vxlan.udpcsum=", "setting vxlan.udpcsum=: allowed is on or off")]
    [InlineData("mtu.pod=575", "setting mtu.pod=575: allowed is 576 to 65535")]
    [InlineData("mtu.pod=65536", "setting mtu.pod=65536: allowed is 576 to 65535")]
    [InlineData("mtu.pod=-1", "setting mtu.pod=-1: allowed is 576 to 65535")]
    [InlineData("node.n0.mac=01:00:5e:00:00:01",
        "setting node.n0.mac=01:00:5e:00:00:01: allowed is a device's MAC address such as 02:00:c0:a8:38:0b")]
    [InlineData("lb.maglevSize=16380",
        "setting lb.maglevSize=16380: allowed is 251 509 1021 2039 4093 8191 16381 32749 65521 131071")]
    [InlineData("conntrack.max=0",
        "setting conntrack.max=0: allowed is a number from 1, kernel (262144), cilium (524288) or unlimited")]
    [InlineData("flannel.network=10.0.0.0/8,11.0.0.0/8",
        "setting flannel.network=10.0.0.0/8,11.0.0.0/8: allowed is CIDR or CIDR,CIDR, one for each family")]
    [InlineData("flannel.backend=udp", "setting flannel.backend=udp: allowed is vxlan, host-gw or ipip")]
    [InlineData("seed=a\nb", "setting seed=a?b: allowed is 0 to 18446744073709551615")]
    [InlineData("seed", "setting seed has no value: write seed=VALUE, allowed is 0 to 18446744073709551615")]
    [InlineData("link.rate=10Gbps", "setting link.rate=10Gbps: allowed is a number of bit, kbit, mbit, gbit or tbit "
        + "(kibit ... of 1024), say 10Gbit, up to 100tbit")]
    [InlineData("link.delay=50", "setting link.delay=50: allowed is a number of ns, us, ms or s, up to 3600s")]
    [InlineData("link.queue=0", "setting link.queue=0: allowed is 1 to 1000000")]
    [InlineData("ipvs.scheduler=rnd",
        "setting ipvs.scheduler=rnd: allowed is rr wrr lc wlc lblc lblcr sh dh sed nq mh fo ovf")]
    [InlineData("policy.enforcer=canal",
        "setting policy.enforcer=canal: allowed is calico, cilium, ovn-kubernetes or none")]
    public void Errors_say_what_is_allowed(string pair, string expected) => Assert.Equal(expected, Error(pair));

    [Theory]
    [InlineData("vxlan.srcport=0")]
    [InlineData("vxlan.srcport=5-4")]
    [InlineData("vxlan.srcport=5-")]
    [InlineData("vxlan.srcport=5-6-7")]
    [InlineData("vxlan.srcport=65536")]
    [InlineData("vxlan.tos=0x100")]
    [InlineData("vxlan.tos=0xffffffff")]
    [InlineData("vxlan.tos=256")]
    [InlineData("vxlan.tos=0x")]
    [InlineData("gateway.mac=00:00:00:00:00:00")]
    [InlineData("flannel.network=10.0.0.0")]
    [InlineData("unlisted=drop")]
    [InlineData("seed=-1")]
    public void Bad_values_are_refused(string pair) =>
        Assert.StartsWith($"setting {pair}: allowed is ", Error(pair), StringComparison.Ordinal);

    [Fact]
    public void A_default_that_is_a_value_is_what_holds_without_the_setting()
    {
        int checkedCount = 0;
        foreach (SettingDefinition setting in SettingRegistry.All)
        {
            if (setting.Default.Contains(' ', StringComparison.Ordinal) || setting.Default == "1500"
                || setting.Key == "gateway.mac") continue;
            checkedCount++;
            EmulationSettings given = EmulationSettings.Parse([$"{setting.Key}={setting.Default}"]);
            Assert.Equal(EmulationSettings.Default, given with { Given = EmulationSettings.Default.Given });
        }

        Assert.Equal(20, checkedCount);
    }

    [Theory]
    [InlineData("10Gbit", 10_000_000_000)]
    [InlineData("2.5gbit", 2_500_000_000)]
    [InlineData("100kbit", 100_000)]
    [InlineData("1mibit", 1_048_576)]
    [InlineData("9600bit", 9_600)]
    public void Rates_of_links_have_tc_s_units(string text, long expected) =>
        Assert.Equal(expected, EmulationSettings.Parse([$"link.rate={text}"]).Link.Rate);

    [Theory]
    [InlineData("50us", 50_000)]
    [InlineData("1.5ms", 1_500_000)]
    [InlineData("2s", 2_000_000_000)]
    [InlineData("7ns", 7)]
    [InlineData("0", 0)]
    public void Delays_of_links_have_tc_s_units(string text, long expected) =>
        Assert.Equal(expected, EmulationSettings.Parse([$"link.delay={text}"]).Link.Delay);

    [Theory]
    [InlineData("link.rate=0")]
    [InlineData("link.rate=0bit")]
    [InlineData("link.rate=-1gbit")]
    [InlineData("link.rate=1e3bit")]
    [InlineData("link.rate=101tbit")]
    [InlineData("link.rate=gbit")]
    [InlineData("link.rate=99999999999999999999999999999999gbit")]
    [InlineData("link.delay=3601s")]
    [InlineData("link.delay=5m")]
    public void What_is_no_rate_or_delay_is_refused(string pair) =>
        Assert.StartsWith($"setting {pair}: allowed is", Error(pair), StringComparison.Ordinal);

    [Fact]
    public void A_name_that_the_manifests_do_not_have_is_an_error()
    {
        ClusterSnapshot snapshot = new()
        {
            Nodes = [new Node("worker-1", default)],
            Pods = [new Pod("shop", "web-0", default)],
        };
        Assert.Equal(
            "setting vtep.worker-2.mac: the manifests have no node worker-2: did you mean vtep.worker-1.mac?",
            Check("vtep.worker-2.mac"));
        Assert.Equal("setting pod.shop/db.mac: the manifests have no pod shop/db", Check("pod.shop/db.mac"));

        string Check(string key) => Assert.Throws<InvalidDataException>(() =>
            SettingNames.Check(snapshot, EmulationSettings.Parse([$"{key}=02:00:00:00:00:01"]))).Message;
    }

    private static string Error(string pair) =>
        Assert.Throws<InvalidDataException>(() => EmulationSettings.Parse([pair])).Message;
}
