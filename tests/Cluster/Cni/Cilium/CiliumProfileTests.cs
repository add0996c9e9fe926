using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Network;
using Xunit;
using static Dataplane.Tests.Cluster.Cni.Cilium.CiliumCluster;

namespace Dataplane.Tests.Cluster.Cni.Cilium;

public class CiliumProfileTests
{
    private static readonly string[] Vxlan = ["routing-mode: tunnel", "tunnel-protocol: vxlan"];
    private static readonly string[] Native = ["routing-mode: native", "ipv4-native-routing-cidr: 10.0.0.0/8"];

    private static readonly TunnelSettings CiliumVxlan = new()
    {
        Kind = TunnelKind.Vxlan,
        Device = "cilium_vxlan",
        Vni = 0,
        IdSource = TunnelIdSource.Sender,
        Inner = InnerFrame.AsSent,
        Port = 8472,
        Ttl = 64,
        Df = TunnelDf.Unset,
        UdpChecksum = false,
    };

    private static readonly TunnelSettings CiliumGeneve = CiliumVxlan with
    {
        Kind = TunnelKind.Geneve,
        Device = "cilium_geneve",
        Port = 6081,
        SourcePortMin = 1,
        SourcePortMax = 65534,
    };

    [Fact]
    public void Vxlan_carries_the_senders_identity_and_the_frame_as_it_was_sent_without_a_checksum() =>
        Assert.Equal(CiliumVxlan, Compile(Vxlan).Tunnel);

    [Theory]
    [InlineData("routing-mode: tunnel", "tunnel-protocol: geneve")]
    [InlineData("tunnel: geneve", "tunnel-port: \"0\"")]
    public void Geneve_is_the_same_on_port_6081_in_the_words_of_every_version(params string[] configuration) =>
        Assert.Equal(CiliumGeneve, Compile(configuration).Tunnel);

    [Fact]
    public void Only_the_receiving_node_takes_a_hop() => Assert.Equal(
        new HopCosts { PodToTunnel = 0, OutsideToTunnel = 0, TunnelToPod = 1, PodToPod = 1 }, Compile(Vxlan).Hops);

    [Fact]
    public void The_device_keeps_1500_and_the_route_has_1450()
    {
        NodeNetwork node = Compile(Vxlan).Nodes[0];
        Assert.Equal((1500, 1450, 1500), (node.UnderlayMtu, node.TunnelMtu, node.PodMtu));
    }

    [Theory]
    [InlineData("routing-mode: native")]
    [InlineData("tunnel: disabled")]
    public void Native_routing_has_no_tunnel_and_takes_a_hop_on_each_node(string configuration)
    {
        NetworkModel model = Compile([configuration]);
        Assert.Equal((null, DirectRouting.Always, new HopCosts()), (model.Tunnel, model.Direct, model.Hops));
        Assert.Equal((1500, 1500), (model.Nodes[0].TunnelMtu, model.Nodes[0].PodMtu));
        Assert.Contains(
            "native routing: all 2 nodes are taken to share one layer-2 segment, "
            + "or the fabric to have routes to their pods",
            model.Notes);
    }

    [Fact]
    public void With_native_routing_its_cidr_is_what_is_not_masqueraded()
    {
        Assert.Equal(["10.0.0.0/8"], Compile(Native).ClusterCidrs.Select(prefix => prefix.ToString()));
        Assert.Equal(["10.0.0.0/16"], Compile(Vxlan).ClusterCidrs.Select(prefix => prefix.ToString()));
        Assert.True(Compile(Vxlan).Masquerade);
        Assert.False(Compile([.. Vxlan, "enable-ipv4-masquerade: \"false\""]).Masquerade);
    }

    [Fact]
    public void CiliumNode_gives_pod_cidrs_addresses_and_the_router()
    {
        NetworkModel model = Compile(Vxlan);
        Assert.Equal(
            ["10.0.1.0/24", "10.0.2.0/24"], model.Nodes.Select(node => Assert.Single(node.PodCidrs).ToString()));
        Assert.Equal(["172.18.0.2", "172.18.0.3"], model.Nodes.Select(node => node.UnderlayV4.ToString()));
        Assert.Equal(["10.0.1.211", "10.0.2.77"], model.Nodes.Select(node => node.BridgeV4.ToString()));
        Assert.Equal(["10.0.1.211", "10.0.2.77"], model.Nodes.Select(node => node.TunnelV4.ToString()));
        Assert.Equal(PodAttachment.Routed, model.Attachment);
    }

    [Fact]
    public void Nodes_send_as_remote_node() =>
        Assert.All(Compile(Vxlan).Nodes, node => Assert.Equal(6u, node.TunnelId));

    [Fact]
    public void A_pods_identity_is_its_endpoints_or_that_of_its_labels_or_a_number_from_256()
    {
        NetworkModel model = Compile(Vxlan);
        Assert.Equal(
            [("web", 6699u), ("db", 31337u), ("job", 256u)], model.Pods.Select(pod => (pod.Pod.Name, pod.TunnelId)));
        Assert.Contains(
            "identities of 1 pod not in the manifests, numbered from 256 by set of labels (get ciliumendpoints to have "
            + "them): shop/job",
            model.Notes);
    }

