using Dataplane.Core;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.Scenario;
using static Dataplane.Tests.Scenarios.Shop;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// A capture of several points (veths, bridge, tunnel device, wire, far pod) shows one packet often: it counts once.
/// </summary>
public sealed class SeveralPointsTests
{
    private const int Veth = 0;
    private const int Bridge = 1;
    private const int Device = 2;
    private const int Wire = 3;
    private const int FarVeth = 4;
    private const int OtherVeth = 5;

    private const string TunnelMacA = "5e:00:00:00:00:01";
    private const string TunnelMacB = "5e:00:00:00:00:02";

    private static readonly byte[] Segment = From(Client)
        .Ipv4(Client, Remote, id: 77).Tcp(4000, 80, sequence: 1000).Payload("x");

    [Fact]
    public void A_packet_seen_at_five_points_counts_once()
    {
        using Scenario shop = Given(Yaml);
        shop.SendSeen((Veth, Segment));
        byte[] wire = Assert.Single(shop.At("node-a/eth0"));
        byte[] delivered = Assert.Single(shop.At("default/b2"));
        foreach ((int, byte[]) later in new[]
        {
            (Bridge, Segment),
            (Device, Eth(TunnelMacA, TunnelMacB).Ipv4(Client, Remote, ttl: 63, id: 77)
                .Tcp(4000, 80, sequence: 1000).Payload("x")),
            (Wire, wire),
            (FarVeth, delivered),
        }) shop.SendSeen(later).ExpectIgnored(IgnoreReason.SeenAgain);

        Assert.Equal((1, 4), (shop.Counters[Verdict.Forwarded], shop.Counters[IgnoreReason.SeenAgain]));
    }

    [Fact]
    public void What_a_pod_sends_twice_is_two_packets_and_so_it_is_on_the_wire()
    {
        using Scenario shop = Given(Yaml);
        shop.SendSeen((Veth, Segment), (Veth, Segment)).ExpectForwarded();
        byte[][] wire = [.. shop.At("node-a/eth0")];
        Assert.Equal(2, wire.Length);
        shop.SendSeen((Wire, wire[0]), (Wire, wire[1])).ExpectIgnored(IgnoreReason.SeenAgain)
            .SendSeen((Wire, wire[1])).ExpectForwarded();
        Assert.Equal((3, 2), (shop.Counters[Verdict.Forwarded], shop.Counters[IgnoreReason.SeenAgain]));
    }

    [Fact]
    public void A_retransmission_has_an_id_of_its_own_and_is_a_packet()
    {
        using Scenario shop = Given(Yaml);
        shop.SendSeen((Veth, Segment), (Veth,
            From(Client).Ipv4(Client, Remote, id: 78).Tcp(4000, 80, sequence: 1000).Payload("x"))).ExpectForwarded();
        Assert.Equal(2, shop.Counters[Verdict.Forwarded]);
    }

    [Fact]
    public void Equal_datagrams_of_two_pods_are_two_packets()
    {
        using Scenario shop = Given(Yaml);
        shop.SendSeen(
            (Veth, From(Client).Ipv4(Client, Remote).Udp(8125, 8125).Payload("heartbeat")),
            (OtherVeth, From(Neighbour).Ipv4(Neighbour, Remote).Udp(8125, 8125).Payload("heartbeat")))
            .ExpectForwarded();
        Assert.Equal(2, shop.Counters[Verdict.Forwarded]);
    }

