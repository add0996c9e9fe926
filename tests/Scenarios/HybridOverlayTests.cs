using Dataplane.Core;
using Dataplane.Replay.Tracing;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// OVN-Kubernetes' hybrid overlay: VXLAN 4097 between OVN's nodes and Windows nodes, with the MACs that br-ext's flows
/// give (ovn-kubernetes' hybrid-overlay/pkg/controller/ovn_node_linux.go).
/// </summary>
public sealed class HybridOverlayTests
{
    private const string WindowsPod = "10.132.0.5";
    private const string WindowsMac = "00:15:5d:aa:bb:cc";
    private const string PortMac = "0a:58:0a:80:00:03";

    private const string Cluster = $$"""
        apiVersion: v1
        kind: Node
        metadata:
          name: n1
          annotations:
            k8s.ovn.org/node-subnets: '{"default":["10.128.0.0/23"]}'
            k8s.ovn.org/hybrid-overlay-distributed-router-gateway-mac: {{PortMac}}
            k8s.ovn.org/hybrid-overlay-distributed-router-gateway-ip: 10.128.0.3
        status: {addresses: [{type: InternalIP, address: 192.168.56.11}]}
        ---
        apiVersion: v1
        kind: Node
        metadata:
          name: win
          labels: {kubernetes.io/os: windows}
          annotations:
            k8s.ovn.org/hybrid-overlay-node-subnet: 10.132.0.0/24
            k8s.ovn.org/hybrid-overlay-distributed-router-gateway-mac: {{WindowsMac}}
        status: {addresses: [{type: InternalIP, address: 192.168.56.20}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop}
        spec: {nodeName: n1}
        status: {phase: Running, podIP: 10.128.0.10}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: iis, namespace: shop}
        spec: {nodeName: win}
        status: {phase: Running, podIP: 10.132.0.5}

        """;

    /// <summary>
    /// The same with a node in a zone of its own beside n1: pods of both reach each other by the transit switch.
    /// </summary>
    private static readonly string Zones = Cluster.Replace(
        "    k8s.ovn.org/node-subnets: '{\"default\":[\"10.128.0.0/23\"]}'\n",
        "    k8s.ovn.org/node-subnets: '{\"default\":[\"10.128.0.0/23\"]}'\n" + Zone(1), StringComparison.Ordinal)
        + "---\napiVersion: v1\nkind: Node\nmetadata:\n  name: n2\n  annotations:\n"
        + "    k8s.ovn.org/node-subnets: '{\"default\":[\"10.129.0.0/23\"]}'\n" + Zone(2)
        + """
        status: {addresses: [{type: InternalIP, address: 192.168.56.12}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: far, namespace: shop}
        spec: {nodeName: n2}
        status: {phase: Running, podIP: 10.129.0.10}

        """;

    private static byte[] FromWeb =>
        Eth("0a:58:0a:80:00:0a", "0a:58:0a:80:00:01").Ipv4("10.128.0.10", WindowsPod).Tcp(40000, 80, TcpFlags.Syn);

    [Fact]
    public void To_a_windows_pod_it_is_vxlan_4097_from_the_router_to_the_nodes_distributed_router()
    {
        using Scenario scenario = Scenario.GivenCni("ovn-kubernetes", Cluster).Send(FromWeb).ExpectForwarded();

        byte[] frame = Assert.Single(scenario.At("n1/eth0"));
        Assert.Equal("c0a8380b" + "c0a83814", Convert.ToHexStringLower(frame[26..34]));
        Assert.Equal("4000", Convert.ToHexStringLower(frame[20..22]));      // DF
        Assert.Equal("12b5", Convert.ToHexStringLower(frame[36..38]));      // port 4789, and no UDP checksum
        Assert.Equal("0000", Convert.ToHexStringLower(frame[40..42]));
        Assert.Equal("0800000000100100", Convert.ToHexStringLower(frame[42..50]));
        byte[] inner = Eth("0a:58:0a:80:00:01", WindowsMac)
            .Ipv4("10.128.0.10", WindowsPod, ttl: 63).Tcp(40000, 80, TcpFlags.Syn);
        Assert.Equal(Convert.ToHexString(inner), Convert.ToHexString(frame[50..]));
    }

