using System.Buffers.Binary;
using Dataplane.Core;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Scenarios.Mall;
using static Dataplane.Tests.Scenarios.Scenario;
using static Dataplane.Tests.Scenarios.Shop;

namespace Dataplane.Tests.Scenarios;

/// <summary>Services as kube-proxy's two modes and Cilium agree on them: one expectation for all.</summary>
public sealed class EveryProxyTests
{
    private const int SourcePortAt = EthernetHeader.Size + Ipv4Header.Size;
    private const string TunnelAddressA = "10.244.1.0";

    public static TheoryData<string> Proxies => ["ebpf", "iptables", "ipvs"];

    /// <summary>IPVS mode has no drop for policy Local: a virtual server without real ones refuses.</summary>
    public static TheoryData<string> Strict => ["ebpf", "iptables"];

    public static TheoryData<string, string, int> OuterAddresses => Cross(
        (NodeA, NodePort), (LoadBalancer, 80), (External, 80));

    [Theory, MemberData(nameof(OuterAddresses))]
    public void A_visitor_reaches_a_remote_backend_by_way_of_the_node_and_the_answer_comes_back(
        string proxy, string address, int port)
    {
        using Scenario mall = Under(proxy, Mall.Yaml, entry: "node-a", Macs);
        mall.Send(Outside.Ipv4(Visitor, address).Tcp(40000, port, TcpFlags.Syn));
        ushort masqueraded = SourcePortOf(Assert.Single(mall.At("default/b2")));
        mall.ExpectAt("default/b2",
            To(Remote, BridgeB).Ipv4(TunnelAddressA, Remote, ttl: 62).Tcp(masqueraded, 8080, TcpFlags.Syn))
            .Send(
                From(Remote, BridgeB).Ipv4(Remote, TunnelAddressA).Tcp(8080, masqueraded, TcpFlags.Syn | TcpFlags.Ack))
            .ExpectOnWire("node-a", Packet.Eth(UnderlayA, Gateway)
                .Ipv4(address, Visitor, ttl: 62).Tcp(port, 40000, TcpFlags.Syn | TcpFlags.Ack));
    }

    [Theory, MemberData(nameof(OuterAddresses))]
    public void A_pod_reaches_a_remote_backend_through_an_outer_address_of_its_node(
        string proxy, string address, int port)
    {
        using Scenario mall = Under(proxy, Mall.Yaml);
        mall.Send(From(Client).Ipv4(Client, address).Tcp(40000, port, TcpFlags.Syn));
        byte[] arrived = Assert.Single(mall.At("default/b2"));
        mall.ExpectForwarded();
        Assert.Equal(8080, BinaryPrimitives.ReadUInt16BigEndian(arrived.AsSpan(SourcePortAt + 2)));
    }

    [Theory]
    [InlineData("ebpf", LocalOnly, 80), InlineData("iptables", LocalOnly, 80), InlineData("ipvs", LocalOnly, 80)]
    [InlineData("ebpf", NodeA, LocalNodePort), InlineData("iptables", NodeA, LocalNodePort), InlineData("ipvs",
        NodeA, LocalNodePort)]
    public void Under_external_policy_Local_the_backend_sees_the_visitors_address(
        string proxy, string address, int port)
    {
        using Scenario mall = Under(proxy, Mall.Yaml, entry: "node-a", Macs);
        mall.Send(Outside.Ipv4(Visitor, address).Tcp(40000, port, TcpFlags.Syn))
            .ExpectAt("default/b1", To(Local, BridgeA).Ipv4(Visitor, Local, ttl: 63).Tcp(40000, 8080, TcpFlags.Syn))
            .Send(From(Local).Ipv4(Local, Visitor).Tcp(8080, 40000, TcpFlags.Syn | TcpFlags.Ack))
            .ExpectOnWire("node-a", Packet.Eth(UnderlayA, Gateway)
                .Ipv4(address, Visitor, ttl: 63).Tcp(port, 40000, TcpFlags.Syn | TcpFlags.Ack));
    }

    [Theory, MemberData(nameof(Strict))]
    public void Under_external_policy_Local_a_node_without_an_endpoint_drops(string proxy)
    {
        using Scenario mall = Under(proxy, Mall.Yaml, entry: "node-b");
        mall.Send(Outside.Ipv4(Visitor, LocalOnly).Tcp(40000, 80, TcpFlags.Syn));
        AssertDropped(mall, DropReason.NoLocalBackend);
        mall.Send(Outside.Ipv4(Visitor, NodeB).Tcp(40000, LocalNodePort, TcpFlags.Syn));
        AssertDropped(mall, DropReason.NoLocalBackend);
    }

