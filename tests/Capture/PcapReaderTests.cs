using Dataplane.Capture;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Capture;

public class PcapReaderTests
{
    private static readonly byte[] Frame = [1, 2, 3, 4, 5];

    [Theory]
    [InlineData(false, 0xA1B2C3D4, 7_000_008_000)]
    [InlineData(true, 0xA1B2C3D4, 7_000_008_000)]
    [InlineData(false, 0xA1B23C4D, 7_000_000_008)]
    [InlineData(true, 0xA1B23C4D, 7_000_000_008)]
    public void Both_byte_orders_and_both_resolutions_are_read(bool bigEndian, uint magic, long nanoseconds)
    {
        using CaptureReader reader = new CaptureBytes(bigEndian)
            .PcapHeader(magic, linkType: 113, snapLength: 96)
            .PcapRecord(7, 8, Frame, original: 60)
            .Open();

        KeptRecord record = Assert.Single(ReadCapture.All(reader));
        Assert.Equal(
            new KeptRecord(nanoseconds, "0102030405", 60, 0, LinkType.LinuxSll, CaptureDirection.Unknown), record);
        Assert.Equal(new CaptureInterface("", LinkType.LinuxSll, 96), Assert.Single(reader.Interfaces));
        Assert.Null(reader.Damage);
    }

    [Fact]
    public void Kuznetzovs_records_have_eight_bytes_more()
    {
        CaptureBytes bytes = new CaptureBytes().PcapHeader(0xA1B2CD34);
        for (uint i = 0; i < 3; i++)
            bytes.U32(i).U32(1).U32(5).U32(5).U32(2).U16(0x0800).Raw(4, 0).Raw(Frame);

        using CaptureReader reader = bytes.Open();
        Assert.Equal(
            ["0102030405", "0102030405", "0102030405"], ReadCapture.All(reader).Select(record => record.Frame));
    }

    [Theory]
    [InlineData(2, 5u, 60u)]
    [InlineData(3, 5u, 60u)]
    [InlineData(3, 60u, 5u)]
    public void Old_versions_hold_the_two_lengths_the_other_way_round(int minor, uint second, uint first)
    {
        using CaptureReader reader = new CaptureBytes()
            .PcapHeader(minor: minor)
            .PcapRecord(1, 1, Frame, captured: first, original: second)
            .Open();

        KeptRecord record = Assert.Single(ReadCapture.All(reader));
        Assert.Equal(("0102030405", 60), (record.Frame, record.OriginalLength));
        Assert.Null(reader.Remark);
    }

    [Fact]
    public void Fcs_bits_in_the_link_type_are_passed_over()
    {
        using CaptureReader reader = new CaptureBytes().PcapHeader(linkType: 0x2400_0001).Open();
        Assert.Equal(LinkType.Ethernet, reader.Interfaces[0].LinkType);
    }

    [Fact]
    public void A_captured_length_over_the_original_one_is_mended_and_remarked_on()
    {
        using CaptureReader reader = new CaptureBytes().PcapHeader().PcapRecord(1, 1, Frame, original: 2).Open();

        Assert.Equal(5, Assert.Single(ReadCapture.All(reader)).OriginalLength);
        Assert.Equal(24, reader.Remark?.Offset);
        Assert.Equal("captured length 5 is over the original length 2; taken as 5", reader.Remark?.Text);
    }

    [Fact]
    public void A_record_that_is_cut_off_gives_those_before_it_and_the_place()
    {
        using CaptureReader reader = new CaptureBytes()
            .PcapHeader()
            .PcapRecord(1, 1, Frame)
            .PcapRecord(2, 2, Frame, captured: 120, original: 120)
            .Open();

        Assert.Single(ReadCapture.All(reader));
        Assert.Equal(new CaptureDamage(45, "cut off in mid-record: 120 bytes promised, 5 there"), reader.Damage);
    }

    [Fact]
    public void A_record_of_absurd_length_is_damage()
    {
        using CaptureReader reader = new CaptureBytes().PcapHeader()
            .PcapRecord(1, 1, Frame, captured: 0xFFFF_FFF0).Open();

        Assert.Empty(ReadCapture.All(reader));
        Assert.Equal(24, reader.Damage?.Offset);
        Assert.StartsWith("a record of 4294967280 bytes", reader.Damage?.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Records_of_length_zero_and_of_the_largest_length_are_records()
    {
        using CaptureReader reader = new CaptureBytes()
            .PcapHeader()
            .PcapRecord(1, 1, [])
            .PcapRecord(1, 1, new byte[262_144])
            .PcapRecord(1, 1, Frame)
            .Open();

        Assert.Equal([0, 262_144, 5], ReadCapture.All(reader).Select(record => record.OriginalLength));
        Assert.Null(reader.Damage);
    }

    [Theory]
    [InlineData("", "test.pcap: empty: a capture starts with a header")]
    [InlineData("61706956657273696f6e",
        "test.pcap: not a capture (its first bytes are 61706956); pcap and pcapng are read, "
        + "and both in gzip, zstd or lz4")]
    [InlineData("d4c3b2a10200", "test.pcap: cut off in the file header: 24 bytes promised, 6 there")]
    [InlineData("cd34b2a102000400",
        "test.pcap: a pcap of Francisco Mesquita's variant (magic a1b234cd), which is not read; "
        + "pcap and pcapng are read, and both in gzip, zstd or lz4")]
    [InlineData("d4c3b2a109000900000000000000000000000000000000000000",
        "test.pcap: pcap version 9.9 is not known: 2.0 to 2.4 are")]
    public void What_is_no_capture_is_named_in_one_line(string hex, string message)
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(
            () => CaptureBytes.Open(Convert.FromHexString(hex)));
        Assert.Equal(message, error.Message);
    }
}
