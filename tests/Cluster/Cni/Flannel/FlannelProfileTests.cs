using System.Collections.Immutable;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Cluster.Cni.Flannel;

public class FlannelProfileTests
{
    private const string Flannel = "flannel.alpha.coreos.com/";

    /// <summary>
    /// The nodes of golden/50-three-tier/manifests.yaml; its underlay captures show these MACs inside VXLAN.
    /// </summary>
    private static readonly ClusterSnapshot ThreeTier = new()
    {
        Nodes =
        [
            Annotated("node-1", 3, "10.244.1.0/24", "192.168.56.11", """{"VNI": 1, "VtepMAC": "5e:c0:a8:38:0b:01"}"""),
            Annotated("node-2", 33, "10.244.2.0/24", "192.168.56.12", """{"VNI": 1, "VtepMAC": "5e:c0:a8:38:0c:01"}"""),
        ],
    };

    [Fact]
    public void Annotations_give_vteps_and_public_addresses()
    {
        NetworkModel model = Compile(ThreeTier);
        Assert.Equal(["5e:c0:a8:38:0b:01", "5e:c0:a8:38:0c:01"], model.Nodes.Select(node => node.TunnelMac.ToString()));
        Assert.Equal(["192.168.56.11", "192.168.56.12"], model.Nodes.Select(node => node.UnderlayV4.ToString()));
        Assert.Equal(["10.244.1.0", "10.244.2.0"], model.Nodes.Select(node => node.TunnelV4.ToString()));
        Assert.Equal(["10.244.1.1", "10.244.2.1"], model.Nodes.Select(node => node.BridgeV4.ToString()));
        Assert.Equal(["0a:58:0a:f4:01:01", "0a:58:0a:f4:02:01"], model.Nodes.Select(node => node.BridgeMac.ToString()));
        Assert.All(model.Nodes, node => Assert.False(node.BridgeMacKnown));
        Assert.All(model.Nodes, node =>
            Assert.Equal((1500, 1450, 1450), (node.UnderlayMtu, node.TunnelMtu, node.PodMtu)));
        Assert.Equal(new TunnelSettings { Kind = TunnelKind.Vxlan, Device = "flannel.1" }, model.Tunnel);
        Assert.Equal((DirectRouting.Never, PodAttachment.Bridge, true),
            (model.Direct, model.Attachment, model.Masquerade));
        Assert.Equal(
        [
            "cluster network 10.244.0.0/16 assumed: flannel's default, which holds all podCIDRs (--set "
            + "flannel.network=CIDR says another)",
            "eth0 MACs made up from node names for 2 nodes: node-1, node-2 (--set node.NAME.mac=MAC gives one)",
        ],
        model.Notes);
    }

    [Fact]
    public void Without_annotations_vtep_macs_are_made_up_the_same_each_time_and_said()
    {
        ClusterSnapshot snapshot = new() { Nodes = [Plain("n0"), Plain("n1"), Plain("n2")] };
        ImmutableArray<NodeNetwork> nodes = Compile(snapshot).Nodes;

        Assert.Equal(MacFromSha256("n0"), nodes[0].TunnelMac.ToString());
        Assert.Equal(MacFromSha256("n0/eth0"), nodes[0].UnderlayMac.ToString());
        Assert.Equal(MacFromSha256("fabric-gateway"), nodes[0].GatewayMac.ToString());
        Assert.Equal(6, nodes.SelectMany(node => new[] { node.TunnelMac, node.UnderlayMac }).Distinct().Count());
        Assert.Contains("VTEP MACs made up from node names for 3 nodes: n0, n1, n2 (no flannel annotations)",
            Compile(snapshot).Notes);
    }

    [Fact]
    public void Two_hundred_and_fifty_nodes_are_not_all_named()
    {
        ClusterSnapshot snapshot = new() { Nodes = [.. Enumerable.Range(0, 250).Select(i => Plain($"n{i}"))] };
        Assert.Contains(
            "VTEP MACs made up from node names for 250 nodes: n0, n1, n2, n3, n4 and 245 more (no flannel annotations)",
            Compile(snapshot).Notes);
    }

