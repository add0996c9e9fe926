using System.Buffers.Binary;
using Dataplane.Core;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.Scenario;
using static Dataplane.Tests.Scenarios.Shop;

namespace Dataplane.Tests.Scenarios;

/// <summary>What nodes do with packets that are no Service's: route, masquerade, tunnel, answer.</summary>
public sealed class NodeTests
{
    private const string Outside = "198.51.100.9";
    private const string TunnelMacA = "5e:00:00:00:00:01";
    private const string TunnelMacB = "5e:00:00:00:00:02";
    private const int TransportOffset = EthernetHeader.Size + Ipv4Header.Size;

    [Theory]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    [InlineData(IpProtocol.Icmp)]
    public void What_pods_send_outside_leaves_with_the_nodes_address_and_comes_back(byte protocol)
    {
        using Scenario shop = Given(Yaml, "node.node-a.mac=02:00:00:00:0a:0a", "gateway.mac=02:00:00:00:00:fe");
        shop.Send(Segment(From(Client).Ipv4(Client, Outside), protocol, 4000, 80, reply: false));
        byte[] wire = Assert.Single(shop.At("node-a/eth0"));
        int at = protocol == IpProtocol.Icmp ? TransportOffset + IcmpHeader.IdentifierOffset : TransportOffset;
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(wire.AsSpan(at));
        shop.ExpectOnWire("node-a", Segment(Eth("02:00:00:00:0a:0a", "02:00:00:00:00:fe").Ipv4(NodeA, Outside, ttl: 63),
            protocol, port, 80, reply: false))
            .Send(Segment(Eth().Ipv4(Outside, NodeA), protocol, port, 80, reply: true))
            .ExpectAt("default/c1",
                Segment(To(Client, BridgeA).Ipv4(Outside, Client, ttl: 63), protocol, 4000, 80, reply: true));
    }

    [Fact]
    public void A_node_reaches_remote_pods_with_its_tunnels_address()
    {
        using Scenario shop = Given(Yaml);
        shop.Send(Eth().Ipv4(NodeA, Remote).Udp(4000, 53).Payload("x"));
        byte[] arrived = Assert.Single(shop.At("default/b2"));
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(arrived.AsSpan(TransportOffset));
        shop.ExpectAt("default/b2", To(Remote, BridgeB).Ipv4("10.244.1.0", Remote, ttl: 63).Udp(port, 53).Payload("x"));
    }

