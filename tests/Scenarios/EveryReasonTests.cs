using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.NodeTests;
using static Dataplane.Tests.Scenarios.Scenario;
using static Dataplane.Tests.Scenarios.Shop;

namespace Dataplane.Tests.Scenarios;

/// <summary>Each reason to drop or to ignore a packet, set by the least scenario that gives it.</summary>
public sealed class EveryReasonTests
{
    private const string NodeWithoutAddress = """

        ---
        apiVersion: v1
        kind: Node
        metadata: {name: node-c}
        spec: {podCIDR: 10.244.3.0/24}
        """;

    /// <summary>No node has the label that its gateway is to have.</summary>
    private const string WithoutGateway = """

        ---
        apiVersion: cilium.io/v2
        kind: CiliumEgressGatewayPolicy
        metadata: {name: out}
        spec:
          selectors: [{podSelector: {}}]
          destinationCIDRs: [0.0.0.0/0]
          egressGateway: {nodeSelector: {matchLabels: {egress: gateway}}}
        """;

    /// <summary>A load balancer's Service for 198.51.100.0/24 whose endpoint is on node-b.</summary>
    private const string LocalBehindBalancer = """

        ---
        apiVersion: v1
        kind: Service
        metadata: {name: balanced}
        spec:
          type: LoadBalancer
          clusterIP: 10.96.0.77
          externalTrafficPolicy: Local
          loadBalancerSourceRanges: [198.51.100.0/24]
          ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
        status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: balanced, labels: {kubernetes.io/service-name: balanced}}
        addressType: IPv4
        ports: [{port: 8080}]
        endpoints: [{addresses: [10.244.2.2], nodeName: node-b}]
        """;

    private static byte[] FromWeb(string to) =>
        Eth("0a:58:0a:80:00:0a", "0a:58:0a:80:00:01").Ipv4("10.128.0.10", to).Udp(1, 2);

