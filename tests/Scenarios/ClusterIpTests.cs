using System.Buffers.Binary;
using Dataplane.Core;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.Scenario;
using static Dataplane.Tests.Scenarios.Shop;

namespace Dataplane.Tests.Scenarios;

/// <summary>Services as a pod meets them: address and port there, and back.</summary>
public sealed class ClusterIpTests
{
    [Fact]
    public void Tcp_reaches_the_backends_named_port_and_the_answer_comes_from_the_service()
    {
        using Scenario shop = Given(Yaml);
        shop.Send(From(Client).Ipv4(Client, Web, id: 7).Tcp(40000, 80, TcpFlags.Syn))
            .ExpectAt(
                "default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62, id: 7).Tcp(40000, 8080, TcpFlags.Syn))
            .Send(From(Remote, BridgeB).Ipv4(Remote, Client).Tcp(8080, 40000, TcpFlags.Syn | TcpFlags.Ack))
            .ExpectAt("default/c1",
                To(Client, BridgeA).Ipv4(Web, Client, ttl: 62).Tcp(80, 40000, TcpFlags.Syn | TcpFlags.Ack))
            .Send(From(Client).Ipv4(Client, Web).Tcp(40000, 80))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Tcp(40000, 8080));
    }

    [Fact]
    public void A_handshake_within_one_burst_stays_in_order_at_both_nodes()
    {
        using Scenario shop = Given(Yaml);
        shop.Send(
                From(Client).Ipv4(Client, Web).Tcp(40000, 80, TcpFlags.Syn),
                From(Remote, BridgeB).Ipv4(Remote, Client).Tcp(8080, 40000, TcpFlags.Syn | TcpFlags.Ack),
                From(Client).Ipv4(Client, Web).Tcp(40000, 80))
            .ExpectAt(
                "default/b2",
                To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Tcp(40000, 8080, TcpFlags.Syn),
                To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Tcp(40000, 8080))
            .ExpectAt("default/c1",
                To(Client, BridgeA).Ipv4(Web, Client, ttl: 62).Tcp(80, 40000, TcpFlags.Syn | TcpFlags.Ack));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Udp_is_translated_with_and_without_its_checksum(bool checksum)
    {
        using Scenario shop = Given(Yaml);
        shop.Send(From(Client).Ipv4(Client, Web).Udp(4000, 53, checksum).Payload("who?"))
            .ExpectAt("default/b2",
                To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Udp(4000, 5353, checksum).Payload("who?"))
            .Send(From(Remote, BridgeB).Ipv4(Remote, Client).Udp(5353, 4000, checksum).Payload("me"))
            .ExpectAt(
                "default/c1", To(Client, BridgeA).Ipv4(Web, Client, ttl: 62).Udp(53, 4000, checksum).Payload("me"));
    }

    [Fact]
    public void Sctp_gets_a_new_crc()
    {
        using Scenario shop = Given(Yaml);
        shop.Send(From(Client).Ipv4(Client, Web).Sctp(5000, 36412))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Sctp(5000, 36413))
            .Send(From(Remote, BridgeB).Ipv4(Remote, Client).Sctp(36413, 5000))
            .ExpectAt("default/c1", To(Client, BridgeA).Ipv4(Web, Client, ttl: 62).Sctp(36412, 5000));
    }

    [Fact]
    public void Ipv6_service_over_ipv4_underlay()
    {
        using Scenario shop = Given(Yaml);
        shop.Send(From(Client).Ipv6(Client6, Web6).Udp(4000, 53).Payload("who?"))
            .ExpectAt(
                "default/b2", To(Remote, BridgeB).Ipv6(Client6, Remote6, hopLimit: 62).Udp(4000, 5353).Payload("who?"));
        byte[] wire = Assert.Single(shop.At("node-a/eth0"));
        Assert.Equal(EtherType.Ipv4, BinaryPrimitives.ReadUInt16BigEndian(wire.AsSpan(12)));
        shop.Send(From(Remote, BridgeB).Ipv6(Remote6, Client6).Udp(5353, 4000).Payload("me"))
            .ExpectAt("default/c1", To(Client, BridgeA).Ipv6(Web6, Client6, hopLimit: 62).Udp(53, 4000).Payload("me"));
    }