    [Theory, MemberData(nameof(Proxies))]
    public void Under_external_policy_Local_pods_still_reach_backends_of_other_nodes(string proxy)
    {
        using Scenario mall = Under(proxy, Mall.Yaml);
        mall.Send(From(Remote, BridgeB).Ipv4(Remote, LocalOnlyIp).Tcp(40000, 80, TcpFlags.Syn))
            .ExpectAt("default/b1", To(Local, BridgeA).Ipv4(Remote, Local, ttl: 62).Tcp(40000, 8080, TcpFlags.Syn))
            .Send(From(Remote, BridgeB).Ipv4(Remote, LocalOnly).Tcp(40001, 80, TcpFlags.Syn));
        Assert.Single(mall.At("default/b1"));
        mall.ExpectForwarded();
    }

    [Theory, MemberData(nameof(Proxies))]
    public void Under_internal_policy_Local_every_connection_stays_on_the_node(string proxy)
    {
        using Scenario mall = Under(proxy, Mall.Yaml);
        for (int port = 40000; port < 40020; port++)
        {
            mall.Send(From(Client).Ipv4(Client, InternalLocal).Tcp(port, 80, TcpFlags.Syn));
            Assert.Single(mall.At("default/b1"));
            mall.ExpectForwarded();
        }
    }

    [Theory, MemberData(nameof(Strict))]
    public void Under_internal_policy_Local_without_an_endpoint_of_the_node_it_is_dropped_without_a_word(string proxy)
    {
        using Scenario mall = Under(proxy, Mall.Yaml);
        mall.Send(From(Client).Ipv4(Client, InternalLocalElsewhere).Tcp(40000, 80, TcpFlags.Syn));
        AssertDropped(mall, DropReason.NoLocalBackend);
    }

    [Fact]
    public void Under_internal_policy_Local_without_an_endpoint_of_the_node_ipvs_refuses_aloud()
    {
        using Scenario mall = Under("ipvs", Mall.Yaml);
        mall.Send(From(Client).Ipv4(Client, InternalLocalElsewhere).Tcp(40000, 80, TcpFlags.Syn))
            .ExpectNothing(DropReason.NoBackend, Stage.Select);
        Assert.Single(mall.At("default/c1"));
    }

    [Theory, MemberData(nameof(Proxies))]
    public void Source_ranges_let_in_whom_they_hold(string proxy)
    {
        using Scenario mall = Under(proxy, Mall.Yaml, entry: "node-a");
        mall.Send(Outside.Ipv4(Stranger, Restricted).Tcp(40000, 80, TcpFlags.Syn));
        AssertDropped(mall, DropReason.SourceDenied);
        mall.Send(Outside.Ipv4(Visitor, Restricted).Tcp(40000, 80, TcpFlags.Syn));
        Assert.Single(mall.At("default/b2"));
        mall.ExpectForwarded();
    }

    [Theory, MemberData(nameof(Proxies))]
    public void A_pod_reaches_itself_through_its_service_under_an_address_of_the_node(string proxy)
    {
        using Scenario mall = Under(proxy, Mall.Yaml);
        mall.Send(From(Client).Ipv4(Client, Myself).Tcp(40000, 80, TcpFlags.Syn));
        byte[] arrived = Assert.Single(mall.At("default/c1"));
        IpAddress source = IpAddress.FromBytes(arrived.AsSpan(EthernetHeader.Size + 12, 4));
        Assert.Equal(proxy == "ebpf" ? "169.254.42.1" : "10.244.1.1", source.ToString());
        ushort port = SourcePortOf(arrived);
        mall.ExpectForwarded()
            .Send(From(Client).Ipv4(Client, source.ToString()).Tcp(8080, port, TcpFlags.Syn | TcpFlags.Ack));
        byte[] back = Assert.Single(mall.At("default/c1"));
        Assert.Equal(Myself, IpAddress.FromBytes(back.AsSpan(EthernetHeader.Size + 12, 4)).ToString());
        Assert.Equal(
            (80, 40000), (SourcePortOf(back), BinaryPrimitives.ReadUInt16BigEndian(back.AsSpan(SourcePortAt + 2))));
        mall.ExpectForwarded();
    }