    private static readonly Dictionary<DropReason, (Stage Stage, Func<Scenario> Send)> Drops = new()
    {
        [DropReason.Truncated] = (Stage.Parse,
            () => Given(Yaml).Send(From(Client).Ipv4(Client, Remote).Udp(1, 2).Payload(9).Build()[..^1])),
        [DropReason.BadHeader] = (Stage.Parse,
            () => Given(Yaml).Send(With(From(Client).Ipv4(Client, Remote).Udp(1, 2), 14, 0x44))),
        [DropReason.BadChecksum] = (Stage.Parse,
            () => Given(Yaml).Send(With(From(Client).Ipv4(Client, Remote).Udp(1, 2), 24, 0x00))),
        [DropReason.WrongMac] = (Stage.Admit,
            () => Given(Yaml, $"bridge.node-a.mac={BridgeA}").Send(Eth(MacOf(Client)).Ipv4(Client, Remote).Udp(1, 2))),
        [DropReason.BadTunnelHeader] = (Stage.Decap,
            () => Given(Yaml).Send(With(Unsummed(Tunnel(1).Ipv4(Client, Remote).Udp(1, 2)), 43, 1))),
        [DropReason.UnknownVni] = (Stage.Decap, () => Given(Yaml).Send(Tunnel(2).Ipv4(Client, Remote).Udp(1, 2))),
        [DropReason.TunnelChecksum] = (Stage.Decap,
            () => Given(Yaml).Send(With(Tunnel(1).Ipv4(Client, Remote).Udp(1, 2), 41, 0x5A))),
        [DropReason.TunnelSourceMac] = (Stage.Decap, () => Given(Yaml).Send(
            Eth().Ipv4(NodeA, NodeB).Udp(50000, 8472).Vxlan(1)
                .Eth("5e:00:00:00:00:02", "5e:00:00:00:00:02").Ipv4(Client, Remote).Udp(1, 2))),
        [DropReason.TunnelEcn] = (Stage.Decap, () => Given(Yaml).Send(
            Eth().Ipv4(NodeA, NodeB, tos: 3).Udp(50000, 8472).Vxlan(1)
                .Eth("5e:00:00:00:00:01", "5e:00:00:00:00:02").Ipv4(Client, Remote).Udp(1, 2))),
        [DropReason.CriticalOption] = (Stage.Decap, () => GivenCni("ovn-kubernetes", Interconnect).Send(
            Eth().Ipv4(NodeA, NodeB).Udp(50000, 6081)
                .Geneve(16711683, [0x01, 0x03, 0x80, 0], critical: true).Eth().Ipv4(Client, Remote).Udp(1, 2))),
        [DropReason.UnknownTunnelPeer] = (Stage.Decap, () => GivenCni("openshift-sdn", Yaml).Send(
            Eth().Ipv4("192.0.2.1", NodeB).Udp(50000, 4789).Vxlan(0).Eth().Ipv4(Client, Remote).Udp(1, 2))),
        [DropReason.UnknownPort] = (Stage.Decap, () => GivenCni("ovn-kubernetes", Interconnect).Send(
            Eth().Ipv4(NodeA, NodeB).Udp(50000, 6081)
                .Geneve(16711683, [0x01, 0x02, 0x80, 1, 0, 2, 0, 99], critical: true)
                .Eth().Ipv4(Client, Remote).Udp(1, 2))),
        [DropReason.InvalidIdentity] = (Stage.Decap, () => GivenCni("cilium", Yaml).Send(
            Eth().Ipv4(NodeA, NodeB).Udp(50000, 8472).Vxlan(1).Eth().Ipv4(Client, Remote).Udp(1, 2))),
        [DropReason.UnsupportedInner] = (Stage.Decap,
            () => Given(Yaml).Send(Tunnel(1).ArpRequest(MacOf(Client), Client, Remote))),
        [DropReason.FragmentLimit] = (Stage.Decap, () => Given(Yaml).Send(
            Eth().Ipv4(NodeA, NodeB, fragment: Ipv4Header.MoreFragmentsFlag).Udp(50000, 8472).Payload(3))),
        [DropReason.InvalidState] = (Stage.Track,
            () => Given(Yaml).Send(From(Client).Ipv4(Client, Web).Tcp(40000, 80, TcpFlags.Syn | TcpFlags.Ack))),
        [DropReason.TableFull] = (Stage.Track, () => Given(Yaml, "conntrack.max=3")
            .Send(From(Client).Ipv4(Client, Remote).Udp(1, 2), From(Client).Ipv4(Client, Remote).Udp(1, 3))),
        [DropReason.FirstFragmentMissing] = (Stage.Track, () => Given(Yaml).Send(
            From(Client).Ipv4(Client, Web, fragment: 8, protocol: IpProtocol.Udp).Payload(8))),
        [DropReason.NoBackend] = (Stage.Select, () => Given(Yaml).Send(From(Client).Ipv4(Client, Empty).Udp(1, 53))),
        [DropReason.NoLocalBackend] = (Stage.Select, () => GivenProxy("iptables", Yaml + LocalBehindBalancer)
            .Send(Eth().Ipv4("198.51.100.9", NodeA).Tcp(40000, 30080, TcpFlags.Syn))),
        [DropReason.SourceDenied] = (Stage.Select,
            () => GivenProxy("iptables", Yaml + LocalBehindBalancer, entry: "node-b")
                .Send(Eth().Ipv4("198.51.101.9", "203.0.113.7").Tcp(40000, 80, TcpFlags.Syn))),
        [DropReason.RejectedByRule] = (Stage.Select, () => GivenProxy("iptables", Yaml, Filter("REJECT"))
            .Send(From(Client).Ipv4(Client, Remote).Udp(1, 2))),
        [DropReason.DroppedByRule] = (Stage.Select, () => GivenProxy("iptables", Yaml, Filter("DROP"))
            .Send(From(Client).Ipv4(Client, Remote).Udp(1, 2))),
        [DropReason.NoRoute] = (Stage.Route,
            () => Given(Yaml, "gateway=off").Send(From(Client).Ipv4(Client, "198.51.100.9").Udp(1, 2))),
        [DropReason.HostUnreachable] = (Stage.Route,
            () => Given(Yaml).Send(From(Client).Ipv4(Client, "10.244.2.99").Udp(1, 2))),
        [DropReason.TtlExceeded] = (Stage.Route,
            () => Given(Yaml).Send(From(Client).Ipv4(Client, Remote, ttl: 1).Udp(1, 2))),
        [DropReason.MtuExceeded] = (Stage.Route, () => Given(Yaml).Send(
            From(Client).Ipv4(Client, Remote, fragment: Ipv4Header.DontFragmentFlag).Udp(1, 2).Payload(1423))),
        [DropReason.NotForwardable] = (Stage.Route,
            () => Given(Yaml).Send(From(Client).Ipv4(Client, "127.0.0.1").Udp(1, 2))),
        [DropReason.NoBuffer] = (Stage.Parse,
            () => Given(Yaml).Send([.. Eth().Ipv4(Client, Remote).Udp(1, 2).Build(), .. new byte[5 << 20]])),
        [DropReason.NoEgressAddress] = (Stage.Route, () => GivenCni("openshift-sdn", EgressCluster.OpenShift.Replace(
            "subnet: 10.129.0.0/23\negressIPs: [192.168.56.100]", "subnet: 10.129.0.0/23", StringComparison.Ordinal))
            .Send(FromWeb(EgressCluster.Outside))),
        [DropReason.OtherNetwork] = (Stage.Police,
            () => GivenCni("openshift-sdn", EgressCluster.OpenShift, "openshift-sdn.mode=multitenant")
                .Send(FromWeb("10.129.0.20"))),
        [DropReason.NoEgressGateway] = (Stage.Route,
            () => GivenCni("cilium", Yaml + WithoutGateway).Send(From(Client).Ipv4(Client, "198.51.100.9").Udp(1, 2))),
        [DropReason.PolicyDenied] = (Stage.Police, () => Given(Yaml + Isolated, "policy.enforcer=calico")
            .Send(From(Client).Ipv4(Client, Remote).Udp(1, 2))),
        [DropReason.DeniedByRule] = (Stage.Police, () => Given(Yaml + Forbidden, "policy.enforcer=cilium")
            .Send(From(Client).Ipv4(Client, Remote).Udp(1, 2))),
        [DropReason.NoPort] = (Stage.TranslateSource, () => Given(Yaml).Send(
            From(Client).Ipv4(Client, "198.51.100.9", protocol: 47).Payload(8), From(Neighbour)
                .Ipv4(Neighbour, "198.51.100.9", protocol: 47).Payload(8))),
        [DropReason.PortClosed] = (Stage.Transmit,
            () => Given(Yaml, "node.udp=closed").Send(From(Client).Ipv4(Client, "10.244.1.1").Udp(1, 2))),
        [DropReason.Congestion] = (Stage.Transmit, () => Given(Yaml, "link.rate=1Mbit", "link.queue=1").Send(
            From(Client).Ipv4(Client, Remote).Udp(1, 2), From(Client).Ipv4(Client, Remote).Udp(1, 3), From(Client)
                .Ipv4(Client, Remote).Udp(1, 4))),
        [DropReason.NoTunnelEndpoint] = (Stage.Route,
            () => Given(Yaml + NodeWithoutAddress).Send(From(Client).Ipv4(Client, "10.244.3.9").Udp(1, 2))),
    };