    [Fact]
    public void A_backend_on_the_same_bridge_gets_the_frame_without_a_hop_with_the_clients_mac()
    {
        using Scenario shop = Given(Yaml);
        shop.Send(From(Client).Ipv4(Client, LocalWeb).Tcp(40000, 80, TcpFlags.Syn))
            .ExpectAt("default/b1", Eth(MacOf(Client), MacOf(Local)).Ipv4(Client, Local).Tcp(40000, 8080, TcpFlags.Syn))
            .Send(Eth(MacOf(Local), MacOf(Client)).Ipv4(Local, Client).Tcp(8080, 40000, TcpFlags.Syn | TcpFlags.Ack))
            .ExpectAt("default/c1",
                Eth(MacOf(Local), MacOf(Client)).Ipv4(LocalWeb, Client).Tcp(80, 40000, TcpFlags.Syn | TcpFlags.Ack));
    }

    [Fact]
    public void A_backend_on_a_routed_veth_is_one_hop_away_behind_its_own_mac()
    {
        const string Veth = "02:fe:0a:f4:01:07";
        using Scenario shop = Given(Yaml, "pod.attach=routed", $"veth.default/b1.mac={Veth}");
        shop.Send(From(Client).Ipv4(Client, LocalWeb).Tcp(40000, 80, TcpFlags.Syn))
            .ExpectAt(
                "default/b1", Eth(Veth, MacOf(Local)).Ipv4(Client, Local, ttl: 63).Tcp(40000, 8080, TcpFlags.Syn));
    }

    [Fact]
    public void A_routed_pods_own_frames_tell_the_mac_of_its_veth()
    {
        using Scenario shop = Given(Yaml, "pod.attach=routed");
        shop.Send(Eth(MacOf(Local), "02:fe:00:00:00:07").Ipv4(Local, Neighbour).Udp(1, 2))
            .ExpectAt("default/c2", Eth(BridgeA, MacOf(Neighbour)).Ipv4(Local, Neighbour, ttl: 63).Udp(1, 2))
            .Send(From(Client).Ipv4(Client, Local).Udp(1, 2))
            .ExpectAt("default/b1", Eth("02:fe:00:00:00:07", MacOf(Local)).Ipv4(Client, Local, ttl: 63).Udp(1, 2));
    }

