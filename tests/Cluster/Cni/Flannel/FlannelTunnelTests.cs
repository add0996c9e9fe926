using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Xunit;

namespace Dataplane.Tests.Cluster.Cni.Flannel;

/// <summary>flannel.ipip, and which devices dual-stack nodes have.</summary>
public class FlannelTunnelTests
{
    private const string DualStack = """
        apiVersion: v1
        kind: Node
        metadata:
          name: n1
          annotations:
            flannel.alpha.coreos.com/backend-data: '{"VNI":1,"VtepMAC":"5e:c0:a8:38:0b:01"}'
            flannel.alpha.coreos.com/backend-type: vxlan
            flannel.alpha.coreos.com/backend-v6-data: '{"VNI":1,"VtepMAC":"5e:c0:a8:38:0b:06"}'
            flannel.alpha.coreos.com/public-ip: 192.168.56.11
            flannel.alpha.coreos.com/public-ipv6: fd00:56::11
        spec: {podCIDRs: [10.244.1.0/24, "fd00:10:1::/64"]}
        status: {addresses: [{address: 192.168.56.11, type: InternalIP}, {address: "fd00:56::11", type: InternalIP}]}

        """;

    private static readonly string V4Nodes = DualStack
        .Replace("    flannel.alpha.coreos.com/public-ipv6: fd00:56::11\n", "", StringComparison.Ordinal)
        .Replace("    flannel.alpha.coreos.com/backend-v6-data: '{\"VNI\":1,\"VtepMAC\":\"5e:c0:a8:38:0b:06\"}'\n", "",
            StringComparison.Ordinal)
        .Replace(", {address: \"fd00:56::11\", type: InternalIP}", "", StringComparison.Ordinal);

    [Fact]
    public void The_ipip_backend_is_flannel_ipip_with_the_inner_packets_ttl_and_df()
    {
        NetworkModel model = Compile(
            V4Nodes.Replace("backend-type: vxlan", "backend-type: ipip", StringComparison.Ordinal));
        Assert.Equal(
            new TunnelSettings
            {
                Kind = TunnelKind.IpInIp,
                Device = "flannel.ipip",
                Vni = 0,
                Port = 0,
                Ttl = 0,
                Df = TunnelDf.Inherit,
                UdpChecksum = false,
                Overhead = 20,
            },
            model.Tunnel);
        NodeNetwork node = model.Nodes[0];
        Assert.Equal((1500, 1480, 1480), (node.UnderlayMtu, node.TunnelMtu, node.PodMtu));
        Assert.Equal(
            ("10.244.1.0", true, true), (node.TunnelV4.ToString(), node.TunnelV6.IsNone, node.TunnelMac.IsNone));
        Assert.Contains(
            "flannel's ipip backend carries IPv4 alone: IPv6 pods of other nodes cannot be reached", model.Notes);
    }

    [Fact]
    public void Ipip_settings_have_ip_links_words()
    {
        NetworkModel model = Compile(V4Nodes, "flannel.backend=ipip", "ipip.ttl=17", "ipip.tos=inherit", "ipip.df=set");
        Assert.Equal(((byte)17, true, TunnelDf.Set), (model.Tunnel!.Ttl, model.Tunnel.TosInherit, model.Tunnel.Df));
        Assert.Contains(
            "without effect under the tunnel flannel.ipip: vtep.n1.mac, vxlan.ttl",
            Compile(V4Nodes, "flannel.backend=ipip", "vxlan.ttl=9", "vtep.n1.mac=02:00:00:00:00:01").Notes);
    }

    [Fact]
    public void Direct_routing_goes_with_ipip_too() => Assert.Equal(
        DirectRouting.SameSegment, Compile(V4Nodes, "flannel.backend=ipip", "flannel.directRouting=on").Direct);

    [Fact]
    public void Where_flannel_uses_ipv6_outside_ipv6_pods_have_a_second_device()
    {
        NetworkModel model = Compile(DualStack);
        Assert.Equal(("flannel.1", 4), (model.Tunnel!.Device, model.Tunnel.OuterFamily));
        Assert.Equal(model.Tunnel with { Device = "flannel-v6.1", OuterFamily = 6, Overhead = 70 }, model.TunnelV6);
        Assert.Equal(
            ("5e:c0:a8:38:0b:01", "5e:c0:a8:38:0b:06"),
            (model.Nodes[0].TunnelMac.ToString(), model.Nodes[0].TunnelMacV6.ToString()));
    }

    [Fact]
    public void Nodes_with_ipv4_alone_carry_ipv6_inside_of_it()
    {
        NetworkModel model = Compile(V4Nodes);
        Assert.Equal(("flannel.1", null), (model.Tunnel!.Device, model.TunnelV6));
        Assert.Equal("fd00:10:1::", model.Nodes[0].TunnelV6.ToString());
    }

    [Fact]
    public void Nodes_with_ipv6_alone_have_one_tunnel_with_ipv6_outside()
    {
        string yaml = DualStack
            .Replace("    flannel.alpha.coreos.com/backend-data: '{\"VNI\":1,\"VtepMAC\":\"5e:c0:a8:38:0b:01\"}'\n", "",
                StringComparison.Ordinal)
            .Replace("    flannel.alpha.coreos.com/public-ip: 192.168.56.11\n", "", StringComparison.Ordinal)
            .Replace("{address: 192.168.56.11, type: InternalIP}, ", "", StringComparison.Ordinal);
        NetworkModel model = Compile(yaml);
        Assert.Equal(("flannel-v6.1", 6, 70), (model.Tunnel!.Device, model.Tunnel.OuterFamily, model.Tunnel.Overhead));
        Assert.Null(model.TunnelV6);
        Assert.Equal("5e:c0:a8:38:0b:06", model.Nodes[0].TunnelMac.ToString());
        Assert.Equal(1430, model.Nodes[0].PodMtu);
    }

    private static NetworkModel Compile(string yaml, params string[] settings) => CniProfiles.Compile(
        "flannel", ManifestReader.ReadText(yaml, "flannel.yaml"), EmulationSettings.Parse(settings));
}