    [Fact]
    public void A_setting_goes_before_the_annotation()
    {
        NetworkModel model = Compile(ThreeTier, "vtep.node-1.mac=02:00:00:00:00:01", "vxlan.vni=5",
            "bridge.node-2.mac=02:00:00:00:00:02");
        Assert.Equal("02:00:00:00:00:01", model.Nodes[0].TunnelMac.ToString());
        Assert.Equal((5u, "flannel.5"), (model.Tunnel!.Vni, model.Tunnel.Device));
        Assert.Equal(("02:00:00:00:00:02", true), (model.Nodes[1].BridgeMac.ToString(), model.Nodes[1].BridgeMacKnown));
    }

    [Fact]
    public void Net_conf_json_gives_network_vni_port_and_direct_routing()
    {
        NetworkModel model = Compile(WithNetConf("""
            {"Network": "10.0.0.0/8", "IPv6Network": "fd00::/48",
                "Backend": {"type": "VXLAN", "VNI": 7, "Port": 4789, "DirectRouting": true}}
            """));
        Assert.Equal((7u, (ushort)4789, "flannel.7"), (model.Tunnel!.Vni, model.Tunnel.Port, model.Tunnel.Device));
        Assert.Equal(DirectRouting.SameSegment, model.Direct);
        Assert.Equal(["10.0.0.0/8", "fd00::/48"], model.ClusterCidrs.Select(prefix => prefix.ToString()));
        Assert.Contains("direct routing: all 2 nodes are taken to share one layer-2 segment", model.Notes);
    }

    [Fact]
    public void Host_gw_has_no_tunnel_and_the_underlays_mtu()
    {
        NetworkModel model = Compile(WithNetConf("""{"Network": "10.244.0.0/16", "Backend": {"Type": "host-gw"}}"""),
            "vxlan.ttl=9");
        Assert.Null(model.Tunnel);
        Assert.Equal(DirectRouting.Always, model.Direct);
        Assert.All(model.Nodes, node =>
            Assert.Equal((true, true, 1500), (node.TunnelMac.IsNone, node.TunnelV4.IsNone, node.PodMtu)));
        Assert.Contains("host-gw: all 2 nodes are taken to share one layer-2 segment", model.Notes);
        Assert.Contains("without effect under host-gw, which has no tunnel: vxlan.ttl", model.Notes);
    }

    [Theory]
    [InlineData("""{"Network": "10.244.0.0/16", "Backend": {"Type": "wireguard"}}""", "wireguard")]
    [InlineData("""{"Network": "10.244.0.0/16"}""", "udp")]
    public void Other_backends_are_not_built(string netConf, string backend) => Assert.Equal(
        $"flannel.yaml:9: net-conf.json: flannel backend {backend} is not built yet (--set "
        + $"flannel.backend=vxlan, host-gw or ipip replays another)",
        Assert.Throws<InvalidDataException>(() => Compile(WithNetConf(netConf))).Message);

    [Fact]
    public void A_backend_in_an_annotation_is_named_with_its_node_and_a_setting_goes_before_it()
    {
        ClusterSnapshot snapshot = new() { Nodes = [WithAnnotation("n0", "backend-type", "wireguard")] };
        Assert.Equal(
            "manifests.yaml:1: node n0: flannel backend wireguard is not built yet (--set flannel.backend=vxlan, "
            + "host-gw or ipip replays another)",
            Assert.Throws<InvalidDataException>(() => Compile(snapshot)).Message);
        Assert.Contains(
            "flannel backend vxlan as --set flannel.backend says, where the manifests say wireguard",
            Compile(snapshot, "flannel.backend=vxlan").Notes);
    }

