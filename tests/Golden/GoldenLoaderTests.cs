using System.Net;
using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>
/// The loaders give what the READMEs beside the goldens promise, and the goldens agree with each other.
/// </summary>
public class GoldenLoaderTests
{
    [Fact]
    public void There_are_fourteen_vxlan_variants_and_nine_others()
    {
        Assert.Equal(14, OverlayVariant.Names.Count(name => name.StartsWith("vxlan-", StringComparison.Ordinal)));
        Assert.Equal(23, OverlayVariant.Names.Count);
    }

    [Fact]
    public void Flannel_s_first_case_goes_out_encapsulated_and_arrives()
    {
        OverlayVariant flannel = OverlayVariant.Load("vxlan-flannel");
        OverlayCase first = flannel.Encap[0];

        Assert.Equal((91, 56), (flannel.Encap.Count, flannel.Decap.Count));
        Assert.Equal("udp tos=0x00", first.Name);
        Assert.Empty(first.P1a);
        Assert.Equal(first.In.Length, Assert.Single(first.N1Vtep).Length);
        Assert.Equal(first.In.Length + 50, Assert.Single(first.N1Eth0).Length);
        Assert.Equal(Assert.Single(first.N1Vtep), Assert.Single(first.N2Vtep));
        Assert.Equal(first.In.Length, Assert.Single(first.P2a).Length);
    }

    [Fact]
    public void Setup_knows_every_device_s_addresses()
    {
        OverlaySetup setup = OverlayVariant.Load("vxlan-v6inner").Setup;

        Assert.True(setup.HasIpv6Pods);
        Assert.Equal("0a:58:0a:f4:01:01", setup.MacOf("n1", "cni0"));
        Assert.Equal("0a:58:0a:f4:02:14", setup.MacOf("p2a", "eth0"));
        Assert.Equal(
            [IPAddress.Parse("10.244.1.10"), IPAddress.Parse("fd00:10:244:1::10")], setup.AddressesOf("p1a", "eth0"));
        Assert.Equal(
            [IPAddress.Parse("10.244.1.0"), IPAddress.Parse("fd00:10:244:1::")], setup.AddressesOf("n1", "flannel.1"));
    }

    [Theory]
    [InlineData("vxlan-ttl17-tos48", "vxlan.ttl=17")]
    [InlineData("vxlan-ttl17-tos48", "vxlan.tos=0x48")]
    [InlineData("vxlan-srcport-const", "vxlan.srcport=49152-49152")]
    [InlineData("vxlan-noudpcsum", "vxlan.udpcsum=off")]
    [InlineData("vxlan-df-set", "vxlan.df=set")]
    [InlineData("vxlan-podmtu1500", "mtu.pod=1500")]
    [InlineData("vxlan-flannel", "bridge.node-1.mac=0a:58:0a:f4:01:01")]
    [InlineData("hostgw", "pod.default/p1a.mac=0a:58:0a:f4:01:0a")]
    public void A_variant_s_devices_become_settings(string variant, string setting) =>
        Assert.Contains(setting, OverlayManifests.Settings(OverlayVariant.Load(variant).Setup));

    [Fact]
    public void Manifests_name_both_nodes_with_the_lab_s_tunnel_macs()
    {
        string yaml = OverlayManifests.Yaml(OverlayVariant.Load("vxlan-flannel").Setup);

        Assert.Contains("""backend-data: '{"VNI":1,"VtepMAC":"5e:11:22:33:44:02"}'""", yaml, StringComparison.Ordinal);
        Assert.Contains("public-ip: 192.168.56.11", yaml, StringComparison.Ordinal);
        Assert.Contains("podIPs: [{\"ip\": \"10.244.2.20\"}]", yaml, StringComparison.Ordinal);
    }

    [Fact]
    public void The_map_of_three_tier_points_into_its_captures()
    {
        ThreeTier lab = ThreeTier.Load();

        Assert.Equal(25_130, lab.Sent.Count);
        Assert.Equal(24_584, lab.Delivered.Count);
        Assert.Equal(lab.Sent.Count, lab.Map.Count);
        Assert.Equal(24_355, lab.Map.Count(row => row.Delivered is not null));
        Assert.Equal(5_585, lab.Flows.Count);
        Assert.All(lab.Map, row => Assert.InRange(row.Delivered ?? 0, 0, lab.Delivered.Count - 1));
        Assert.Contains("default/loadgen-1", lab.Pods);
    }

    [Fact]
    public void Two_kernels_put_the_same_frames_on_the_wire_once_compared_fairly()
    {
        OverlayVariant linux618 = OverlayVariant.Load("vxlan-flannel");
        OverlayVariant linux61 = OverlayVariant.Load("vxlan-flannel-linux6.1");

        int compared = 0;
        foreach ((OverlayCase ours, OverlayCase theirs) in linux618.Encap.Zip(linux61.Encap))
        {
            Assert.Equal(ours.In, theirs.In);
            IEnumerable<byte[]> here = ours.N1Eth0.Where(IsFromNode1).Select(FairFrame.Normalize);
            IEnumerable<byte[]> there = theirs.N1Eth0.Where(IsFromNode1).Select(FairFrame.Normalize);
            Assert.Equal(here, there);
            compared += ours.N1Eth0.Count(IsFromNode1);
        }

        Assert.True(compared > 80, $"only {compared} frames were compared");
    }

    /// <summary>Answers come from other kernels' sockets, with ids of their own.</summary>
    private static bool IsFromNode1(byte[] frame) => frame.AsSpan(6, 6).SequenceEqual(Node1Mac);

    private static readonly byte[] Node1Mac = [0x02, 0x00, 0xc0, 0xa8, 0x38, 0x0b];
}
