using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Reads an IP packet into its lane: key, offsets, shape. The lane's frame, network and length are set already.
/// </summary>
public static unsafe class NetworkParser
{
    /// <summary>RFC 9293 §3.1: the flags' byte.</summary>
    public const int TcpFlagsOffset = 13;

    private const int TcpHeaderSize = 20;
    private const int UdpHeaderSize = 8;
    private const int PortsSize = 4;
    private const int KeyFamilyShift = 40;

    /// <summary>The same with the addresses' names; no name left is <see cref="DropReason.NoBuffer"/>.</summary>
    public static DropReason Parse(ref Lane lane, int present, int missing, AddressNames names)
    {
        DropReason reason = Parse(ref lane, present, missing);
        bool isNamed = reason != DropReason.None || !lane.Is(Shape.V6) || TryName(ref lane, names);
        return isNamed ? reason : DropReason.NoBuffer;
    }

    /// <summary>
    /// Puts IPv6 addresses' names into the key, where <see cref="Parse(ref Lane, int, int)"/> left hashes.
    /// </summary>
    public static bool TryName(ref Lane lane, AddressNames names)
    {
        lane.Key.Source = names.NameOf(lane.Network + Ipv6Header.SourceOffset);
        lane.Key.Destination = names.NameOf(lane.Network + Ipv6Header.DestinationOffset);
        return lane.Key.Source != 0 && lane.Key.Destination != 0;
    }

    /// <param name="lane">Its <c>Network</c> points at the first byte.</param>
    /// <param name="present">Bytes from there that were captured.</param>
    /// <param name="missing">Bytes that the snap length cut off behind them.</param>
    /// <returns>What is wrong; the key is set for <see cref="DropReason.BadChecksum"/> and
    /// <see cref="DropReason.None"/>.</returns>
    public static DropReason Parse(ref Lane lane, int present, int missing)
    {
        if (present < 1) return DropReason.Truncated;

        return (*lane.Network >> 4) switch
        {
            4 => ParseV4(ref lane, present, missing),
            6 => ParseV6(ref lane, present, missing),
            _ => DropReason.BadHeader,
        };
    }

    /// <summary>Sets the key of IPv4 without options, whose ports are there; gives its hash.</summary>
    // In one piece: what is stored in pieces and read as a whole waits until the pieces have left for the cache.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint SetPlainKey(ref Lane lane, byte* ip)
    {
        ulong addresses = AddressesOf(ip);
        ulong rest = ProtocolOf(ip) | PortsOf(ip + Ipv4Header.Size);
        StoreKey(ref lane, addresses, rest);
        return FlowHash.Mix(addresses, rest);
    }

    /// <summary>Reads two ports as they lie in front of every transport that has some.</summary>
    private static void SetPorts(ref Lane lane, byte* transport) =>
        Unsafe.As<ushort, uint>(ref lane.Key.SourcePort) = PortsOf(transport);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreKey(ref Lane lane, ulong addresses, ulong rest)
    {
        ref ulong key = ref Unsafe.As<FlowKey, ulong>(ref lane.Key);
        key = addresses;
        Unsafe.Add(ref key, 1) = rest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong AddressesOf(byte* ip) => BitOperations.RotateLeft(
        BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(ip + Ipv4Header.SourceOffset)), 32);