    [Theory]
    [InlineData("backend-data", "{",
        "manifests.yaml:1: node n0: annotation flannel.alpha.coreos.com/backend-data is not a JSON object: ignored")]
    [InlineData("backend-data", """{"VNI": -1}""",
        "manifests.yaml:1: node n0: VNI in annotation flannel.alpha.coreos.com/backend-data is not 0 to "
        + "16777215: ignored")]
    [InlineData("backend-data", """{"VtepMAC": "ff:ff:ff:ff:ff:ff"}""",
        "manifests.yaml:1: node n0: VtepMAC in annotation flannel.alpha.coreos.com/backend-data is no device's "
        + "MAC address: ignored")]
    [InlineData("public-ip", "fd00::1",
        "manifests.yaml:1: node n0: annotation flannel.alpha.coreos.com/public-ip is not an IPv4 address: ignored")]
    public void A_bad_annotation_is_named_and_made_up_for(string name, string value, string note)
    {
        NetworkModel model = Compile(new ClusterSnapshot { Nodes = [WithAnnotation("n0", name, value)] });
        Assert.Contains(note, model.Notes);
        Assert.Equal(MacFromSha256("n0"), model.Nodes[0].TunnelMac.ToString());
        Assert.Equal("192.168.1.1", model.Nodes[0].UnderlayV4.ToString());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("")]
    public void Host_gws_empty_backend_data_is_nothing_to_note(string value)
    {
        NetworkModel model = Compile(new ClusterSnapshot { Nodes = [WithAnnotation("n0", "backend-data", value)] });
        Assert.DoesNotContain(model.Notes, note => note.Contains("ignored", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("10.244.1.0/24 10.244.2.0/24", "10.244.0.0/16")]
    [InlineData("10.1.0.0/24 10.1.3.0/24", "10.1.0.0/22")]
    [InlineData("10.244.1.0/24 10.245.1.0/24", "10.244.0.0/15")]
    [InlineData("10.9.9.0/24", "10.9.9.0/24")]
    [InlineData("10.1.0.0/24 192.168.0.0/24", "0.0.0.0/0")]
    [InlineData("10.244.1.0/24 fd00:0:0:1::/64 fd00:0:0:2::/64", "10.244.0.0/16 fd00::/62")]
    public void Without_a_configuration_the_cluster_network_covers_all_pod_cidrs(string podCidrs, string expected)
    {
        ClusterSnapshot snapshot = new()
        {
            Nodes = [.. podCidrs.Split(' ')
                .Select((cidr, i) => Plain($"n{i}") with { PodCidrs = [IpPrefix.Parse(cidr)] })],
        };
        Assert.Equal(expected, string.Join(' ', Compile(snapshot).ClusterCidrs));
    }

    [Fact]
    public void A_pod_cidr_outside_the_networks_is_said() => Assert.Contains(
        "outside the cluster's network 10.0.0.0/9, where flannel masquerades: podCIDRs 10.244.1.0/24, 10.244.2.0/24",
        Compile(ThreeTier, "flannel.network=10.0.0.0/9").Notes);

    [Fact]
    public void Dual_stack_nodes_have_both_families_on_bridge_and_tunnel()
    {
        Node node = Plain("n0") with { PodCidrs = [IpPrefix.Parse("10.244.7.0/24"), IpPrefix.Parse("fd00:7::/64")] };
        NodeNetwork network = Compile(new ClusterSnapshot { Nodes = [node] }).Nodes[0];
        Assert.Equal(("10.244.7.1", "fd00:7::1"), (network.BridgeV4.ToString(), network.BridgeV6.ToString()));
        Assert.Equal(("10.244.7.0", "fd00:7::"), (network.TunnelV4.ToString(), network.TunnelV6.ToString()));
    }

    [Fact]
    public void Nodes_that_can_take_no_pod_traffic_are_named()
    {
        NetworkModel model = Compile(new ClusterSnapshot { Nodes = [new Node("bare", default)] });
        Assert.Contains("without a podCIDR, so no pod traffic goes there: 1 node: bare", model.Notes);
        Assert.Contains("without an InternalIP or public-ip annotation, so no pod traffic goes there: 1 node: bare",
            model.Notes);
        Assert.True(model.Nodes[0].BridgeV4.IsNone && model.Nodes[0].UnderlayV4.IsNone);
    }

    [Fact]
    public void A_public_address_beside_the_internal_ones_is_the_nodes_own_too()
    {
        NodeNetwork node = Compile(
            new ClusterSnapshot { Nodes = [WithAnnotation("n0", "public-ip", "203.0.113.7")] }).Nodes[0];
        Assert.Equal("203.0.113.7", node.UnderlayV4.ToString());
        Assert.Equal(["192.168.1.1", "203.0.113.7"], node.OwnAddresses.Select(address => address.ToString()));
    }

    [Fact]
    public void Only_pods_with_an_address_of_their_own_are_on_the_network()
    {
        IpAddress address = IpAddress.Parse("10.244.1.5");
        Pod web = new("shop", "web", default) { NodeName = "node-2", Addresses = [address], Phase = "Running" };
        NetworkModel model = Compile(ThreeTier with
        {
            Pods =
            [
                web with { Name = "proxy", HostNetwork = true }, web with { Name = "done", Phase = "Succeeded" }, web,
                web with { Name = "new", Addresses = [] }, web with { Name = "lost", NodeName = "node-9" },
                web with { Name = "six", Addresses = [IpAddress.Parse("fd00::5")] },
            ],
        });
        Assert.Equal(["shop/web", "shop/six"], model.Pods.Select(pod => pod.Pod.ToString()));
        Assert.Equal((1, "0a:58:0a:f4:01:05", false),
            (model.Pods[0].Node, model.Pods[0].Mac.ToString(), model.Pods[0].MacKnown));
        Assert.Equal((true, MacFromSha256("shop/six")), (model.Pods[1].V4.IsNone, model.Pods[1].Mac.ToString()));
        Assert.Contains("left out, for their node is not in the manifests: 1 pod: shop/lost", model.Notes);
    }

    [Fact]
    public void Policies_without_effect_are_named_up_to_ten()
    {
        Assert.Contains(
            "Flannel does not enforce NetworkPolicy: 1 policy has no effect: shop/deny-0 (manifests.yaml:310)",
            Compile(ThreeTier with { NetworkPolicies = Policies(1) }).Notes);
        string eleven = Compile(ThreeTier with { NetworkPolicies = Policies(12) }).Notes[^1];
        Assert.StartsWith(
            "Flannel does not enforce NetworkPolicy: 12 policies have no effect: shop/deny-0 (manifests.yaml:310), ",
                eleven, StringComparison.Ordinal);
        Assert.EndsWith(", shop/deny-9 (manifests.yaml:319) and 2 more", eleven, StringComparison.Ordinal);

        static ImmutableArray<NetworkPolicy> Policies(int count) =>
            [.. Enumerable.Range(0, count)
                .Select(i => new NetworkPolicy("shop", $"deny-{i}", new SourceLine("manifests.yaml", 310 + i)))];
    }

    [Fact]
    public void Mtus_follow_the_underlay()
    {
        NodeNetwork node = Compile(ThreeTier, "mtu.underlay=9000").Nodes[0];
        Assert.Equal((9000, 8950, 8950), (node.UnderlayMtu, node.TunnelMtu, node.PodMtu));
    }

    private static NetworkModel Compile(ClusterSnapshot snapshot, params string[] settings) =>
        CniProfiles.Compile("flannel", snapshot, EmulationSettings.Parse(settings));

    private static ClusterSnapshot WithNetConf(string json) => new()
    {
        Nodes = [Plain("n0"), Plain("n1")],
        ConfigMaps =
        [
            new ConfigMap("kube-flannel", "kube-flannel-cfg",
                ImmutableDictionary<string, string>.Empty.Add("net-conf.json", json),
                    new SourceLine("flannel.yaml", 9)),
        ],
    };

    private static Node Plain(string name) => new(name, new SourceLine("manifests.yaml", 1))
    {
        PodCidrs = [IpPrefix.Parse("10.244.1.0/24")],
        InternalIps = [IpAddress.Parse("192.168.1.1")],
    };

    private static Node WithAnnotation(string name, string annotation, string value) => Plain(name) with
    {
        Annotations = ImmutableDictionary<string, string>.Empty.Add(Flannel + annotation, value),
    };

    private static Node Annotated(string name, int line, string podCidr, string address, string data) =>
        new(name, new SourceLine("manifests.yaml", line))
        {
            PodCidrs = [IpPrefix.Parse(podCidr)],
            InternalIps = [IpAddress.Parse(address)],
            Annotations = ImmutableDictionary<string, string>.Empty
                .Add(Flannel + "backend-type", "vxlan").Add(Flannel + "backend-data", data)
                .Add(Flannel + "public-ip", address).Add(Flannel + "kube-subnet-manager", "true"),
        };

    /// <summary>The first six octets of <c>printf NAME | sha256sum</c>, the first made local and unicast.</summary>
    private static string MacFromSha256(string name) => name switch
    {
        "n0" => "82:0d:5d:8b:af:76",
        "n0/eth0" => "1e:25:81:6c:59:40",
        "fabric-gateway" => "a6:c7:d3:d0:c7:93",
        "shop/six" => "76:8f:55:6c:ac:e0",
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };
}