    [Fact]
    public void With_no_endpoint_ready_a_terminating_one_serves() =>
        Given(Yaml).Send(From(Client).Ipv4(Client, Draining).Udp(4000, 53))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Udp(4000, 5353)).Dispose();

    [Fact]
    public void Session_affinity_sends_a_client_to_one_backend_and_its_timeout_ends_that()
    {
        using Scenario shop = Given(Yaml);
        HashSet<string> chosen = [];
        for (int port = 1000; port < 1030; port++) chosen.Add(Chosen(shop, port));
        Assert.Single(chosen);

        for (int port = 2000; port < 2030; port++) chosen.Add(Chosen(shop.Wait(3 * 3600 + 1), port));
        Assert.Equal(2, chosen.Count);
    }

    [Fact]
    public void The_backends_icmp_error_comes_from_the_service_and_quotes_what_the_client_sent()
    {
        using Scenario shop = Given(Yaml);
        PacketBuilder arrived = Ipv4(Client, Remote, ttl: 62).Udp(4000, 5353).Payload("who?");
        PacketBuilder sent = Ipv4(Client, Web, ttl: 62).Udp(4000, 53).Payload("who?");
        shop.Send(From(Client).Ipv4(Client, Web).Udp(4000, 53).Payload("who?"))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Udp(4000, 5353).Payload("who?"))
            .Send(From(Remote, BridgeB).Ipv4(Remote, Client).Icmp(3, 3).Payload(arrived))
            .ExpectAt("default/c1", To(Client, BridgeA).Ipv4(Web, Client, ttl: 62).Icmp(3, 3).Payload(sent));
    }

    [Fact]
    public void Later_fragments_follow_the_first_within_a_burst_and_behind_it()
    {
        using Scenario shop = Given(Yaml);
        shop.Send(
                From(Client).Ipv4(Client, Web, id: 9, fragment: Ipv4Header.MoreFragmentsFlag).Udp(4000, 53).Payload(56),
                From(Client).Ipv4(Client, Web, id: 9, fragment: 8 | Ipv4Header.MoreFragmentsFlag,
                    protocol: IpProtocol.Udp).Payload(64))
            .ExpectAt(
                "default/b2",
                To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62, id: 9, fragment: Ipv4Header.MoreFragmentsFlag)
                    .Udp(4000, 5353).Payload(56),
                To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62, id: 9,
                    fragment: 8 | Ipv4Header.MoreFragmentsFlag, protocol: IpProtocol.Udp).Payload(64))
            .Send(From(Client).Ipv4(Client, Web, id: 9, fragment: 16, protocol: IpProtocol.Udp).Payload(8))
            .ExpectAt("default/b2", To(Remote, BridgeB)
                .Ipv4(Client, Remote, ttl: 62, id: 9, fragment: 16, protocol: IpProtocol.Udp).Payload(8));
    }

    [Fact]
    public void A_reply_seen_at_the_client_is_taken_back_to_its_backend_and_brought_here_again()
    {
        using Scenario shop = Given(Yaml);
        byte[] reply = To(Client, BridgeA).Ipv4(Web, Client, ttl: 62).Udp(53, 4000).Payload("me");
        shop.Send(From(Client).Ipv4(Client, Web).Udp(4000, 53))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Udp(4000, 5353))
            .Send(reply).ExpectAt("default/c1", reply);
        Assert.Single(shop.At("node-b/eth0"));
        Assert.Equal((1, 0), (shop.Counters.Reoriginated, shop.Counters.Guessed));
    }

    [Theory]
    [InlineData("pod.attach=bridge", 64)]
    [InlineData("pod.attach=routed", 63)]
    public void A_reply_of_another_endpoint_than_the_chosen_one_comes_from_the_chosen_one(string attach, byte localTtl)
    {
        const TcpFlags SynAck = TcpFlags.Syn | TcpFlags.Ack;
        using Scenario shop = Given(Yaml, attach);
        bool isLocal = ChoosesLocal(shop, from: 40000);
        (string other, string gateway) = isLocal ? (Remote, BridgeB) : (Local, BridgeA);
        string sender = isLocal && attach == "pod.attach=bridge" ? MacOf(Local) : BridgeA;
        byte ttl = isLocal ? localTtl : (byte)62;
        shop.Send(From(other, gateway).Ipv4(other, Client).Tcp(8080, 40000, SynAck))
            .ExpectAt("default/c1", Eth(sender, MacOf(Client)).Ipv4(Sticky, Client, ttl).Tcp(80, 40000, SynAck));
        Assert.Equal(1, shop.Counters.Reoriginated);
    }

    [Fact]
    public void The_client_goes_on_to_the_chosen_backend_after_another_endpoints_reply()
    {
        using Scenario shop = Given(Yaml);
        bool isLocal = ChoosesLocal(shop, from: 40000);
        (string other, string gateway) = isLocal ? (Remote, BridgeB) : (Local, BridgeA);
        shop.Send(From(other, gateway).Ipv4(other, Client).Tcp(8080, 40000, TcpFlags.Syn | TcpFlags.Ack))
            .Send(From(Client).Ipv4(Client, Sticky).Tcp(40000, 80));
        if (isLocal) shop.ExpectAt("default/b1", Eth(MacOf(Client), MacOf(Local)).Ipv4(Client, Local).Tcp(40000, 8080));
        else shop.ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Tcp(40000, 8080));
    }

    [Fact]
    public void An_endpoints_own_packet_to_a_pod_that_asked_no_service_stays_its_own() =>
        Given(Yaml).Send(From(Remote, BridgeB).Ipv4(Remote, Client).Udp(5353, 4000))
            .ExpectAt("default/c1", To(Client, BridgeA).Ipv4(Remote, Client, ttl: 62).Udp(5353, 4000)).Dispose();

    [Fact]
    public void With_one_node_emulated_a_client_goes_on_without_the_other_nodes_answer()
    {
        using Scenario shop = Given(Yaml, node: "node-a", []);
        shop.Send(From(Client).Ipv4(Client, Web).Tcp(40000, 80, TcpFlags.Syn));
        byte[] opening = Assert.Single(shop.At("node-a/eth0"));
        shop.Send(From(Client).Ipv4(Client, Web).Tcp(40000, 80)).ExpectForwarded();
        byte[] next = Assert.Single(shop.At("node-a/eth0"));
        Assert.Equal(opening.Length, next.Length);
    }

    [Fact]
    public void With_all_nodes_emulated_a_client_that_goes_on_without_an_answer_fits_no_connection() =>
        Given(Yaml).Send(
                From(Client).Ipv4(Client, Web).Tcp(40000, 80, TcpFlags.Syn),
                From(Client).Ipv4(Client, Web).Tcp(40000, 80))
            .ExpectNothing(DropReason.InvalidState, Stage.Track).Dispose();

    [Fact]
    public void A_reply_whose_beginning_nobody_saw_gets_a_backend_by_the_engine()
    {
        using Scenario shop = Given(Yaml);
        byte[] reply = To(Client, BridgeA).Ipv4(Web, Client, ttl: 62).Tcp(80, 40000);
        shop.Send(reply).ExpectAt("default/c1", reply);
        Assert.Single(shop.At("node-b/eth0"));
        Assert.Equal((1, 1), (shop.Counters.Reoriginated, shop.Counters.Guessed));
    }

    [Fact]
    public void What_was_seen_at_the_backend_too_went_through_the_same_connection()
    {
        using Scenario shop = Given(Yaml);
        byte[] arrived = To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Tcp(40000, 8080, TcpFlags.Syn);
        shop.Send(From(Client).Ipv4(Client, Web).Tcp(40000, 80, TcpFlags.Syn)).ExpectAt("default/b2", arrived)
            .Send(arrived).ExpectAt("default/b2", arrived);
        Assert.Equal((1, 2), (shop.Counters.Reoriginated, shop.Counters.Translated));
    }

    [Fact]
    public void Same_node_traffic_between_routed_veths_is_known_where_it_arrived()
    {
        using Scenario shop = Given(Yaml, "pod.attach=routed");
        byte[] arrived = To(Local, BridgeA).Ipv4(Client, Local, ttl: 63).Udp(1, 2);
        shop.Send(arrived).ExpectAt("default/b1", arrived);
        Assert.Equal(1, shop.Counters.Reoriginated);
    }

    [Theory]
    [InlineData(1, 64)]
    [InlineData(2, 63)]
    public void A_nodes_own_icmp_error_about_a_known_connection_comes_from_the_service(byte ttl, byte answerTtl)
    {
        using Scenario shop = Given(Yaml);
        shop.Send(From(Client).Ipv4(Client, Web).Udp(4000, 53))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Udp(4000, 5353))
            .Send(From(Client).Ipv4(Client, Web, ttl).Udp(4000, 53))
            .ExpectAnswerAt("default/c1", To(Client, BridgeA).Ipv4(Web, Client, answerTtl, tos: 0xC0)
                .Icmp(11).Payload(Ipv4(Client, Web, ttl: 1).Udp(4000, 53)));
    }

    // Opens a connection to the Service with two backends; which one it gets is the engine's draw.
    private static bool ChoosesLocal(Scenario shop, int from)
    {
        shop.Send(From(Client).Ipv4(Client, Sticky).Tcp(from, 80, TcpFlags.Syn));
        return shop.At("default/b1").Any();
    }

    private static string Chosen(Scenario shop, int port)
    {
        shop.Send(From(Client).Ipv4(Client, Sticky).Udp(port, 53));
        string backend = shop.At("default/b1").Any() ? "default/b1" : "default/b2";
        byte[] expected = backend == "default/b1"
            ? Eth(MacOf(Client), MacOf(Local)).Ipv4(Client, Local).Udp(port, 5353)
            : To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Udp(port, 5353);
        shop.ExpectAt(backend, expected);
        return backend;
    }
}