    [Fact]
    public void Without_any_identity_pods_with_the_same_labels_have_the_same_number_whatever_the_order()
    {
        string replica = """
            apiVersion: v1
            kind: Pod
            metadata: {name: db-2, namespace: shop, labels: {app: db, controller-revision-hash: db-6f}}
            spec: {nodeName: kind-worker}
            status: {phase: Running, podIP: 10.0.1.9}
            ---

            """;
        Assert.Equal(
            [("db-2", 256u), ("web", 258u), ("db", 256u), ("job", 257u)],
            CompileAll(replica + Nodes + CiliumNodes).Pods.Select(pod => (pod.Pod.Name, pod.TunnelId)));
    }

    [Fact]
    public void Without_cilium_config_vxlan_is_assumed_and_said()
    {
        NetworkModel model = CompileAll(Nodes);
        Assert.Equal(CiliumVxlan, model.Tunnel);
        Assert.Equal(
            ["10.244.1.0/24", "10.244.2.0/24"], model.Nodes.Select(node => Assert.Single(node.PodCidrs).ToString()));
        Assert.Contains(
            "no ConfigMap cilium-config in the manifests: vxlan is assumed, Cilium's default (--set cilium.tunnel says "
            + "another)",
            model.Notes);
        Assert.Equal(["10.244.1.1", "10.244.2.1"], model.Nodes.Select(node => node.TunnelV4.ToString()));
        Assert.Contains(
            "no CiliumInternalIP in the manifests, the first free address of the podCIDR is assumed for cilium_host: "
            + "2 nodes: kind-worker, kind-worker2",
            model.Notes);
        Assert.Contains(
            "no CiliumNode in the manifests, podCIDRs of the Node are taken: 2 nodes: kind-worker, kind-worker2",
            model.Notes);
    }

    [Fact]
    public void Settings_go_before_the_configuration()
    {
        Assert.Equal(CiliumGeneve, Compile(Vxlan, "cilium.tunnel=geneve").Tunnel);
        Assert.Null(Compile(Vxlan, "cilium.tunnel=disabled").Tunnel);
        Assert.True(Compile(Vxlan, "vxlan.udpcsum=on").Tunnel!.UdpChecksum);
        Assert.Contains(
            "without effect under Cilium, which writes the sender's identity as VNI: the VNI of the settings",
            Compile(Vxlan, "vxlan.vni=5").Notes);
    }

    [Theory]
    [InlineData("tunnel-protocol: gre", "tunnel-protocol is gre, not vxlan, geneve or disabled")]
    [InlineData("tunnel-port: \"70000\"", "tunnel-port is 70000, not a number to 65535")]
    [InlineData("ipv4-native-routing-cidr: here", "ipv4-native-routing-cidr is here, not a CIDR")]
    public void A_bad_value_in_the_configuration_is_named_and_ignored(string line, string expected) => Assert.Contains(
        $"cilium.yaml:97: ConfigMap kube-system/cilium-config: {expected}: ignored", Compile([line]).Notes);

    [Theory]
    [InlineData("kube-proxy-replacement: \"true\"", "ebpf")]
    [InlineData("kube-proxy-replacement: strict", "ebpf")]
    [InlineData("kube-proxy-replacement: \"false\"", "iptables")]
    public void The_proxy_is_ciliums_own_where_it_replaces_kube_proxy(string line, string expected) => Assert.Equal(
        expected,
        CniProfiles.DefaultProxy("cilium", ManifestReader.ReadText(Nodes + Configuration(line), "cilium.yaml")));

    [Theory]
    [InlineData("opt", "with bpf-lb-dsr-dispatch opt needs native routing (cilium-agent would not start)")]
    [InlineData("geneve",
        "with bpf-lb-dsr-dispatch geneve needs tunnel-protocol geneve (cilium-agent would not start)")]
    [InlineData("ipip", "with bpf-lb-dsr-dispatch ipip is not emulated")]
    [InlineData("gre", "with bpf-lb-dsr-dispatch gre is not known (opt, geneve, ipip)")]
    public void Direct_server_return_that_cannot_be_is_named(string dispatch, string expected)
    {
        NetworkModel model = Compile(
            ["kube-proxy-replacement: \"true\"", "bpf-lb-mode: dsr", $"bpf-lb-dsr-dispatch: {dispatch}"]);

        Assert.Null(model.DirectReturn);
        Assert.Contains(
            $"cilium.yaml:97: cilium-config's bpf-lb-mode dsr {expected}: "
            + "replies to the outside come back by the node that it asked, as with snat",
            model.Notes);
    }

    [Fact]
    public void Direct_server_return_needs_cilium_in_kube_proxys_place() =>
        Assert.Null(Compile(["routing-mode: native", "bpf-lb-mode: dsr"]).DirectReturn);

    [Fact]
    public void Direct_server_return_is_told_with_its_line()
    {
        NetworkModel model = Compile(["kube-proxy-replacement: \"true\"", "routing-mode: native", "bpf-lb-mode: hybrid",
            "enable-pmtu-discovery: \"true\""]);

        Assert.Equal((false, true, true),
            (model.DirectReturn!.IsByGeneve, model.DirectReturn.IsTcpOnly, model.DirectReturn.TellsMtu));
        Assert.Contains(
            "cilium.yaml:97: cilium-config's bpf-lb-mode hybrid: TCP from outside to another node's backend keeps its "
            + "source (other protocols do not), tells the frontend in an IPv4 option (type 0x9a) or an IPv6 "
            + "destination option (type 0x1b), and is answered by the backend's node",
            model.Notes);
    }
}
