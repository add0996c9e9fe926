using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Xunit;
using static Dataplane.Tests.Cluster.Cni.Calico.CalicoCluster;

namespace Dataplane.Tests.Cluster.Cni.Calico;

public class CalicoProfileTests
{
    private const string IpIp = "ipipMode: Always, vxlanMode: Never";
    private const string Vxlan = "ipipMode: Never, vxlanMode: Always";
    private const string Bgp = "ipipMode: Never, vxlanMode: Never";

    [Fact]
    public void Ipip_is_tunl0_with_the_inner_packets_ttl_and_df()
    {
        NetworkModel model = Compile(IpIp);
        Assert.Equal(
            new TunnelSettings
            {
                Kind = TunnelKind.IpInIp,
                Device = "tunl0",
                Vni = 0,
                Port = 0,
                Ttl = 0,
                Df = TunnelDf.Inherit,
                UdpChecksum = false,
                Overhead = 20,
            },
            model.Tunnel);
        Assert.All(
            model.Nodes, node => Assert.Equal((1500, 1480, 1480), (node.UnderlayMtu, node.TunnelMtu, node.PodMtu)));
        Assert.All(model.Nodes, node => Assert.True(node.TunnelMac.IsNone));
    }

    [Fact]
    public void Vxlan_is_vxlan_calico_with_vni_4096_on_port_4789()
    {
        NetworkModel model = Compile(Vxlan);
        Assert.Equal(
            new TunnelSettings { Kind = TunnelKind.Vxlan, Device = "vxlan.calico", Vni = 4096, Port = 4789 },
            model.Tunnel);
        Assert.All(
            model.Nodes, node => Assert.Equal((1500, 1450, 1450), (node.UnderlayMtu, node.TunnelMtu, node.PodMtu)));
    }

    [Fact]
    public void A_vtep_mac_is_f_and_the_sha1_of_the_nodes_name_unless_one_is_stored()
    {
        NetworkModel model = Compile(Vxlan);
        Assert.Equal("66:f9:37:c3:7e:94", model.Nodes[0].TunnelMac.ToString());
        Assert.Equal("66:01:02:03:04:05", model.Nodes[2].TunnelMac.ToString());
        Assert.Equal(
            "02:00:00:00:00:09", Compile(Vxlan, "vtep.node3.mac=02:00:00:00:00:09").Nodes[2].TunnelMac.ToString());
    }

    [Theory]
    [InlineData(IpIp, DirectRouting.Never)]
    [InlineData(Vxlan, DirectRouting.Never)]
    [InlineData("ipipMode: CrossSubnet", DirectRouting.SameSegment)]
    [InlineData("vxlanMode: CrossSubnet", DirectRouting.SameSegment)]
    [InlineData(Bgp, DirectRouting.Always)]
    public void The_pools_mode_says_which_nodes_reach_each_other_directly(string modes, DirectRouting expected) =>
        Assert.Equal(expected, Compile(modes).Direct);

    [Fact]
    public void Nodes_of_one_subnet_share_a_segment() =>
        Assert.Equal([0, 0, 1], Compile("ipipMode: CrossSubnet").Nodes.Select(node => node.Segment));

    [Fact]
    public void Without_a_tunnel_between_subnets_the_fabric_must_have_routes()
    {
        NetworkModel model = Compile(Bgp);
        Assert.Null(model.Tunnel);
        Assert.All(model.Nodes, node => Assert.Equal(1500, node.PodMtu));
        Assert.Contains(
            "nodes stand in several subnets (10.0.1.0/24, 10.0.2.0/24) and there is no tunnel: the fabric between them "
            + "must have routes to the nodes' blocks (calico.ipip or calico.vxlan=CrossSubnet needs none)",
            model.Notes);
    }

    [Fact]
    public void Blocks_come_from_affinities_and_blocks_and_borrowed_addresses_stand_alone()
    {
        NetworkModel model = Compile(IpIp);
        Assert.Equal(
            ["192.168.166.128/26", "192.168.104.0/26", "192.168.166.140/32"],
            model.Nodes.Select(node => Assert.Single(node.PodCidrs).ToString()));
        Assert.Contains(
            "outside of their node's blocks, so routed by themselves (/32): 192.168.166.140 of shop/guest on node3",
            model.Notes);
    }

