using System.Text;
using Dataplane.Capture;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Capture;

public class PcapngReaderTests
{
    private static readonly byte[] Frame = [1, 2, 3, 4, 5];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Interfaces_have_names_link_types_and_directions(bool bigEndian)
    {
        using CaptureReader reader = new CaptureBytes(bigEndian)
            .Section()
            .Interface(1, 96, options => options.Option(2, Encoding.UTF8.GetBytes("node-a/eth0")))
            .Interface(101)
            .EnhancedPacket(1, 5, Frame)
            .EnhancedPacket(0, 6, Frame, options => options.Option(1, 65, 66, 67).U16(2).U16(4).U32(2))
            .Open();

        Assert.Equal(
            [
                new KeptRecord(5_000, "0102030405", 5, 1, LinkType.Raw, CaptureDirection.Unknown),
                new KeptRecord(6_000, "0102030405", 5, 0, LinkType.Ethernet, CaptureDirection.Outbound),
            ],
            ReadCapture.All(reader));
        Assert.Equal(new CaptureInterface("node-a/eth0", LinkType.Ethernet, 96), reader.Interfaces[0]);
        Assert.Null(reader.Damage);
    }

    [Theory]
    [InlineData(0, 3, 0, 3_000_000_000)]
    [InlineData(6, 3, 0, 3_000)]
    [InlineData(9, 3, 0, 3)]
    [InlineData(12, 3_999, 0, 3)]
    [InlineData(127, ulong.MaxValue, 0, 0)]
    [InlineData(0x80, 3, 0, 3_000_000_000)]
    [InlineData(0x81, 3, 0, 1_500_000_000)]
    [InlineData(0x80 + 32, 1UL << 31, 0, 500_000_000)]
    [InlineData(0xFF, ulong.MaxValue, 0, 0)]
    [InlineData(6, 3, 10, 10_000_003_000)]
    [InlineData(6, 3, -10, -9_999_997_000)]
    [InlineData(0, ulong.MaxValue, 0, long.MaxValue)]
    [InlineData(9, ulong.MaxValue, 0, long.MaxValue)]
    [InlineData(6, 3, long.MaxValue, long.MaxValue)]
    [InlineData(6, 3, long.MinValue, long.MinValue)]
    public void Any_clock_gives_nanoseconds(byte resolution, ulong ticks, long offset, long nanoseconds)
    {
        using CaptureReader reader = new CaptureBytes()
            .Section()
            .Interface(options: block => block.Option(9, resolution).U16(14).U16(8).U64((ulong)offset))
            .EnhancedPacket(0, ticks, Frame)
            .Open();

        Assert.Equal(nanoseconds, Assert.Single(ReadCapture.All(reader)).Timestamp);
    }

    [Fact]
    public void A_new_section_may_turn_the_byte_order_and_begins_its_interfaces_anew()
    {
        byte[] first = new CaptureBytes().Section().Interface(1).Interface(113).EnhancedPacket(1, 1, Frame).ToArray();
        byte[] second = new CaptureBytes(bigEndian: true).Section()
            .Interface(276).EnhancedPacket(0, 2, Frame).ToArray();

        using CaptureReader reader = CaptureBytes.Open([.. first, .. second], preload: true);
        for (int loop = 0; loop < 2; loop++)
        {
            List<KeptRecord> records = ReadCapture.All(reader);
            Assert.Equal(
                [(1, LinkType.LinuxSll), (2, LinkType.LinuxSll2)], records.Select(r => (r.Interface, r.LinkType)));
            Assert.Equal(3, reader.Interfaces.Count);
            reader.Rewind();
        }
    }

    [Fact]
    public void A_simple_packet_takes_the_time_of_the_one_before_and_the_snap_length_of_interface_0()
    {
        using CaptureReader reader = new CaptureBytes()
            .Section()
            .Interface(snapLength: 3)
            .EnhancedPacket(0, 9, [7])
            .Block(3, block => block.U32(5).Raw(Frame.AsSpan(0, 3).ToArray()))
            .Open();

        Assert.Equal(
            new KeptRecord(9_000, "010203", 5, 0, LinkType.Ethernet, CaptureDirection.Unknown),
            ReadCapture.All(reader)[1]);
    }

    [Fact]
    public void Obsolete_packets_are_read_and_unknown_blocks_of_any_length_are_skipped()
    {
        using CaptureReader reader = new CaptureBytes()
            .Section()
            .Interface()
            .Block(0x0BAD, block => block.Raw(new byte[1_000_000]))
            .Block(2, block => block.U16(0).U16(7).U32(0).U32(4).U32(5).U32(5).Raw(Frame))
            .Block(5, block => block.U32(0).U64(0))
            .Open();

        Assert.Equal((4_000, "0102030405"), ReadCapture.All(reader).Select(r => (r.Timestamp, r.Frame)).Single());
        Assert.Null(reader.Damage);
    }

    [Theory]
    [InlineData(6u, 0u, "a block of type 6 claims a length of 0 bytes, which no block can have")]
    [InlineData(6u, 42u, "a block of type 6 claims a length of 42 bytes, which no block can have")]
    [InlineData(6u, 64u, "cut off in mid-block: 64 bytes promised, 40 there")]
    [InlineData(6u, 36u, "a block's length is 36 bytes at its start and something else at its end")]
    [InlineData(6u, 0xFFFF_FFF0u, "a block of 4294967280 bytes, and no more than 16777216 are possible")]
    [InlineData(77u, 36u, "a block's length is 36 bytes at its start and something else at its end")]
    [InlineData(77u, 0xFFFF_FFF0u, "cut off in mid-block: 4294967280 bytes promised, 40 there")]
    public void A_block_length_that_lies_is_damage_with_its_place(uint type, uint total, string text)
    {
        CaptureBytes good = new CaptureBytes().Section().Interface().EnhancedPacket(0, 1, Frame);
        int place = good.ToArray().Length;
        using CaptureReader reader = good
            .U32(type).U32(total).U32(0).U32(0).U32(0).U32(5).U32(5).Raw(1, 2, 3, 4, 5, 0, 0, 0).U32(40)
            .Open();

        Assert.Single(ReadCapture.All(reader));
        Assert.Equal(new CaptureDamage(place, text), reader.Damage);
    }

    [Fact]
    public void A_packet_of_an_interface_that_nobody_described_is_damage()
    {
        using CaptureReader reader = new CaptureBytes().Section().Interface().EnhancedPacket(1, 1, Frame).Open();

        Assert.Empty(ReadCapture.All(reader));
        Assert.Equal("a packet of interface 1, and this section has described 1", reader.Damage?.Text);
    }
}
