using Dataplane.Core;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.DirectReturnCluster;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// Direct server return: the node that was asked keeps the client's address and tells the frontend, the
/// backend's node answers with it.
/// </summary>
public sealed class DirectReturnTests
{
    private const int OuterSize = 14 + 20 + 8 + 8;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_reply_leaves_the_backends_node_with_the_frontend_as_its_source(bool isByGeneve)
    {
        using Scenario scenario = Given(isByGeneve ? ByGeneve : ByOption)
            .Send(Eth().Ipv4(Client, Frontend).Tcp(40000, 80, TcpFlags.Syn)).ExpectForwarded()
            .Send(Eth().Ipv4(Backend, Client).Tcp(8080, 40000, TcpFlags.Syn | TcpFlags.Ack)).ExpectForwarded();

        byte[] reply = Assert.Single(scenario.At("far/eth0"));
        byte[] expected = Eth().Ipv4(Frontend, Client, ttl: 63).Tcp(80, 40000, TcpFlags.Syn | TcpFlags.Ack);
        Assert.Equal(Convert.ToHexString(expected[14..]), Convert.ToHexString(reply[14..]));
        Assert.Empty(scenario.At("lb/eth0"));
    }

    [Fact]
    public void Of_tcp_the_first_packet_alone_tells_and_the_others_follow_it()
    {
        using Scenario scenario = Given(ByOption)
            .Send(Eth().Ipv4(Client, Frontend).Tcp(40000, 80, TcpFlags.Syn)).ExpectForwarded()
            .Send(Eth().Ipv4(Backend, Client).Tcp(8080, 40000, TcpFlags.Syn | TcpFlags.Ack)).ExpectForwarded()
            .Send(Eth().Ipv4(Client, Frontend).Tcp(40000, 80, TcpFlags.Ack).Payload("GET /")).ExpectForwarded();

        byte[] data = Eth().Ipv4(Client, Backend, ttl: 63).Tcp(40000, 8080, TcpFlags.Ack).Payload("GET /");
        Assert.Equal(Convert.ToHexString(data[14..]), Convert.ToHexString(Assert.Single(scenario.At("lb/eth0"))[14..]));
        byte[] delivered = Eth().Ipv4(Client, Backend, ttl: 62).Tcp(40000, 8080, TcpFlags.Ack).Payload("GET /");
        Assert.Equal(
            Convert.ToHexString(delivered[14..]), Convert.ToHexString(Assert.Single(scenario.At("shop/web"))[14..]));

        scenario.Send(Eth().Ipv4(Backend, Client).Tcp(8080, 40000, TcpFlags.Ack).Payload("200")).ExpectForwarded();
        byte[] reply = Eth().Ipv4(Frontend, Client, ttl: 63).Tcp(80, 40000, TcpFlags.Ack).Payload("200");
        Assert.Equal(
            Convert.ToHexString(reply[14..]), Convert.ToHexString(Assert.Single(scenario.At("far/eth0"))[14..]));
    }

    [Fact]
    public void The_pod_gets_the_syn_with_the_option_that_cilium_leaves_in_it()
    {
        using Scenario scenario = Given(ByOption)
            .Send(Eth().Ipv4(Client, Frontend).Tcp(40000, 80, TcpFlags.Syn)).ExpectForwarded();

        byte[] expected = Eth().Ipv4(Client, Backend, ttl: 62, options: Hex("9a085000020a10ac"))
            .Tcp(40000, 8080, TcpFlags.Syn);
        Assert.Equal(
            Convert.ToHexString(expected[14..]), Convert.ToHexString(Assert.Single(scenario.At("shop/web"))[14..]));
    }

    [Fact]
    public void Of_udp_each_packet_tells()
    {
        using Scenario scenario = Given(ByOption)
            .Send(Eth().Ipv4(Client, Frontend).Udp(40000, 80).Payload("1")).ExpectForwarded()
            .Send(Eth().Ipv4(Client, Frontend).Udp(40000, 80).Payload("2")).ExpectForwarded();

        byte[] expected = Eth().Ipv4(Client, Backend, ttl: 63, options: Hex("9a085000020a10ac"))
            .Udp(40000, 8080).Payload("2");
        Assert.Equal(
            Convert.ToHexString(expected[14..]), Convert.ToHexString(Assert.Single(scenario.At("lb/eth0"))[14..]));
    }

