using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Changes addresses, ports and TTL where they lie, and keeps every checksum and the lane's own sum right by what
/// changed (RFC 1624): one body for both families.
/// </summary>
public static unsafe class PacketEdit
{
    private const int TcpChecksumOffset = 16;
    private const int UdpChecksumOffset = 6;

    /// <summary>Set in 6, clear in 17.</summary>
    private const int TcpBit = 2;
    private const int IcmpChecksumOffset = 2;

    /// <summary>
    /// Twice the largest word of 32 bits: nothing, to a sum of ones' complement, and no less
    /// than any change of an address.
    /// </summary>
    private const ulong TwiceZero = 2ul * uint.MaxValue;

    /// <summary>
    /// What a TTL that is one less changes in the sum of its header: TTL is the first of its word's two bytes.
    /// </summary>
    private static readonly uint HopDelta = BitConverter.IsLittleEndian ? 0xFFFEu : 0xFEFF;

    private const int SctpChecksumOffset = 8;
    private const int V6AddressSize = 16;

    public static void SetSource(ref Lane lane, uint address, ushort port, AddressNames names)
    {
        if (IsPlain(in lane))
        {
            RewritePlain(ref lane, Ipv4Header.SourceOffset, 0, address, port);
            lane.Key.Source = address;
            lane.Key.SourcePort = port;
            return;
        }

        byte* field = lane.Network + (lane.Is(Shape.V6) ? Ipv6Header.SourceOffset : Ipv4Header.SourceOffset);
        uint delta = ReplaceAddress(ref lane, field, address, names);
        uint portDelta = ReplacePort(ref lane, 0, port);
        FixTransport(ref lane, delta, portDelta);
        lane.Key.Source = address;
        lane.Key.SourcePort = port;
    }

    public static void SetDestination(ref Lane lane, uint address, ushort port, AddressNames names)
    {
        if (IsPlain(in lane))
        {
            RewritePlain(ref lane, Ipv4Header.DestinationOffset, sizeof(ushort), address, port);
            lane.Key.Destination = address;
            lane.Key.DestinationPort = port;
            return;
        }

        byte* field = lane.Network + (lane.Is(Shape.V6) ? Ipv6Header.DestinationOffset : Ipv4Header.DestinationOffset);
        uint delta = ReplaceAddress(ref lane, field, address, names);
        uint portDelta = ReplacePort(ref lane, sizeof(ushort), port);
        FixTransport(ref lane, delta, portDelta);
        lane.Key.Destination = address;
        lane.Key.DestinationPort = port;
    }

    /// <summary>The TTL or hop limit as it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Ttl(in Lane lane) =>
        lane.Network[lane.Is(Shape.V6) ? Ipv6Header.HopLimitOffset : Ipv4Header.TtlOffset];

