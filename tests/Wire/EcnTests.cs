using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Wire;

public class EcnTests
{
    [Theory]
    [InlineData(0x00, 0)]
    [InlineData(0xB9, 1)]
    [InlineData(0xBA, 2)]
    [InlineData(0xBB, 2)]
    public void The_outer_mark_is_the_inner_one_but_never_congested(byte innerTos, byte outer) =>
        Assert.Equal(outer, Ecn.Encapsulate(innerTos));

    /// <summary>
    /// RFC 6040 figure 4: inner mark, then the result for outer 00, ECT(0), ECT(1), CE; -1 is a drop.
    /// </summary>
    [Theory]
    [InlineData(0, 0, 0, 0, -1)]
    [InlineData(2, 2, 2, 1, 3)]
    [InlineData(1, 1, 1, 1, 3)]
    [InlineData(3, 3, 3, 3, 3)]
    public void Decapsulation_follows_the_table(byte inner, int notEct, int ect0, int ect1, int congested)
    {
        (byte Outer, int Expected)[] row = [(0, notEct), (2, ect0), (1, ect1), (3, congested)];
        Assert.All(row, cell =>
        {
            bool kept = Ecn.TryDecapsulate(cell.Outer, (byte)(0x48 | inner), out byte tos);
            Assert.Equal(cell.Expected, kept ? tos & 3 : -1);
            if (kept) Assert.Equal(0x48, tos & ~3);
        });
    }

    [Fact]
    public void A_mark_written_into_a_packet_leaves_its_checksum_good()
    {
        for (int tos = 0; tos < 256; tos++)
        {
            for (byte outer = 0; outer < 4; outer++)
            {
                byte[] packet = Marked((byte)tos);
                if (!Ecn.TryDecapsulate(outer, packet)) continue;

                Ecn.TryDecapsulate(outer, (byte)tos, out byte expected);
                Assert.Equal(Marked(expected), packet);
            }
        }

        static byte[] Marked(byte tos) => Packet.Ipv4("10.244.1.5", "10.244.2.7", tos: tos).Payload(8);
    }

    [Fact]
    public void An_ipv6_traffic_class_takes_the_mark_and_keeps_the_rest()
    {
        byte[] packet = Marked(0xBA);

        Assert.True(Ecn.TryDecapsulate(Ecn.Congested, packet));

        Assert.Equal(Marked(0xBB), packet);

        static byte[] Marked(byte trafficClass) => new PacketBuilder()
            .Ipv6("fd00::1", "fd00::2", trafficClass: trafficClass, flowLabel: 0xABCDE).Payload(8);
    }

    [Theory, InlineData(4), InlineData(6)]
    public void Congested_outside_and_not_capable_inside_is_dropped(int family)
    {
        byte[] packet = family == 4
            ? Packet.Ipv4("10.244.1.5", "10.244.2.7").Payload(8)
            : Packet.Ipv6("fd00::1", "fd00::2").Payload(8);

        Assert.False(Ecn.TryDecapsulate(Ecn.Congested, packet));
    }

    [Fact]
    public void What_is_not_ip_passes_untouched()
    {
        byte[] bytes = new byte[28];

        Assert.True(Ecn.TryDecapsulate(Ecn.Congested, bytes));
        Assert.True(Ecn.TryDecapsulate(Ecn.Congested, bytes.AsSpan(0, 3)));
        Assert.Equal(new byte[28], bytes);
    }
}