    [Fact]
    public void Hybrid_is_direct_for_tcp_and_translates_the_source_of_udp()
    {
        using Scenario scenario = Given(["routing-mode: native", "bpf-lb-mode: hybrid"])
            .Send(Eth().Ipv4(Client, Frontend).Tcp(40000, 80, TcpFlags.Syn)).ExpectForwarded();
        Assert.Equal(0x47, Assert.Single(scenario.At("lb/eth0"))[14]);

        scenario.Send(Eth().Ipv4(Client, Frontend).Udp(40000, 80).Payload("?")).ExpectForwarded();
        byte[] udp = Assert.Single(scenario.At("lb/eth0"));
        Assert.Equal((0x45, "0a000a01"), (udp[14], Convert.ToHexStringLower(udp[26..30])));
    }

    [Fact]
    public void Over_ipv6_the_frontend_stands_in_a_destination_option()
    {
        using Scenario scenario = Given(ByOption)
            .Send(Eth().Ipv6(ClientV6, FrontendV6).Tcp(40000, 80, TcpFlags.Syn)).ExpectForwarded();

        byte[] option = [2, 0x1B, 20, .. Bytes(FrontendV6), 0, 80, 0, 0];
        byte[] expected = Eth().Ipv6(ClientV6, BackendV6, hopLimit: 63)
            .Extension(IpProtocol.DestinationOptions, option).Tcp(40000, 8080, TcpFlags.Syn);
        Assert.Equal(
            Convert.ToHexString(expected[14..]), Convert.ToHexString(Assert.Single(scenario.At("lb/eth0"))[14..]));

        scenario.Send(Eth().Ipv6(BackendV6, ClientV6).Tcp(8080, 40000, TcpFlags.Syn | TcpFlags.Ack)).ExpectForwarded();
        byte[] reply = Eth().Ipv6(FrontendV6, ClientV6, hopLimit: 63).Tcp(80, 40000, TcpFlags.Syn | TcpFlags.Ack);
        Assert.Equal(
            Convert.ToHexString(reply[14..]), Convert.ToHexString(Assert.Single(scenario.At("far/eth0"))[14..]));
    }

    [Fact]
    public void Over_ipv6_the_geneve_option_has_24_bytes()
    {
        using Scenario scenario = Given(ByGeneve)
            .Send(Eth().Ipv6(ClientV6, FrontendV6).Udp(40000, 80).Payload("?")).ExpectForwarded();

        byte[] frame = Assert.Single(scenario.At("lb/eth0"));
        string address = Convert.ToHexStringLower(Bytes(FrontendV6));
        Assert.Equal("014b8105" + address + "00500000", Convert.ToHexStringLower(frame[OuterSize..(OuterSize + 24)]));
        byte[] inner = Eth().Ipv6(ClientV6, BackendV6).Udp(40000, 8080).Payload("?");
        Assert.Equal(Convert.ToHexString(inner), Convert.ToHexString(frame[(OuterSize + 24)..]));

        scenario.Send(Eth().Ipv6(BackendV6, ClientV6).Udp(8080, 40000).Payload("!")).ExpectForwarded();
        byte[] reply = Eth().Ipv6(FrontendV6, ClientV6, hopLimit: 63).Udp(80, 40000).Payload("!");
        Assert.Equal(
            Convert.ToHexString(reply[14..]), Convert.ToHexString(Assert.Single(scenario.At("far/eth0"))[14..]));
    }