    [Fact]
    public void What_was_sent_to_a_Service_is_known_at_its_backend_and_the_reply_at_its_client()
    {
        using Scenario shop = Given(Yaml);
        shop.SendSeen((Veth, From(Client).Ipv4(Client, Web).Udp(4000, 53).Payload("who")))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Udp(4000, 5353).Payload("who"))
            .SendSeen((FarVeth, To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Udp(4000, 5353).Payload("who")))
            .ExpectIgnored(IgnoreReason.SeenAgain)
            .SendSeen((FarVeth, From(Remote, BridgeB).Ipv4(Remote, Client).Udp(5353, 4000).Payload("it")))
            .ExpectAt("default/c1", To(Client, BridgeA).Ipv4(Web, Client, ttl: 62).Udp(53, 4000).Payload("it"))
            .SendSeen((Veth, To(Client, BridgeA).Ipv4(Web, Client, ttl: 62).Udp(53, 4000).Payload("it")))
            .ExpectIgnored(IgnoreReason.SeenAgain);
        Assert.Equal(0, shop.Counters.Reoriginated);
    }

    [Fact]
    public void What_was_masqueraded_is_known_on_the_wire_whatever_port_it_drew_there()
    {
        using Scenario shop = Given(Yaml);
        shop.SendSeen((Veth, From(Client).Ipv4(Client, "198.51.100.9", id: 9).Udp(4000, 53).Payload("who")))
            .ExpectForwarded()
            .SendSeen((Wire, Eth().Ipv4(NodeA, "198.51.100.9", ttl: 63, id: 9).Udp(61234, 53).Payload("who")))
            .ExpectIgnored(IgnoreReason.SeenAgain);
    }

    [Fact]
    public void IPv6_has_no_id_and_counts_once_all_the_same()
    {
        using Scenario shop = Given(Yaml);
        shop.SendSeen((Veth, Eth().Ipv6(Client6, Remote6).Tcp(4000, 80, sequence: 5).Payload("x")));
        byte[] wire = Assert.Single(shop.At("node-a/eth0"));
        shop.SendSeen((Wire, wire)).ExpectIgnored(IgnoreReason.SeenAgain);
    }

    [Fact]
    public void Fragments_that_a_node_made_are_known_and_those_of_the_tunnel_too()
    {
        using Scenario shop = Given(Yaml);
        shop.SendSeen((Veth, From(Client).Ipv4(Client, Remote, id: 7).Udp(1, 2).Payload(1440)));
        byte[][] wire = [.. shop.At("node-a/eth0")];
        Assert.Equal(2, wire.Length);
        shop.SendSeen((Wire, wire[0]), (Wire, wire[1])).ExpectIgnored(IgnoreReason.SeenAgain)
            .SendSeen((FarVeth, wire[0][50..]), (FarVeth, wire[1][50..])).ExpectIgnored(IgnoreReason.SeenAgain);
        Assert.Equal((1, 4), (shop.Counters[Verdict.Forwarded], shop.Counters[IgnoreReason.SeenAgain]));
    }

    [Fact]
    public void Fragments_of_what_went_to_a_Service_are_known_whichever_backend_the_real_cluster_drew()
    {
        using Scenario shop = Given(Yaml);
        shop.SendSeen((Veth, From(Client).Ipv4(Client, Web, id: 7).Udp(1, 53).Payload(1440)));
        byte[] last = shop.At("node-a/eth0").Last()[50..];
        shop.ExpectForwarded().SendSeen((FarVeth, Eth()
            .Ipv4(Client, Local, ttl: 62, id: 7, fragment: 1424 / 8, protocol: IpProtocol.Udp).Payload(last[34..])))
            .ExpectIgnored(IgnoreReason.SeenAgain);
    }

    [Fact]
    public void Segments_of_a_super_frame_are_known_and_what_the_receiver_puts_together_again()
    {
        using Scenario shop = Given(Yaml);
        shop.SendSeen((Veth, From(Client).Ipv4(Client, Remote, id: 7, fragment: Ipv4Header.DontFragmentFlag)
            .Tcp(1, 2, sequence: 1).Payload(4000)));
        byte[][] wire = [.. shop.At("node-a/eth0")];
        Assert.Equal(3, wire.Length);
        shop.SendSeen([.. wire.Select(frame => (Wire, frame))]).ExpectIgnored(IgnoreReason.SeenAgain)
            .SendSeen((FarVeth, Eth().Ipv4(Client, Remote, ttl: 62, id: 7, fragment: Ipv4Header.DontFragmentFlag)
                .Tcp(1, 2, sequence: 1).Payload(2816)))
            .ExpectIgnored(IgnoreReason.SeenAgain);
    }

    [Fact]
    public void Pieces_of_a_tunnel_packet_go_with_their_first()
    {
        byte[] inner = Eth(TunnelMacA, TunnelMacB).Ipv4(Client, Remote, ttl: 63, id: 7).Udp(1, 2).Payload(400);
        byte[] payload = Ipv4(NodeA, NodeB, id: 5).Udp(50000, 8472).Vxlan(1).Payload(inner).Build()[Ipv4Header.Size..];
        byte[] first = Eth().Ipv4(NodeA, NodeB, id: 5, fragment: Ipv4Header.MoreFragmentsFlag, protocol: IpProtocol.Udp)
            .Payload(payload[..256]);
        byte[] second = Eth().Ipv4(NodeA, NodeB, id: 5, fragment: 256 / 8, protocol: IpProtocol.Udp).Payload(
            payload[256..]);
        using Scenario shop = Given(Yaml);
        shop.SendSeen((Veth, From(Client).Ipv4(Client, Remote, id: 7).Udp(1, 2).Payload(400))).ExpectForwarded()
            .SendSeen((Wire, first), (Wire, second)).ExpectIgnored(IgnoreReason.SeenAgain);
        Assert.Equal(2, shop.Counters[IgnoreReason.SeenAgain]);
    }

    [Fact]
    public void With_one_node_alone_a_packet_enters_at_the_point_where_it_reaches_that_node()
    {
        using Scenario shop = Given(Yaml, "node-b", []);
        shop.SendSeen((Veth, Segment)).ExpectIgnored(IgnoreReason.OtherNode)
            .SendSeen((Wire,
                NodeTests.Tunnel(1).Ipv4(Client, Remote, ttl: 63, id: 77).Tcp(4000, 80, sequence: 1000).Payload("x")))
            .ExpectAt("default/b2",
                To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62, id: 77).Tcp(4000, 80, sequence: 1000).Payload("x"))
            .SendSeen((FarVeth,
                To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62, id: 77).Tcp(4000, 80, sequence: 1000).Payload("x")))
            .ExpectIgnored(IgnoreReason.SeenAgain);
    }

    [Fact]
    public void A_second_later_equal_bytes_are_another_packet()
    {
        using Scenario shop = Given(Yaml);
        shop.SendSeen((Veth, Segment)).ExpectForwarded().Wait(1.1).SendSeen((Bridge, Segment)).ExpectForwarded();
    }

    [Fact]
    public void A_question_of_ARP_is_answered_once()
    {
        byte[] question = Eth(MacOf(Client), "ff:ff:ff:ff:ff:ff").ArpRequest(MacOf(Client), Client, "10.244.1.1");
        using Scenario shop = Given(Yaml);
        shop.SendSeen((Veth, question))
            .ExpectAnswerAt("default/c1", To(Client, BridgeA).ArpReply(BridgeA, "10.244.1.1", MacOf(Client), Client))
            .SendSeen((Bridge, question)).ExpectIgnored(IgnoreReason.SeenAgain)
            .SendSeen((Veth, question))
            .ExpectAnswerAt("default/c1", To(Client, BridgeA).ArpReply(BridgeA, "10.244.1.1", MacOf(Client), Client));
    }

    [Fact]
    public void A_node_s_answer_that_the_wire_shows_in_the_tunnel_is_its_own()
    {
        using Scenario shop = Given(Yaml);
        shop.SendSeen((Veth, From(Client).Ipv4(Client, Remote, ttl: 2).Udp(1, 33434)))
            .ExpectNothing(DropReason.TtlExceeded, Stage.Route);
        byte[] answer = Assert.Single(shop.At("node-b/eth0"));
        shop.SendSeen((Wire, answer)).ExpectIgnored(IgnoreReason.OwnAnswer);
    }

    [Fact]
    public void A_dropped_packet_that_the_real_cluster_let_pass_is_dropped_once()
    {
        using Scenario shop = Given(Yaml);
        shop.SendSeen((Veth, From(Client).Ipv4(Client, Empty, id: 4).Udp(1, 53)))
            .ExpectNothing(DropReason.NoBackend, Stage.Select)
            .SendSeen((Wire, NodeTests.Tunnel(1).Ipv4(Client, Remote, ttl: 63, id: 4).Udp(1, 5353)))
            .ExpectIgnored(IgnoreReason.SeenAgain);
    }

    [Fact]
    public void On_the_any_device_bridge_and_veth_of_the_receiver_cannot_be_told_apart_and_count_once()
    {
        byte[] packet = Ipv4(Client, Remote, ttl: 62, id: 3).Udp(1, 2);
        using Scenario shop = Given(Yaml);
        shop.SendSeen(LinkType.LinuxSll, (0, Cooked(3, Ipv4(Client, Remote, id: 3).Udp(1, 2)))).ExpectForwarded()
            .SendSeen(LinkType.LinuxSll, (0, Cooked(0, Ipv4(Client, Remote, id: 3).Udp(1, 2))))
            .ExpectIgnored(IgnoreReason.SeenAgain)
            .SendSeen(LinkType.LinuxSll, (0, Cooked(4, packet)), (0, Cooked(4, packet)))
            .ExpectIgnored(IgnoreReason.SeenAgain);
        Assert.Equal(1, shop.Counters[Verdict.Forwarded]);
    }

    [Fact]
    public void On_the_any_device_of_newer_tcpdumps_each_device_is_a_point()
    {
        byte[] packet = Ipv4(Client, Remote, id: 3).Udp(1, 2);
        using Scenario shop = Given(Yaml);
        shop.SendSeen(LinkType.LinuxSll2, (0, Cooked2(device: 5, packet))).ExpectForwarded()
            .SendSeen(LinkType.LinuxSll2, (0, Cooked2(device: 6, packet))).ExpectIgnored(IgnoreReason.SeenAgain)
            .SendSeen(LinkType.LinuxSll2, (0, Cooked2(device: 5, packet))).ExpectForwarded();
        Assert.Equal(2, shop.Counters[Verdict.Forwarded]);
    }

    private static byte[] Cooked(byte packetType, byte[] packet) =>
        [0, packetType, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0, .. packet];

    private static byte[] Cooked2(byte device, byte[] packet) =>
        [8, 0, 0, 0, 0, 0, 0, device, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, .. packet];
}
