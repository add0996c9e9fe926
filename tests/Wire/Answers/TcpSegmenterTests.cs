using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Dataplane.Wire.Answers;
using Xunit;

namespace Dataplane.Tests.Wire.Answers;

public class TcpSegmenterTests
{
    private static readonly byte[] Timestamps = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2];
    private static readonly byte[] Data = [.. Enumerable.Range(0, 2500).Select(i => (byte)(i * 7))];

    [Fact]
    public void A_super_frame_over_ipv4_becomes_segments_as_gso_makes_them()
    {
        byte[] super = Segment(0x1234, 0xFFFF_FF00, TcpFlags.Ack | TcpFlags.Psh | TcpFlags.Fin | TcpFlags.Cwr, Data);

        Assert.Equal(
            [
                Segment(0x1234, 0xFFFF_FF00, TcpFlags.Ack | TcpFlags.Cwr, Data[..1000]),
                Segment(0x1235, 0x0000_02E8, TcpFlags.Ack, Data[1000..2000]),
                Segment(0x1236, 0x0000_06D0, TcpFlags.Ack | TcpFlags.Psh | TcpFlags.Fin, Data[2000..]),
            ],
            Cut(super, 1000));
    }

    [Fact]
    public void A_super_frame_over_ipv6_becomes_segments_as_gso_makes_them()
    {
        Assert.Equal(
            [SegmentV6(100, TcpFlags.Ack, Data[..2000]), SegmentV6(2100, TcpFlags.Ack | TcpFlags.Psh, Data[2000..])],
            Cut(SegmentV6(100, TcpFlags.Ack | TcpFlags.Psh, Data), 2000));
    }

    [Fact]
    public void A_checksum_that_held_only_the_pseudo_header_is_filled_in()
    {
        byte[] good = Segment(1, 1, TcpFlags.Ack, Data[..100]);
        byte[] offloaded = [.. good];
        (offloaded[36], offloaded[37]) = (0x12, 0x34);

        Assert.Equal([good], Cut(offloaded, 1000));
    }

    [Fact]
    public void A_segment_without_data_stays_one()
    {
        byte[] ack = Segment(1, 1, TcpFlags.Ack, []);

        Assert.Equal([ack], Cut(ack, 1000));
    }

    [Fact]
    public void Other_protocols_fragments_and_cut_packets_are_refused()
    {
        byte[] tcp = Segment(1, 1, TcpFlags.Ack, Data);

        Assert.Empty(Cut(new PacketBuilder().Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2).Payload(Data), 1000));
        Assert.Empty(Cut(
            new PacketBuilder().Ipv4("10.0.0.1", "10.0.0.2", fragment: 0x2000).Tcp(1, 2).Payload(Data), 1000));
        Assert.Empty(Cut(tcp[..^1], 1000));
        Assert.Empty(Cut(tcp, 0));
    }

    [Fact]
    public void Any_bytes_at_all_are_cut_or_not_without_an_exception()
    {
        Hostile.Mutations(Segment(1, 1, TcpFlags.Ack, Data[..100]), bytes => Cut(bytes, 30));
        Hostile.Mutations(SegmentV6(1, TcpFlags.Ack, Data[..100]), bytes => Cut(bytes, 30));
    }

    private static byte[] Segment(ushort id, uint sequence, TcpFlags flags, byte[] data) => new PacketBuilder()
        .Ipv4("10.244.1.5", "10.244.2.7", id: id, fragment: Ipv4Header.DontFragmentFlag)
        .Tcp(40000, 80, flags, sequence, 9, options: Timestamps).Payload(data);

    private static byte[] SegmentV6(uint sequence, TcpFlags flags, byte[] data) => new PacketBuilder()
        .Ipv6("fd00:1::5", "fd00:2::7").Tcp(40000, 80, flags, sequence, 9, options: Timestamps).Payload(data);

    private static byte[][] Cut(byte[] packet, int segmentSize)
    {
        if (!TcpSegmenter.TryCreate(packet, segmentSize, out TcpSegmenter segmenter)) return [];

        byte[][] segments = new byte[segmenter.Count][];
        for (int i = 0; i < segments.Length; i++)
        {
            segments[i] = new byte[segmenter.SizeOf(i)];
            Assert.Equal(segments[i].Length, segmenter.Build(i, segments[i]));
        }

        return segments;
    }
}
