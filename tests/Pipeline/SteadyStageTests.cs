using Dataplane.Core;
using Dataplane.Tests.Packets;
using Dataplane.Tests.Scenarios;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Scenarios.Shop;

namespace Dataplane.Tests.Pipeline;

/// <summary>
/// The first packet of a connection takes every stage, the later ones the beaten track: the same packet sent twice must
/// leave the node as the same bytes, but for the counter in the outer header.
/// </summary>
public sealed class SteadyStageTests
{
    private const int Packets = 2000;
    private const int OuterIp = EthernetHeader.Size;

    [Fact]
    public void Later_packets_of_a_connection_leave_as_its_first_one_did()
    {
        var random = new Random(20);
        for (int number = 0; number < Packets; number++)
        {
            using Scenario shop = Scenario.Given(Yaml, "node-a", []);
            byte[] packet = RandomPacket(random);

            byte[] first = OnTheWire(shop, packet);
            byte[] second = OnTheWire(shop, packet);

            Assert.True(first.AsSpan().SequenceEqual(second),
                $"packet {number}:\n{Convert.ToHexString(first)}\n{Convert.ToHexString(second)}");
        }
    }

    [Fact]
    public void A_ttl_that_runs_out_is_no_less_the_end_on_the_beaten_track()
    {
        using Scenario shop = Scenario.Given(Yaml, "node-a", []);
        OnTheWire(shop, From(Client).Ipv4(Client, Web).Udp(4000, 53));

        shop.Send(From(Client).Ipv4(Client, Web, ttl: 1).Udp(4000, 53))
            .ExpectNothing(DropReason.TtlExceeded, Stage.Route);
    }

    [Fact]
    public void A_packet_over_the_tunnels_mtu_is_no_less_refused_on_the_beaten_track()
    {
        using Scenario shop = Scenario.Given(Yaml, "node-a", []);
        OnTheWire(shop, From(Client).Ipv4(Client, Web).Udp(4000, 53));

        shop.Send(From(Client).Ipv4(Client, Web, fragment: Ipv4Header.DontFragmentFlag).Udp(4000, 53).Payload(1423))
            .ExpectNothing(DropReason.MtuExceeded, Stage.Route);
    }

    private static byte[] OnTheWire(Scenario shop, byte[] packet)
    {
        shop.Send(packet).ExpectForwarded();
        byte[] frame = [.. Assert.Single(shop.At("node-a/eth0"))];
        frame.AsSpan(OuterIp + Ipv4Header.IdOffset, sizeof(ushort)).Clear();
        frame.AsSpan(OuterIp + Ipv4Header.ChecksumOffset, sizeof(ushort)).Clear();
        return frame;
    }

    private static byte[] RandomPacket(Random random)
    {
        string to = random.Next(2) == 0 ? Web : Remote;
        byte[] payload = new byte[random.Next(0, 300)];
        random.NextBytes(payload);
        if (random.Next(4) == 0) Array.Clear(payload);
        PacketBuilder ip = From(Client).Ipv4(
            Client, to, ttl: (byte)random.Next(2, 256), id: (ushort)random.Next(0x10000), tos: (byte)random.Next(256));
        ushort port = (ushort)random.Next(1, 0x10000);
        bool isTcp = random.Next(2) == 0;
        PacketBuilder packet = isTcp ? ip.Tcp(port, 80) : ip.Udp(port, 53, checksum: random.Next(3) != 0);
        return packet.Payload(payload);
    }
}