    private static readonly Dictionary<IgnoreReason, Func<Scenario>> Ignored = new()
    {
        [IgnoreReason.UnknownAddresses] = () => Given(Yaml).Send(Eth().Ipv4("198.51.100.1", "198.51.100.2").Udp(1, 2)),
        [IgnoreReason.OtherNode] = () => Given(Yaml, "node-b", []).Send(From(Client).Ipv4(Client, Remote).Udp(1, 2)),
        [IgnoreReason.NotIp] = () => Given(Yaml).Send(new PacketBuilder().Eth(type: 0x88CC).Payload(40)),
        [IgnoreReason.LinkType] = () => Given(Yaml).Send((LinkType)105, Eth().Ipv4(Client, Remote).Udp(1, 2)),
        [IgnoreReason.OwnAnswer] = () =>
            Given(Yaml).Send(To(Client, BridgeA).ArpReply(BridgeA, "10.244.1.1", MacOf(Client), Client)),
        [IgnoreReason.SeenAgain] = () => Given(Yaml)
            .SendSeen((0, From(Client).Ipv4(Client, Remote).Udp(1, 2))).ExpectForwarded()
            .SendSeen((1, Eth().Ipv4(Client, Remote, ttl: 62).Udp(1, 2))),
        [IgnoreReason.Multicast] = () =>
            Given(Yaml).Send(Eth(MacOf(Client)).ArpRequest(MacOf(Client), Client, "10.244.1.200")),
    };