    [Fact]
    public void Without_ipam_objects_blocks_are_inferred_from_the_pods_where_the_pod_cidr_does_not_hold_them()
    {
        NetworkModel model = CompileAll(Nodes + Pods + Pool(IpIp));
        Assert.Equal(
            ["192.168.166.128/26", "192.168.104.0/26", "192.168.166.140/32"],
            model.Nodes.Select(node => Assert.Single(node.PodCidrs).ToString()));
        Assert.Contains(
            "no BlockAffinity or IPAMBlock in the manifests: blocks inferred from the pods of 3 nodes: "
            + "node1, node2, node3",
            model.Notes);
    }

    [Fact]
    public void Without_ipam_objects_a_pod_cidr_that_holds_the_pods_is_the_block()
    {
        NetworkModel model = CompileAll(Nodes + Pool(IpIp));
        Assert.Equal(["192.168.0.0/24"], model.Nodes[0].PodCidrs.Select(prefix => prefix.ToString()));
        Assert.Contains(
            "no BlockAffinity or IPAMBlock in the manifests: podCIDRs taken for the blocks of 3 nodes: "
            + "node1, node2, node3",
            model.Notes);
    }

    [Fact]
    public void Tunnel_addresses_come_from_annotations_then_from_allocations()
    {
        Assert.Equal(
            ["192.168.166.128", "192.168.104.0"],
            Compile(IpIp).Nodes.Take(2).Select(node => node.TunnelV4.ToString()));
        NetworkModel vxlan = Compile(Vxlan);
        Assert.Equal(
            ["192.168.166.130", "192.168.104.1"], vxlan.Nodes.Take(2).Select(node => node.TunnelV4.ToString()));
        Assert.True(vxlan.Nodes[2].TunnelV4.IsNone, "its only address is a pod's");
        Assert.Contains(
            "address of vxlan.calico not in the manifests, "
            + "the first of the first block is assumed where no pod has it: 1 node: node3",
            vxlan.Notes);
    }

    [Fact]
    public void Pods_are_routed_behind_169_254_1_1_with_ee_macs()
    {
        NetworkModel model = Compile(IpIp);
        Assert.Equal(PodAttachment.Routed, model.Attachment);
        Assert.Equal(new HopCosts(), model.Hops);
        Assert.All(model.Nodes, node => Assert.Equal("169.254.1.1", node.GatewayV4.ToString()));
        Assert.All(model.Nodes, node => Assert.Equal("fe80::ecee:eeff:feee:eeee", node.GatewayV6.ToString()));
        Assert.All(model.Nodes, node => Assert.Equal("ee:ee:ee:ee:ee:ee", node.BridgeMac.ToString()));
        Assert.All(model.Nodes, node => Assert.Equal("ee:ee:ee:ee:ee:ee", node.RouterMac.ToString()));
        Assert.All(model.Nodes, node => Assert.Equal(node.UnderlayV4, node.BridgeV4));
    }

    [Theory]
    [InlineData("natOutgoing: true", true)]
    [InlineData("natOutgoing: false", false)]
    public void The_pool_says_whether_what_leaves_all_pools_is_masqueraded(string nat, bool expected)
    {
        string other = Pool(IpIp).Replace("default-ipv4-ippool", "other", StringComparison.Ordinal)
            .Replace("192.168.0.0/16", "172.30.0.0/16", StringComparison.Ordinal);
        NetworkModel model = CompileAll(
            Nodes + Pods + Blocks + (Pool(IpIp) + other).Replace("natOutgoing: true", nat, StringComparison.Ordinal));
        Assert.Equal(expected, model.Masquerade);
        Assert.Equal(["192.168.0.0/16", "172.30.0.0/16"], model.ClusterCidrs.Select(prefix => prefix.ToString()));
    }

    [Fact]
    public void The_pool_that_holds_most_pods_decides_and_others_are_named()
    {
        string other = Pool(Vxlan).Replace("default-ipv4-ippool", "small", StringComparison.Ordinal)
            .Replace("192.168.0.0/16", "192.168.104.0/24", StringComparison.Ordinal);
        NetworkModel model = CompileAll(Nodes + Pods + Blocks + other + Pool(IpIp));
        Assert.Equal("tunl0", model.Tunnel!.Device);
        Assert.Contains(
            "calico.yaml:106: IPPool default-ipv4-ippool, which holds most pods, decides for all; others have another "
            + "ipipMode, vxlanMode or natOutgoing: small (calico.yaml:101)",
            model.Notes);
    }

