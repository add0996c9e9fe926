using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Pipeline;

public sealed unsafe class FragmentTableTests
{
    [Fact]
    public void A_later_fragment_has_the_connection_of_its_first_one()
    {
        using var table = new FragmentTable();

        Remember(table, id: 7, connection: 42, now: 0);

        Assert.Equal(42u, Find(table, id: 7, now: 0));
        Assert.Equal(0u, Find(table, id: 8, now: 0));
        Assert.Equal(0u, Find(table, id: 7, now: 0, node: 1));
    }

    [Fact]
    public void After_the_kernel_s_thirty_seconds_the_first_fragment_is_forgotten()
    {
        using var table = new FragmentTable();

        Remember(table, id: 7, connection: 42, now: 0);

        Assert.Equal(42u, Find(table, id: 7, now: 30_000_000_000));
        Assert.Equal(0u, Find(table, id: 7, now: 30_000_000_001));
    }

    [Fact]
    public void A_new_packet_with_the_same_id_takes_the_old_one_s_place()
    {
        using var table = new FragmentTable();

        Remember(table, id: 7, connection: 42, now: 0);
        Remember(table, id: 7, connection: 44, now: 1);

        Assert.Equal(44u, Find(table, id: 7, now: 1));
    }

    [Fact]
    public void More_packets_than_there_is_room_for_push_out_the_oldest()
    {
        using var table = new FragmentTable();
        for (int packet = 0; packet < 65_536; packet++)
            Remember(table, (ushort)packet, connection: (uint)packet + 2, now: packet);

        int found = Enumerable.Range(0, 65_536).Count(packet => Find(table, (ushort)packet, now: 65_536) == packet + 2);

        Assert.InRange(found, FragmentTable.Capacity * 9 / 10, FragmentTable.Capacity);
        Assert.Equal(65_537u, Find(table, 65_535, now: 65_536));
    }

    private static void Remember(FragmentTable table, ushort id, uint connection, long now)
    {
        fixed (byte* packet = PacketOf(id, Ipv4Header.MoreFragmentsFlag))
        {
            Lane lane = LaneOf(packet, Shape.Fragment, now, 0);
            lane.Connection = connection;
            table.Remember(in lane);
        }
    }

    private static uint Find(FragmentTable table, ushort id, long now, ushort node = 0)
    {
        fixed (byte* packet = PacketOf(id, fragment: 10))
        {
            return table.Find(LaneOf(packet, Shape.Fragment | Shape.LaterFragment, now, node));
        }
    }

    private static byte[] PacketOf(ushort id, ushort fragment) => new PacketBuilder()
        .Ipv4("10.244.1.10", "198.51.100.7", id: id, fragment: fragment, protocol: IpProtocol.Udp).Payload(8);

    private static Lane LaneOf(byte* packet, Shape shape, long now, ushort node) => new()
    {
        Network = packet,
        Frame = packet,
        Timestamp = now,
        Node = node,
        Shape = shape,
        Key = new FlowKey { Source = 1, Destination = 2, Protocol = IpProtocol.Udp, Family = 4 },
    };
}