    [Fact]
    public void What_a_windows_node_sends_reaches_the_pod_from_the_hybrid_port_unrouted()
    {
        using Scenario scenario = Scenario.GivenCni("ovn-kubernetes", Cluster)
            .Send(FromWindows(PortMac)).ExpectForwarded();

        byte[] expected = Eth(PortMac, "0a:58:0a:80:00:0a")
            .Ipv4(WindowsPod, "10.128.0.10", ttl: 127).Udp(53, 4000).Payload("?");
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(Assert.Single(scenario.At("shop/web"))));
    }

    [Fact]
    public void With_a_transit_switch_between_zones_what_windows_sends_still_passes_no_router()
    {
        using Scenario scenario = Scenario.GivenCni("ovn-kubernetes", Zones)
            .Send(FromWindows(PortMac)).ExpectForwarded();

        byte[] expected = Eth(PortMac, "0a:58:0a:80:00:0a")
            .Ipv4(WindowsPod, "10.128.0.10", ttl: 127).Udp(53, 4000).Payload("?");
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(Assert.Single(scenario.At("shop/web"))));
    }

    [Fact]
    public void Its_last_hop_is_not_lost_there_either()
    {
        using Scenario scenario = Scenario.GivenCni("ovn-kubernetes", Zones)
            .Send(FromWindows(PortMac, ttl: 1)).ExpectForwarded();

        Assert.Equal(1, Assert.Single(scenario.At("shop/web"))[22]);
    }

    [Fact]
    public void Between_the_zones_themselves_both_routers_are_passed()
    {
        using Scenario scenario = Scenario.GivenCni("ovn-kubernetes", Zones)
            .Send(Eth("0a:58:0a:81:00:0a", "0a:58:0a:81:00:01")
                .Ipv4("10.129.0.10", "10.128.0.10").Tcp(40000, 80, TcpFlags.Syn)).ExpectForwarded();

        Assert.Equal(62, Assert.Single(scenario.At("shop/web"))[22]);
    }

    [Fact]
    public void A_frame_to_another_mac_is_not_for_the_port()
    {
        using Scenario scenario = Scenario.GivenCni("ovn-kubernetes", Cluster).Send(FromWindows("0a:58:0a:80:00:04"));

        scenario.ExpectNothing(DropReason.WrongMac, Stage.Decap);
    }

    [Fact]
    public void Without_the_annotation_a_node_has_no_end_of_it()
    {
        using Scenario scenario = Scenario.GivenCni(
            "ovn-kubernetes", Cluster.Replace(WindowsMac, "", StringComparison.Ordinal)).Send(FromWeb);

        scenario.ExpectNothing(DropReason.NoTunnelEndpoint, Stage.Route);
    }

    [Fact]
    public void The_port_is_ovnkubes_and_nothing_is_masqueraded()
    {
        const string Configuration = """
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: ovnkube-config, namespace: openshift-ovn-kubernetes}
            data:
              ovnkube.conf: |
                [hybridoverlay]
                enabled=true
                hybrid-overlay-vxlan-port="9898"
                [default]
                cluster-subnets="10.128.0.0/16/23"
            """;
        using Scenario scenario = Scenario.GivenCni("ovn-kubernetes", Cluster + Configuration)
            .Send(FromWeb).ExpectForwarded();

        byte[] frame = Assert.Single(scenario.At("n1/eth0"));
        Assert.Equal("26aa", Convert.ToHexStringLower(frame[36..38]));
        // the pod's own address, though the subnet is not OVN's
        Assert.Equal("0a80000a", Convert.ToHexStringLower(frame[76..80]));
    }

    [Fact]
    public void Trace_shows_device_and_vni_and_says_what_is_not_emulated()
    {
        TraceReport report = EgressCluster.Trace(Cluster, "shop/web", WindowsPod);

        TraceFrame sent = Assert.Single(report.Wire);
        Assert.Equal(("vxlan", 4097u, "192.168.56.20"), (sent.Tunnel, sent.TunnelId!.Value, sent.OuterDst));
        Assert.Contains(
            report.Steps, step => step.Detail.StartsWith("to win through ext-vxlan", StringComparison.Ordinal));
        Assert.Contains(
            "hybrid overlay: VXLAN 4097 to port 4789 of 1 node: win; what these nodes do themselves is not emulated",
            report.Notes);
    }

    private static string Zone(int number) =>
        $"    k8s.ovn.org/node-id: '{number}'\n    k8s.ovn.org/zone-name: z{number}\n"
        + $"    k8s.ovn.org/node-transit-switch-port-ifaddr: '{{\"ipv4\":\"100.88.0.{number}/16\"}}'\n";

    private static byte[] FromWindows(string to, byte ttl = 127) =>
        Eth("02:00:00:00:00:20", "02:00:00:00:00:11").Ipv4("192.168.56.20", "192.168.56.11")
            .Udp(50000, 4789, checksum: false).Vxlan(4097).Eth(WindowsMac, to)
            .Ipv4(WindowsPod, "10.128.0.10", ttl: ttl).Udp(53, 4000).Payload("?");
}