    [Fact]
    public void Felix_says_mtu_port_and_vni()
    {
        const string Felix = """
            apiVersion: projectcalico.org/v3
            kind: FelixConfiguration
            metadata: {name: default}
            spec: {bpfLogLevel: "", floatingIPs: Disabled, vxlanMTU: 1410, vxlanPort: 4790, vxlanVNI: 77, wireguardEnabled: true}

            """;
        NetworkModel model = CompileAll(Nodes + Pool(Vxlan, "projectcalico.org/v3") + Felix);
        Assert.Equal(((ushort)4790, 77u), (model.Tunnel!.Port, model.Tunnel.Vni));
        Assert.Equal((1410, 1410), (model.Nodes[0].TunnelMtu, model.Nodes[0].PodMtu));
        Assert.Contains(
            "calico.yaml:58: wireguardEnabled: what is replayed is what WireGuard would encrypt", model.Notes);
    }

    [Fact]
    public void Without_a_mesh_bgp_peers_are_taken_to_know_all_blocks() => Assert.Contains(
        "calico.yaml:58: nodeToNodeMeshEnabled is false: BGP peers are taken to give every node the others' blocks",
        CompileAll(Nodes + Pool(Bgp) + """
            apiVersion: crd.projectcalico.org/v1
            kind: BGPConfiguration
            metadata: {name: default}
            spec: {asNumber: 64513, logSeverityScreen: Info, nodeToNodeMeshEnabled: false}

            """).Notes);

    [Fact]
    public void Settings_go_before_the_pool()
    {
        Assert.Equal("vxlan.calico", Compile(IpIp, "calico.vxlan=Always").Tunnel!.Device);
        Assert.Equal(DirectRouting.SameSegment, Compile(Bgp, "calico.ipip=CrossSubnet").Direct);
        Assert.Null(Compile(IpIp, "calico.ipip=Never").Tunnel);
        Assert.Equal(9u, Compile(Vxlan, "vxlan.vni=9").Tunnel!.Vni);
        Assert.Contains("without effect under the tunnel tunl0: vxlan.vni", Compile(IpIp, "vxlan.vni=9").Notes);
        Assert.Equal(
            "settings calico.ipip and calico.vxlan exclude each other: set one to Never",
            Assert.Throws<InvalidDataException>(() =>
                Compile(Bgp, "calico.ipip=Always", "calico.vxlan=Always")).Message);
    }

    [Fact]
    public void A_pool_with_both_tunnels_is_an_error() => Assert.Equal(
        "calico.yaml:101: IPPool default-ipv4-ippool has both ipipMode Always and vxlanMode CrossSubnet: "
        + "Calico takes one, choose with --set calico.ipip=Never or calico.vxlan=Never",
        Assert.Throws<InvalidDataException>(() => Compile("ipipMode: Always, vxlanMode: CrossSubnet")).Message);

    [Fact]
    public void Without_a_pool_ipip_is_assumed_as_calico_yaml_has_it()
    {
        NetworkModel model = CompileAll(Nodes + Pods);
        Assert.Equal(("tunl0", true), (model.Tunnel!.Device, model.Masquerade));
        Assert.Equal(["192.168.0.0/16"], model.ClusterCidrs.Select(prefix => prefix.ToString()));
        Assert.Contains(
            "no IPPool in the manifests: ipipMode Always and natOutgoing are assumed, as calico.yaml has them (--set "
            + "calico.ipip or calico.vxlan says another)",
            model.Notes);
    }

    [Fact]
    public void A_pool_of_ipv6_has_a_device_of_its_own()
    {
        string six = Pool("vxlanMode: Always").Replace("default-ipv4-ippool", "six", StringComparison.Ordinal)
            .Replace("192.168.0.0/16", "\"fd00:10::/48\"", StringComparison.Ordinal)
            .Replace("blockSize: 26", "blockSize: 122", StringComparison.Ordinal);
        NetworkModel model = CompileAll(Nodes + Pool(Bgp) + six);
        Assert.Equal((null, DirectRouting.Always, (DirectRouting?)DirectRouting.Never),
            (model.Tunnel, model.Direct, model.DirectV6));
        Assert.Equal(
            ("vxlan-v6.calico", 6, 70), (model.TunnelV6!.Device, model.TunnelV6.OuterFamily, model.TunnelV6.Overhead));
        Assert.Equal("66", model.Nodes[0].TunnelMacV6.ToString()[..2]);
    }
}