    // With the family, and ports still zero.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong ProtocolOf(byte* ip) => (ulong)ip[Ipv4Header.ProtocolOffset] << 32 | 4ul << KeyFamilyShift;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint PortsOf(byte* transport) =>
        BitOperations.RotateLeft(BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<uint>(transport)), 16);

    /// <summary>Requests, which begin connections (net/netfilter/nf_conntrack_proto_icmp.c, valid_new).</summary>
    internal static bool MayBegin(byte icmpType) => icmpType is Icmpv4Type.EchoRequest or 13 or 15 or 17;

    private static DropReason ParseV4(ref Lane lane, int present, int missing)
    {
        byte* ip = lane.Network;
        var bytes = new ReadOnlySpan<byte>(ip, present);
        WireError error = Ipv4View.TryParseCut(bytes, out Ipv4View view);
        if (error != WireError.None) return Reason(error);

        if (view.TotalLength > present + missing) return DropReason.Truncated;

        StoreKey(ref lane, AddressesOf(ip), ProtocolOf(ip));
        lane.NetworkLength = view.TotalLength;
        if (view.TotalLength > present) lane.Shape |= Shape.Cut | Shape.NoSum;
        if (view.HeaderLength > Ipv4Header.Size) lane.Shape |= Shape.IpOptions;
        if (view.IsFragment)
            lane.Shape |= view.FragmentOffset > 0 ? Shape.Fragment | Shape.LaterFragment : Shape.Fragment;
        if (!lane.Is(Shape.LaterFragment))
        {
            int there = Math.Min(present, view.TotalLength) - view.HeaderLength;
            ParseTransport(ref lane, ip + view.HeaderLength, there, view.TotalLength - view.HeaderLength);
        }

        return view.HasGoodChecksum ? DropReason.None : DropReason.BadChecksum;
    }

    private static DropReason Reason(WireError error) =>
        error == WireError.Truncated ? DropReason.Truncated : DropReason.BadHeader;

    private static DropReason ParseV6(ref Lane lane, int present, int missing)
    {
        byte* ip = lane.Network;
        var bytes = new ReadOnlySpan<byte>(ip, present);
        WireError error = Ipv6View.TryParseCut(bytes, out Ipv6View view);
        if (error != WireError.None) return Reason(error);

        int length = Ipv6Header.Size + view.PayloadLength;
        if (length > present + missing) return DropReason.Truncated;

        lane.Key = new FlowKey
        {
            Source = HashOf(ip + Ipv6Header.SourceOffset),
            Destination = HashOf(ip + Ipv6Header.DestinationOffset),
            Protocol = view.Protocol,
            Family = 6,
        };
        lane.NetworkLength = length;
        lane.Shape |= Shape.V6;
        if (length > present) lane.Shape |= Shape.Cut | Shape.NoSum;
        if (view.IsFragment)
            lane.Shape |= view.FragmentOffset > 0 ? Shape.Fragment | Shape.LaterFragment : Shape.Fragment;
        if (lane.Is(Shape.LaterFragment)) return DropReason.None;

        int there = Math.Min(present, length) - view.HeaderSize;
        ParseTransport(ref lane, ip + view.HeaderSize, there, length - view.HeaderSize);
        return DropReason.None;
    }

    private static uint HashOf(byte* address) =>
        FlowHash.Mix(Unsafe.ReadUnaligned<ulong>(address), Unsafe.ReadUnaligned<ulong>(address + sizeof(ulong)));

    private static void ParseTransport(ref Lane lane, byte* transport, int there, int length)
    {
        switch (lane.Key.Protocol)
        {
            case IpProtocol.Tcp when length >= TcpHeaderSize && there >= PortsSize:
                SetPorts(ref lane, transport);
                if (there > TcpFlagsOffset) lane.TcpFlags = transport[TcpFlagsOffset];
                lane.Transport = transport;
                return;
            case IpProtocol.Udp when length >= UdpHeaderSize && there >= PortsSize:
            case IpProtocol.Sctp when length >= SctpHeader.Size && there >= PortsSize:
                SetPorts(ref lane, transport);
                lane.Transport = transport;
                return;
            case IpProtocol.Icmp when !lane.Is(Shape.V6) && there >= IcmpHeader.Size:
                ParseIcmp(ref lane, transport, Icmpv4Type.IsError(*transport), IsQueryV4(*transport));
                return;
            case IpProtocol.Icmpv6 when lane.Is(Shape.V6) && there >= IcmpHeader.Size:
                ParseIcmp(ref lane, transport, Icmpv6Type.IsError(*transport), IsQueryV6(*transport));
                if (IsDiscovery(*transport)) lane.Shape |= Shape.NeighbourDiscovery;
                return;
            case IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp or IpProtocol.Icmp or IpProtocol.Icmpv6:
                lane.Shape |= Shape.Invalid;
                return;
        }
    }

    private static void ParseIcmp(ref Lane lane, byte* icmp, bool isError, bool isQuery)
    {
        lane.Transport = icmp;
        if (isError) lane.Shape |= Shape.IcmpError;
        if (!isQuery) return;

        ushort id = BinaryPrimitives.ReadUInt16BigEndian(
            new ReadOnlySpan<byte>(icmp + IcmpHeader.IdentifierOffset, sizeof(ushort)));
        lane.Key.SourcePort = id;
        lane.Key.DestinationPort = id;
    }

    // Echo, timestamp, information and address mask: what conntrack follows (net/netfilter/nf_conntrack_proto_icmp.c).
    private static bool IsQueryV4(byte type) =>
        type is Icmpv4Type.EchoReply or Icmpv4Type.EchoRequest or (>= 13 and <= 18);

    private static bool IsQueryV6(byte type) => type is Icmpv6Type.EchoRequest or Icmpv6Type.EchoReply;

    private static bool IsDiscovery(byte type) => type is >= Icmpv6Type.RouterSolicitation and <= Icmpv6Type.Redirect;
}