    [Fact]
    public void Geneve_carries_it_beside_native_routing_of_pods()
    {
        string[] configuration =
            ["routing-mode: native", "tunnel-protocol: geneve", "bpf-lb-mode: dsr", "bpf-lb-dsr-dispatch: geneve"];
        using Scenario scenario = Given(configuration)
            .Send(Eth().Ipv4(Client, Frontend).Tcp(40000, 80, TcpFlags.Syn)).ExpectForwarded();
        Assert.Equal(OuterSize + 12 + 14 + 40, Assert.Single(scenario.At("lb/eth0")).Length);

        scenario.Send(Eth().Ipv4(Client, Frontend).Tcp(40000, 80, TcpFlags.Ack)).ExpectForwarded();
        // nothing to tell any more
        Assert.Equal(OuterSize + 14 + 40, Assert.Single(scenario.At("lb/eth0")).Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_one_node_tells_another_run_understands(bool isByGeneve)
    {
        string[] configuration = isByGeneve ? ByGeneve : ByOption;
        using Scenario first = Given(configuration, node: "lb")
            .Send(Eth().Ipv4(Client, Frontend).Tcp(40000, 80, TcpFlags.Syn)).ExpectForwarded();
        using Scenario second = Given(configuration, node: "far")
            .Send([.. first.At("lb/eth0")]).ExpectForwarded()
            .Send(Eth().Ipv4(Backend, Client).Tcp(8080, 40000, TcpFlags.Syn | TcpFlags.Ack)).ExpectForwarded();

        byte[] reply = Eth().Ipv4(Frontend, Client, ttl: 63).Tcp(80, 40000, TcpFlags.Syn | TcpFlags.Ack);
        Assert.Equal(Convert.ToHexString(reply[14..]), Convert.ToHexString(Assert.Single(second.At("far/eth0"))[14..]));
    }

    [Fact]
    public void What_does_not_fit_beside_the_option_is_answered_by_ciliums_program()
    {
        byte[] large = Eth().Ipv4(Client, Frontend, id: 7).Udp(40000, 80).Payload(1472);
        using Scenario scenario = Given([.. ByOption, "enable-pmtu-discovery: \"true\""]).Send(large);
        scenario.ExpectNothing(DropReason.MtuExceeded, Stage.Route);

        // from the backend, DF, the packet's id; the quote has the frontend again, but the
        // checksum of what was translated
        byte[] answer = Assert.Single(scenario.At("lb/eth0"));
        byte[] translated = Eth().Ipv4(Client, Backend, id: 7).Udp(40000, 8080).Payload(1472);
        byte[] quote = [.. large[14..40], .. translated[40..42]];
        byte[] expected = Eth().Ipv4(Backend, Client, id: 7, fragment: Ipv4Header.DontFragmentFlag)
            .Icmp(3, 4, 1492).Payload(quote);
        Assert.Equal(Convert.ToHexString(expected[14..]), Convert.ToHexString(answer[14..]));
    }

    [Fact]
    public void Without_path_mtu_discovery_nobody_is_told()
    {
        using Scenario scenario = Given(ByOption).Send(Eth().Ipv4(Client, Frontend).Udp(40000, 80).Payload(1472));

        scenario.ExpectNothing(DropReason.MtuExceeded, Stage.Route);
        Assert.Empty(scenario.At("lb/eth0"));
    }

    [Fact]
    public void Without_path_mtu_discovery_geneve_leaves_in_outer_fragments()
    {
        using Scenario scenario = Given(ByGeneve)
            .Send(Eth().Ipv4(Client, Frontend).Udp(40000, 80).Payload(1472)).ExpectForwarded();

        Assert.Equal(2, scenario.At("lb/eth0").Count());
        Assert.Equal(1514, Assert.Single(scenario.At("shop/web")).Length);
    }

    [Fact]
    public void A_backend_on_the_node_that_was_asked_is_a_plain_one()
    {
        using Scenario scenario = Scenario.Given(
            Manifests(ByOption), new Dataplane.Replay.ReplayOptions { Cni = "cilium", Entry = "far" })
            .Send(Eth().Ipv4(Client, Frontend).Tcp(40000, 80, TcpFlags.Syn)).ExpectForwarded();

        byte[] expected = Eth().Ipv4(Client, Backend, ttl: 63).Tcp(40000, 8080, TcpFlags.Syn);
        Assert.Equal(
            Convert.ToHexString(expected[14..]), Convert.ToHexString(Assert.Single(scenario.At("shop/web"))[14..]));
    }

    private static byte[] Bytes(string address)
    {
        byte[] bytes = new byte[16];
        IpAddress.Parse(address).WriteTo(bytes);
        return bytes;
    }
}
