using System.Runtime.InteropServices;
using Dataplane.Wire;

namespace Dataplane.Replay.Generate;

/// <summary>One packet to be made.</summary>
internal struct PacketPlan
{
    public MacAddress SourceMac;
    public MacAddress DestinationMac;
    public IpAddress Source;
    public IpAddress Destination;
    public ushort SourcePort;
    public ushort DestinationPort;
    public ushort Id;
    public byte Ttl;
    public bool IsTcp;
    public TcpFlags Flags;
    public uint Sequence;
    public uint Acknowledgment;
    public int PayloadSize;
}

/// <summary>
/// Makes frames in a buffer of its own, with good checksums. Payload is a fixed pattern whose sums are known.
/// </summary>
internal sealed class FrameComposer
{
    public const int LargestFrame = 1 << 14;

    private const int SegmentSizeOption = 4;
    private const ushort Window = 65_160;

    private readonly byte[] _frame = GC.AllocateUninitializedArray<byte>(LargestFrame);
    private readonly byte[] _pattern = new byte[LargestFrame];
    private readonly uint[] _sums = new uint[LargestFrame];

    public FrameComposer()
    {
        for (int i = 0; i < LargestFrame; i++) _pattern[i] = (byte)('a' + i % 26);
        for (int size = 0; size < LargestFrame; size++) _sums[size] = InternetChecksum.Sum(_pattern.AsSpan(0, size));
    }

    /// <summary>Bytes in front of the payload.</summary>
    public static int HeadersOf(bool isTcp, TcpFlags flags, bool v6) => EthernetHeader.Size
        + (v6 ? Ipv6Header.Size : Ipv4Header.Size)
        + (isTcp ? TcpHeader.Size + ((flags & TcpFlags.Syn) != 0 ? SegmentSizeOption : 0) : UdpHeader.Size);

    /// <summary>A frame with so much of the pattern as payload.</summary>
    public ReadOnlySpan<byte> Compose(scoped in PacketPlan plan, int mtu)
    {
        int headers = HeadersOf(plan.IsTcp, plan.Flags, plan.Source.IsV6);
        _pattern.AsSpan(0, plan.PayloadSize).CopyTo(_frame.AsSpan(headers));
        return Finish(plan, headers, _sums[plan.PayloadSize], mtu);
    }

    /// <summary>A frame with this payload.</summary>
    public ReadOnlySpan<byte> Compose(scoped in PacketPlan plan, scoped ReadOnlySpan<byte> payload, int mtu)
    {
        int headers = HeadersOf(plan.IsTcp, plan.Flags, plan.Source.IsV6);
        payload.CopyTo(_frame.AsSpan(headers));
        return Finish(plan, headers, InternetChecksum.Sum(payload), mtu);
    }

    private ReadOnlySpan<byte> Finish(scoped in PacketPlan plan, int headers, uint payloadSum, int mtu)
    {
        Span<byte> frame = _frame.AsSpan(0, headers + plan.PayloadSize);
        bool v6 = plan.Source.IsV6;
        MemoryMarshal.Write(
            frame, new EthernetHeader(plan.DestinationMac, plan.SourceMac, v6 ? EtherType.Ipv6 : EtherType.Ipv4));
        Span<byte> packet = frame[EthernetHeader.Size..];
        byte protocol = plan.IsTcp ? IpProtocol.Tcp : IpProtocol.Udp;
        int network = v6 ? Ipv6Header.Size : Ipv4Header.Size;
        int length = packet.Length - network;
        if (v6)
        {
            MemoryMarshal.Write(packet, new Ipv6Header(
                trafficClass: 0, plan.SourcePort, (ushort)length, protocol,
                plan.Ttl, plan.Source.Value, plan.Destination.Value));
        }
        else
        {
            MemoryMarshal.Write(packet, new Ipv4Header(
                tos: 0, (ushort)packet.Length, plan.Id, Ipv4Header.DontFragmentFlag, plan.Ttl, protocol,
                plan.Source.V4, plan.Destination.V4));
        }

        Span<byte> addresses = v6
            ? packet.Slice(Ipv6Header.SourceOffset, 32)
            : packet.Slice(Ipv4Header.SourceOffset, 8);
        uint pseudo = InternetChecksum.PseudoHeader(addresses, protocol, length);
        if (plan.IsTcp) WriteTcp(packet[network..], plan, pseudo + payloadSum, mtu - network - TcpHeader.Size);
        else WriteUdp(packet[network..], plan, pseudo + payloadSum, length);
        return frame;
    }

    private static void WriteTcp(Span<byte> segment, in PacketPlan plan, uint sum, int segmentSize)
    {
        bool syn = (plan.Flags & TcpFlags.Syn) != 0;
        int header = TcpHeader.Size + (syn ? SegmentSizeOption : 0);
        MemoryMarshal.Write(segment, new TcpHeader(
            plan.SourcePort, plan.DestinationPort, plan.Sequence, plan.Acknowledgment, plan.Flags, Window, header));
        if (syn)
        {
            segment[TcpHeader.Size] = TcpOptions.MaximumSegmentSize;
            segment[TcpHeader.Size + 1] = SegmentSizeOption;
            MemoryMarshal.Write(segment[(TcpHeader.Size + 2)..], new U16Be((ushort)segmentSize));
        }

        ushort checksum = InternetChecksum.Finish(sum + (ulong)InternetChecksum.Sum(segment[..header]));
        MemoryMarshal.Write(segment[TcpHeader.ChecksumOffset..], in checksum);
    }

    private static void WriteUdp(Span<byte> datagram, in PacketPlan plan, uint sum, int length)
    {
        MemoryMarshal.Write(datagram, new UdpHeader(plan.SourcePort, plan.DestinationPort, (ushort)length));
        ushort checksum = InternetChecksum.FinishUdp(sum + (ulong)InternetChecksum.Sum(datagram[..UdpHeader.Size]));
        MemoryMarshal.Write(datagram[UdpHeader.ChecksumOffset..], in checksum);
    }
}