    [Theory, MemberData(nameof(Proxies))]
    public void A_pod_that_is_asked_by_its_own_address_needs_no_service(string proxy)
    {
        using Scenario mall = Under(proxy, Mall.Yaml);
        mall.Send(From(Client).Ipv4(Client, Remote).Tcp(40000, 8080, TcpFlags.Syn))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Tcp(40000, 8080, TcpFlags.Syn));
    }

    [Theory, MemberData(nameof(Proxies))]
    public void Named_ports_sctp_and_udp_are_translated_both_ways(string proxy)
    {
        using Scenario shop = Under(proxy, Shop.Yaml);
        shop.Send(From(Client).Ipv4(Client, Web).Tcp(40000, 80, TcpFlags.Syn))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Tcp(40000, 8080, TcpFlags.Syn))
            .Send(From(Client).Ipv4(Client, Web).Udp(4000, 53).Payload("who?"))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Udp(4000, 5353).Payload("who?"))
            .Send(From(Remote, BridgeB).Ipv4(Remote, Client).Udp(5353, 4000).Payload("me"))
            .ExpectAt("default/c1", To(Client, BridgeA).Ipv4(Web, Client, ttl: 62).Udp(53, 4000).Payload("me"))
            .Send(From(Client).Ipv4(Client, Web).Sctp(5000, 36412))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Sctp(5000, 36413))
            .Send(From(Remote, BridgeB).Ipv4(Remote, Client).Sctp(36413, 5000))
            .ExpectAt("default/c1", To(Client, BridgeA).Ipv4(Web, Client, ttl: 62).Sctp(36412, 5000));
    }

    [Theory, MemberData(nameof(Proxies))]
    public void An_ipv6_service_over_an_ipv4_underlay(string proxy)
    {
        using Scenario shop = Under(proxy, Shop.Yaml);
        shop.Send(From(Client).Ipv6(Client6, Web6).Udp(4000, 53).Payload("who?"))
            .ExpectAt(
                "default/b2", To(Remote, BridgeB).Ipv6(Client6, Remote6, hopLimit: 62).Udp(4000, 5353).Payload("who?"))
            .Send(From(Remote, BridgeB).Ipv6(Remote6, Client6).Udp(5353, 4000).Payload("me"))
            .ExpectAt("default/c1", To(Client, BridgeA).Ipv6(Web6, Client6, hopLimit: 62).Udp(53, 4000).Payload("me"));
    }

    [Theory, MemberData(nameof(Proxies))]
    public void Affinity_sends_a_client_to_one_backend_always(string proxy)
    {
        using Scenario shop = Under(proxy, Shop.Yaml);
        HashSet<bool> local = [];
        for (int port = 40000; port < 40020; port++)
        {
            shop.Send(From(Client).Ipv4(Client, Sticky).Tcp(port, 80, TcpFlags.Syn)).ExpectForwarded();
            local.Add(shop.At("default/b1").Any());
        }

        Assert.Single(local);
    }

    [Theory, MemberData(nameof(Proxies))]
    public void Endpoints_that_serve_while_they_terminate_are_used_if_there_are_no_others(string proxy)
    {
        using Scenario shop = Under(proxy, Shop.Yaml);
        shop.Send(From(Client).Ipv4(Client, Draining).Tcp(40000, 80, TcpFlags.Syn))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Tcp(40000, 8080, TcpFlags.Syn));
    }

    [Theory, MemberData(nameof(Strict))]
    public void A_service_without_endpoints_is_answered_with_port_unreachable(string proxy)
    {
        using Scenario mall = Under(proxy, Mall.Yaml, entry: "node-a", Macs);
        mall.Send(From(Client).Ipv4(Client, Empty).Udp(4000, 53).Payload("x"))
            .ExpectNothing(DropReason.NoBackend, Stage.Select)
            .ExpectAnswerAt("default/c1", To(Client, BridgeA).Ipv4("10.244.1.1", Client, tos: 0xC0)
                .Icmp(3, 3).Payload(Packet.Ipv4(Client, Empty, ttl: 63).Udp(4000, 53).Payload("x")));
        foreach ((string address, int port) in new[] { (Deserted, 80), (NodeA, DesertedNodePort) })
        {
            mall.Send(Outside.Ipv4(Visitor, address).Tcp(40000, port, TcpFlags.Syn))
                .ExpectNothing(DropReason.NoBackend, Stage.Select);
            byte[] answer = Assert.Single(mall.At("node-a/eth0"));
            Assert.Equal((byte)IpProtocol.Icmp, answer[EthernetHeader.Size + 9]);
            Assert.Equal((3, 3), (answer[SourcePortAt], answer[SourcePortAt + 1]));
        }
    }

    private static TheoryData<string, string, int> Cross(params (string Address, int Port)[] places)
    {
        TheoryData<string, string, int> all = [];
        foreach (string proxy in new[] { "ebpf", "iptables", "ipvs" })
        {
            foreach ((string address, int port) in places) all.Add(proxy, address, port);
        }

        return all;
    }

    private static void AssertDropped(Scenario scenario, DropReason reason)
    {
        scenario.ExpectNothing(reason, Stage.Select);
        foreach (string place in new[] { "default/c1", "default/b1", "default/b2", "node-a/eth0", "node-b/eth0" })
            Assert.Empty(scenario.At(place));
    }

    private static ushort SourcePortOf(byte[] frame) =>
        BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(SourcePortAt));
}