    /// <summary>Takes one off, or puts some on; the caller knows that it fits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ChangeTtl(ref Lane lane, int by)
    {
        if (lane.Is(Shape.V6))
        {
            byte* header = lane.Network + Ipv6Header.NextHeaderOffset;
            ushort old = Unsafe.ReadUnaligned<ushort>(header);
            lane.Network[Ipv6Header.HopLimitOffset] += (byte)by;
            lane.Sum = Halves(lane.Sum) + (ushort)~old + Unsafe.ReadUnaligned<ushort>(header);
            return;
        }

        byte* word = lane.Network + Ipv4Header.TtlOffset;
        byte* checksum = lane.Network + Ipv4Header.ChecksumOffset;
        uint before = Unsafe.ReadUnaligned<ushort>(word);
        uint after = BitConverter.IsLittleEndian
            ? (before & 0xFF00) | (byte)(before + by)
            : (ushort)(before + (by << 8));
        Unsafe.WriteUnaligned(word, (ushort)after);
        uint sum = (ushort)~Unsafe.ReadUnaligned<ushort>(checksum) + (before ^ ushort.MaxValue) + after;
        Unsafe.WriteUnaligned(checksum, InternetChecksum.Finish(sum));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Halves(uint value) => (value & 0xFFFF) + (value >> 16);

    // IPv4, TCP or UDP with its whole header there: most packets.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlain(in Lane lane) =>
        (lane.Shape & (Shape.V6 | Shape.Fragment | Shape.Cut | Shape.IcmpError | Shape.Invalid)) == 0
        && (lane.Key.Protocol == IpProtocol.Tcp) | (lane.Key.Protocol == IpProtocol.Udp) && lane.Transport != null;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RewritePlain(ref Lane lane, int addressOffset, int portOffset, uint address, ushort port)
    {
        byte* ip = lane.Network;
        uint before = Unsafe.ReadUnaligned<uint>(ip + addressOffset);
        uint after = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(address) : address;
        ulong delta = (ulong)~before + after;
        Unsafe.WriteUnaligned(ip + addressOffset, after);
        FixHeader(ip, delta);
        RewriteTransport(ref lane, portOffset, delta, port);
    }

    /// <summary>DNAT and some hops less, of IPv4 with all of its TCP or UDP header there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TranslateAndHop(ref Lane lane, uint address, ushort port, uint hops)
    {
        byte* ip = lane.Network;
        uint before = Unsafe.ReadUnaligned<uint>(ip + Ipv4Header.DestinationOffset);
        uint after = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(address) : address;
        ulong delta = (ulong)~before + after;
        Unsafe.WriteUnaligned(ip + Ipv4Header.DestinationOffset, after);
        ip[Ipv4Header.TtlOffset] -= (byte)hops;
        FixHeader(ip, delta + (HopDelta * hops));
        RewriteTransport(ref lane, sizeof(ushort), delta, port);
        lane.Key.Destination = address;
        lane.Key.DestinationPort = port;
    }

    /// <summary>Some hops less, of IPv4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Hop(byte* ip, uint hops)
    {
        ip[Ipv4Header.TtlOffset] -= (byte)hops;
        FixHeader(ip, HopDelta * hops);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FixHeader(byte* ip, ulong delta)
    {
        byte* checksum = ip + Ipv4Header.ChecksumOffset;
        Unsafe.WriteUnaligned(
            checksum, InternetChecksum.Finish((ushort)~Unsafe.ReadUnaligned<ushort>(checksum) + delta));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RewriteTransport(ref Lane lane, int portOffset, ulong delta, ushort port)
    {
        byte* transport = lane.Transport;
        uint portBefore = Unsafe.ReadUnaligned<ushort>(transport + portOffset);
        ushort portAfter = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(port) : port;
        Unsafe.WriteUnaligned(transport + portOffset, portAfter);
        uint portDelta = (portBefore ^ ushort.MaxValue) + portAfter;

        // TCP or UDP is as good as random to the branch predictor: the bit that tells them apart is used as a number.
        uint isTcp = (uint)lane.Key.Protocol >> TcpBit & 1;
        byte* checksum = transport + UdpChecksumOffset + (isTcp * (TcpChecksumOffset - UdpChecksumOffset));
        uint old = Unsafe.ReadUnaligned<ushort>(checksum);
        if ((old | isTcp << 16) == 0)
        {
            lane.Sum = Halves(lane.Sum) + portDelta;      // no checksum in the packet balances the port
            return;
        }

        uint finished = InternetChecksum.Finish((old ^ ushort.MaxValue) + delta + portDelta);
        if ((finished | isTcp << 16) == 0) finished = ushort.MaxValue;
        Unsafe.WriteUnaligned(checksum, (ushort)finished);
        lane.Sum = InternetChecksum.Fold(lane.Sum + (TwiceZero - delta));
    }

    private static uint ReplaceAddress(ref Lane lane, byte* field, uint address, AddressNames names)
    {
        if (lane.Is(Shape.V6)) return ReplaceV6(field, address, names);

        uint before = Unsafe.ReadUnaligned<uint>(field);
        uint after = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(address) : address;
        Unsafe.WriteUnaligned(field, after);
        uint delta = Halves(~before) + Halves(after);
        byte* checksum = lane.Network + Ipv4Header.ChecksumOffset;
        ushort old = Unsafe.ReadUnaligned<ushort>(checksum);
        Unsafe.WriteUnaligned(checksum, InternetChecksum.Finish((ulong)(ushort)~old + delta));
        return delta;
    }

    private static uint ReplaceV6(byte* field, uint address, AddressNames names)
    {
        uint delta = 0;
        for (int at = 0; at < V6AddressSize; at += sizeof(uint))
            delta += Halves(~Unsafe.ReadUnaligned<uint>(field + at));
        names.WriteTo(address, field);
        for (int at = 0; at < V6AddressSize; at += sizeof(uint))
            delta += Halves(Unsafe.ReadUnaligned<uint>(field + at));
        return delta;
    }

    private static uint ReplacePort(ref Lane lane, int offset, ushort port)
    {
        if (lane.Transport == null) return 0;

        byte* field = lane.Key.Protocol switch
        {
            IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp => lane.Transport + offset,
            IpProtocol.Icmp or IpProtocol.Icmpv6 when !lane.Is(Shape.IcmpError) =>
                lane.Transport + IcmpHeader.IdentifierOffset,
            _ => null,
        };
        if (field == null) return 0;

        ushort before = Unsafe.ReadUnaligned<ushort>(field);
        ushort after = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(port) : port;
        Unsafe.WriteUnaligned(field, after);
        return (ushort)~before + (uint)after;
    }

    // The lane's sum changes by what changed in the packet and is not balanced by a checksum that lies in it, too:
    // IPv4's header checksum balances its addresses, the transport's balances addresses (again) and ports.
    private static void FixTransport(ref Lane lane, uint delta, uint portDelta)
    {
        if (lane.Key.Protocol == IpProtocol.Sctp && portDelta != 0)
        {
            FixSctp(ref lane);
            return;
        }

        byte* field = ChecksumField(in lane, out bool coversAddresses);
        uint change = (lane.Is(Shape.V6) ? delta : 0) + portDelta;
        if (field != null)
        {
            uint covered = (coversAddresses ? delta : 0) + portDelta;
            ushort old = Unsafe.ReadUnaligned<ushort>(field);
            ushort after = InternetChecksum.Finish((ulong)(ushort)~old + covered);
            if (lane.Key.Protocol == IpProtocol.Udp && after == 0) after = ushort.MaxValue;
            Unsafe.WriteUnaligned(field, after);
            change += Negated(covered);
        }

        lane.Sum = Halves(lane.Sum) + change;
    }

    // RFC 9260 §6.8: CRC32c over the whole packet; there is no pseudo-header, and nothing incremental about it.
    private static void FixSctp(ref Lane lane)
    {
        if (lane.Is(Shape.Cut | Shape.Fragment)) return;

        int size = lane.NetworkLength - (int)(lane.Transport - lane.Network);
        byte* checksum = lane.Transport + SctpChecksumOffset;
        Unsafe.InitBlockUnaligned(checksum, 0, sizeof(uint));
        Unsafe.WriteUnaligned(checksum, SctpChecksum.Compute(new ReadOnlySpan<byte>(lane.Transport, size)));
        lane.Sum = InternetChecksum.Sum(new ReadOnlySpan<byte>(lane.Network, lane.NetworkLength));
    }

    private static uint Negated(uint sum) => (ushort)~InternetChecksum.Fold(sum);

    private static byte* ChecksumField(in Lane lane, out bool coversAddresses)
    {
        coversAddresses = true;
        if (lane.Transport == null) return null;

        byte* field;
        switch (lane.Key.Protocol)
        {
            case IpProtocol.Tcp:
                field = lane.Transport + TcpChecksumOffset;
                break;
            case IpProtocol.Udp:
                field = lane.Transport + UdpChecksumOffset;
                break;
            case IpProtocol.Icmpv6:
                field = lane.Transport + IcmpChecksumOffset;
                break;
            case IpProtocol.Icmp:
                field = lane.Transport + IcmpChecksumOffset;
                coversAddresses = false;
                break;
            default:
                return null;
        }

        if (field + sizeof(ushort) > lane.Frame + lane.Length) return null;
        bool isUnused = lane.Key.Protocol == IpProtocol.Udp && Unsafe.ReadUnaligned<ushort>(field) == 0;
        return isUnused ? null : field;
    }
}