    /// <summary>OVN with a zone for each node: ports 2 and 3 on the transit switch.</summary>
    private const string Interconnect = $$"""
        apiVersion: v1
        kind: Node
        metadata:
          name: node-a
          annotations: {k8s.ovn.org/node-id: "2", k8s.ovn.org/zone-name: node-a, k8s.ovn.org/node-transit-switch-port-ifaddr: '{"ipv4":"100.88.0.2/16"}'}
        spec: {podCIDR: 10.244.1.0/24}
        status: {addresses: [{type: InternalIP, address: {{NodeA}}}]}
        ---
        apiVersion: v1
        kind: Node
        metadata:
          name: node-b
          annotations: {k8s.ovn.org/node-id: "3", k8s.ovn.org/zone-name: node-b, k8s.ovn.org/node-transit-switch-port-ifaddr: '{"ipv4":"100.88.0.3/16"}'}
        spec: {podCIDR: 10.244.2.0/24}
        status: {addresses: [{type: InternalIP, address: {{NodeB}}}]}
        """;

    private const string Isolated = """

        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: nobody, namespace: default}
        spec: {podSelector: {}, policyTypes: [Ingress]}
        """;

    private const string Forbidden = """

        ---
        apiVersion: policy.networking.k8s.io/v1alpha1
        kind: AdminNetworkPolicy
        metadata: {name: nobody}
        spec:
          priority: 1
          subject: {namespaces: {}}
          egress: [{name: nothing, action: Deny, to: [{namespaces: {}}]}]
        """;

    public static TheoryData<DropReason> DropReasons => [.. Drops.Keys];

    public static TheoryData<IgnoreReason> IgnoreReasons => [.. Ignored.Keys];

    [Theory]
    [MemberData(nameof(DropReasons))]
    public void A_scenario_drops_for_the_reason(DropReason reason)
    {
        (Stage stage, Func<Scenario> send) = Drops[reason];
        using Scenario scenario = send();
        scenario.ExpectNothing(reason, stage);
        Assert.Equal(1, scenario.Counters[Verdict.Dropped]);
    }

    [Theory]
    [MemberData(nameof(IgnoreReasons))]
    public void A_scenario_is_ignored_for_the_reason(IgnoreReason reason)
    {
        using Scenario scenario = Ignored[reason]();
        scenario.ExpectIgnored(reason);
    }

    [Fact]
    public void Fragments_that_wait_in_vain_are_dropped_at_the_end()
    {
        using Scenario shop = Given(Yaml).Send(
            Eth().Ipv4(NodeA, NodeB, fragment: Ipv4Header.MoreFragmentsFlag).Udp(50000, 8472).Payload(8));
        (int _, Stage stage, DropReason reason, DropTally tally) = Assert.Single(shop.Counters.Drops());
        Assert.Equal((Stage.Decap, DropReason.FragmentTimeout, 1L), (stage, reason, tally.Packets));
        shop.ExpectAt("default/b2");
    }

    [Fact]
    public void Every_reason_has_a_scenario_and_a_text_of_its_own()
    {
        IEnumerable<DropReason> covered = [DropReason.None, DropReason.FragmentTimeout, .. Drops.Keys];
        Assert.Equal(Enum.GetValues<DropReason>(), covered.Order());
        Assert.Equal(Enum.GetValues<IgnoreReason>(), Ignored.Keys.Prepend(IgnoreReason.None).Order());
        Assert.Equal(Drops.Count, Drops.Keys.Select(DropReasonText.Name).Distinct().Count());
        Assert.Equal(Drops.Count, Drops.Keys.Select(DropReasonText.Sentence).Distinct().Count());
        Assert.Equal(Ignored.Count, Ignored.Keys.Select(VerdictText.Name).Distinct().Count());
    }

    private static string Filter(string target) =>
        $"*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p udp -j {target}\nCOMMIT\n";

    private static byte[] With(byte[] frame, int at, byte value)
    {
        frame[at] = value;
        return frame;
    }

    // Without an outer checksum only the tunnel's own header can be wrong.
    private static byte[] Unsummed(byte[] frame) => With(With(frame, 40, 0), 41, 0);
}