    [Fact]
    public void A_source_without_a_pod_is_forwarded_and_exists_from_then_on()
    {
        const string Unlisted = "10.244.1.99";
        using Scenario shop = Given(Yaml);
        shop.Send(From(Unlisted).Ipv4(Unlisted, Remote).Udp(1, 2))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Unlisted, Remote, ttl: 62).Udp(1, 2))
            .Send(From(Remote, BridgeB).Ipv4(Remote, Unlisted).Udp(2, 1))
            .ExpectAt("node-a/unlisted", Eth(BridgeA, MacOf(Unlisted)).Ipv4(Remote, Unlisted, ttl: 62).Udp(2, 1));
        Assert.Equal(1, shop.Counters.Unlisted);
    }

    [Fact]
    public void An_address_that_no_pod_has_is_host_unreachable_from_the_far_nodes_tunnel()
    {
        using Scenario shop = Given(Yaml);
        PacketBuilder quoted = Ipv4(Client, "10.244.2.99", ttl: 62).Udp(1, 2).Payload("x");
        shop.Send(From(Client).Ipv4(Client, "10.244.2.99").Udp(1, 2).Payload("x"))
            .ExpectNothing(DropReason.HostUnreachable, Stage.Route)
            .ExpectAnswerAt("default/c1",
                To(Client, BridgeA).Ipv4("10.244.2.0", Client, ttl: 63, tos: 0xC0).Icmp(3, 1).Payload(quoted));
    }

    [Theory]
    [InlineData(1, "10.244.1.1", 64)]
    [InlineData(2, "10.244.2.0", 63)]
    public void Each_node_says_when_the_ttl_ran_out_there(byte ttl, string by, byte answerTtl)
    {
        using Scenario shop = Given(Yaml);
        shop.Send(From(Client).Ipv4(Client, Remote, ttl).Udp(1, 33434))
            .ExpectNothing(DropReason.TtlExceeded, Stage.Route)
            .ExpectAnswerAt("default/c1", To(Client, BridgeA).Ipv4(by, Client, answerTtl, tos: 0xC0)
                .Icmp(11).Payload(Ipv4(Client, Remote, ttl: 1).Udp(1, 33434)));
    }

    [Fact]
    public void A_tunnel_packet_captured_between_nodes_is_opened_where_it_was_going()
    {
        using Scenario shop = Given(Yaml);
        shop.Send(Tunnel(1).Ipv4(Client, Remote, ttl: 63).Udp(1, 2).Payload("x"))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Udp(1, 2).Payload("x"));
        Assert.Equal((0, 1), (shop.Counters.Encapsulated, shop.Counters.Decapsulated));
    }

    [Fact]
    public void Of_one_node_alone_the_wire_shows_what_leaves_and_the_other_nodes_pods_are_not_its_business()
    {
        using Scenario shop = Given(Yaml, "node-a", []);
        shop.Send(From(Client).Ipv4(Client, Remote).Udp(1, 2));
        byte[] wire = Assert.Single(shop.At("node-a/eth0"));
        byte[] inner = wire[50..];
        shop.ExpectOnWire("node-a", wire);
        Assert.Equal(Eth(TunnelMacA, TunnelMacB).Ipv4(Client, Remote, ttl: 63).Udp(1, 2).Build(), inner);
        shop.Send(From(Remote, BridgeB).Ipv4(Remote, Client).Udp(2, 1)).ExpectIgnored(IgnoreReason.OtherNode)
            .Send(Tunnel(1, toA: true).Ipv4(Remote, Client, ttl: 63).Udp(2, 1))
            .ExpectAt("default/c1", To(Client, BridgeA).Ipv4(Remote, Client, ttl: 62).Udp(2, 1));
    }

    [Fact]
    public void The_gateway_answers_arp_and_echo()
    {
        using Scenario shop = Given(Yaml);
        shop.Send(Eth(MacOf(Client), "ff:ff:ff:ff:ff:ff").ArpRequest(MacOf(Client), Client, "10.244.1.1"))
            .ExpectAnswerAt("default/c1", To(Client, BridgeA).ArpReply(BridgeA, "10.244.1.1", MacOf(Client), Client))
            .Send(From(Client).Ipv4(Client, "10.244.1.1").Echo(7, 1).Payload("x"))
            .ExpectAnswerAt(
                "default/c1", To(Client, BridgeA).Ipv4("10.244.1.1", Client).Echo(7, 1, reply: true).Payload("x"));
        Assert.Equal(2, shop.Counters[Verdict.Answered]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_gateway_answers_arp_in_the_vlans_of_the_question(int tags)
    {
        using Scenario shop = Given(Yaml);
        PacketBuilder question = Eth(MacOf(Client), "ff:ff:ff:ff:ff:ff");
        PacketBuilder answer = To(Client, BridgeA);
        for (ushort vlan = 7; vlan < 7 + tags; vlan++) (question, answer) = (question.Vlan(vlan), answer.Vlan(vlan));

        shop.Send(question.ArpRequest(MacOf(Client), Client, "10.244.1.1"))
            .ExpectAnswerAt("default/c1", answer.ArpReply(BridgeA, "10.244.1.1", MacOf(Client), Client));
    }

    internal static PacketBuilder Tunnel(uint vni, bool toA = false) => toA
        ? Eth().Ipv4(NodeB, NodeA).Udp(50000, 8472).Vxlan(vni).Eth(TunnelMacB, TunnelMacA)
        : Eth().Ipv4(NodeA, NodeB).Udp(50000, 8472).Vxlan(vni).Eth(TunnelMacA, TunnelMacB);

    private static byte[] Segment(PacketBuilder ip, byte protocol, int client, int server, bool reply) =>
        protocol switch
        {
            IpProtocol.Tcp when reply => ip.Tcp(server, client, TcpFlags.Syn | TcpFlags.Ack),
            IpProtocol.Tcp => ip.Tcp(client, server, TcpFlags.Syn),
            IpProtocol.Udp when reply => ip.Udp(server, client).Payload("x"),
            IpProtocol.Udp => ip.Udp(client, server).Payload("x"),
            _ => ip.Echo((ushort)client, 1, reply).Payload("x"),
        };
}
