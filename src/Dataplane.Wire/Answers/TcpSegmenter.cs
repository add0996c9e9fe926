using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Dataplane.Wire.Answers;

/// <summary>
/// A TCP super-frame cut into segments as Linux does it (net/ipv4/tcp_offload.c tcp_gso_segment): sequence numbers move
/// on, IPv4 ids count up, FIN and PSH stay on the last segment, CWR on the first.
/// </summary>
public readonly ref struct TcpSegmenter : IPieces
{
    private readonly ReadOnlySpan<byte> _headers;
    private readonly ReadOnlySpan<byte> _data;
    private readonly int _tcpOffset;
    private readonly int _segmentSize;

    private TcpSegmenter(ReadOnlySpan<byte> packet, int tcpOffset, int headersSize, int segmentSize)
    {
        _headers = packet[..headersSize];
        _data = packet[headersSize..];
        _tcpOffset = tcpOffset;
        _segmentSize = segmentSize;
    }

    public int Count => Math.Max(1, (_data.Length + _segmentSize - 1) / _segmentSize);

    /// <summary>
    /// False for what is no whole TCP packet: fragments, packets cut by the snap length, other protocols.
    /// </summary>
    /// <remarks><c>segmentSize</c>: bytes of TCP data in each segment but the last; at least 1.</remarks>
    public static bool TryCreate(ReadOnlySpan<byte> ipPacket, int segmentSize, out TcpSegmenter segmenter)
    {
        segmenter = default;
        if (segmentSize < 1 || !TryFindTcp(ipPacket, out int tcpOffset, out int packetSize)) return false;

        ReadOnlySpan<byte> packet = ipPacket[..packetSize];
        if (TcpView.TryParse(packet[tcpOffset..], out TcpView tcp) != WireError.None) return false;

        segmenter = new TcpSegmenter(packet, tcpOffset, tcpOffset + tcp.HeaderLength, segmentSize);
        return true;
    }

    /// <summary>Bytes of segment <paramref name="index"/>, IP header included.</summary>
    public int SizeOf(int index) => _headers.Length + DataOf(index).Length;

    /// <summary>Writes segment <paramref name="index"/>, all checksums made, and returns its size.</summary>
    public int Build(int index, Span<byte> to)
    {
        ReadOnlySpan<byte> data = DataOf(index);
        Span<byte> packet = to[..(_headers.Length + data.Length)];
        _headers.CopyTo(packet);
        data.CopyTo(packet[_headers.Length..]);

        bool isV4 = packet[0] >> 4 == 4;
        if (isV4) FixIpv4(packet[.._tcpOffset], packet.Length, index);
        else MemoryMarshal.Write(
            packet[Ipv6Header.PayloadLengthOffset..], new U16Be((ushort)(packet.Length - Ipv6Header.Size)));

        ReadOnlySpan<byte> addresses = isV4
            ? packet[Ipv4Header.SourceOffset..Ipv4Header.Size]
            : packet[Ipv6Header.SourceOffset..Ipv6Header.Size];
        FixTcp(packet[_tcpOffset..], addresses, index);
        return packet.Length;
    }

    private static bool TryFindTcp(ReadOnlySpan<byte> ipPacket, out int tcpOffset, out int packetSize)
    {
        if (Ipv4View.TryParse(ipPacket, out Ipv4View v4) == WireError.None)
        {
            (tcpOffset, packetSize) = (v4.HeaderLength, v4.TotalLength);
            return v4.Protocol == IpProtocol.Tcp && !v4.IsFragment;
        }

        WireError error = Ipv6View.TryParse(ipPacket, out Ipv6View v6);
        bool found = error == WireError.None && v6.Protocol == IpProtocol.Tcp && !v6.IsFragment;
        (tcpOffset, packetSize) = found ? (v6.HeaderSize, Ipv6Header.Size + v6.PayloadLength) : (0, 0);
        return found;
    }

    private static void FixIpv4(Span<byte> header, int totalLength, int index)
    {
        ushort id = BinaryPrimitives.ReadUInt16BigEndian(header[Ipv4Header.IdOffset..]);
        MemoryMarshal.Write(header[Ipv4Header.TotalLengthOffset..], new U16Be((ushort)totalLength));
        MemoryMarshal.Write(header[Ipv4Header.IdOffset..], new U16Be((ushort)(id + index)));
        Ipv4Checksum.Write(header);
    }

    private void FixTcp(Span<byte> segment, ReadOnlySpan<byte> addresses, int index)
    {
        uint sequence = BinaryPrimitives.ReadUInt32BigEndian(segment[TcpHeader.SequenceOffset..]);
        MemoryMarshal.Write(
            segment[TcpHeader.SequenceOffset..], new U32Be(sequence + (uint)index * (uint)_segmentSize));
        TcpFlags dropped = (index > 0 ? TcpFlags.Cwr : TcpFlags.None)
            | (index < Count - 1 ? TcpFlags.Fin | TcpFlags.Psh : TcpFlags.None);
        segment[TcpHeader.FlagsOffset] &= (byte)~dropped;

        Span<byte> checksum = segment[TcpHeader.ChecksumOffset..];
        MemoryMarshal.Write(checksum, (ushort)0);
        uint sum = InternetChecksum.PseudoHeader(addresses, IpProtocol.Tcp, segment.Length)
            + InternetChecksum.Sum(segment);
        MemoryMarshal.Write(checksum, InternetChecksum.Finish(sum));
    }

    private ReadOnlySpan<byte> DataOf(int index)
    {
        ReadOnlySpan<byte> rest = _data[(index * _segmentSize)..];
        return rest[..Math.Min(rest.Length, _segmentSize)];
    }
}
