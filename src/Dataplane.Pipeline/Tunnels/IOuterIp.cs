using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline.Tunnels;

/// <summary>
/// The outer IP header of a tunnel packet, which stands in the template but for what one packet changes.
/// </summary>
internal unsafe interface IOuterIp
{
    static abstract int Size { get; }

    /// <summary>
    /// Writes length, id, ECN and the receiver's address, and the header's checksum where there is one.
    /// </summary>
    /// <param name="ip">The header, copied from the template.</param>
    /// <param name="lane">The packet, still without its tunnel.</param>
    /// <param name="network">Bytes of the inner IP packet.</param>
    /// <param name="inner">Bytes between the outer IP header and the inner one.</param>
    /// <param name="identification">IPv4's id.</param>
    /// <param name="tunnel">The tunnel.</param>
    /// <param name="from">The sender's template.</param>
    /// <param name="to">The receiving node.</param>
    static abstract void Write(
        byte* ip, in Lane lane, uint network, int inner, uint identification, TunnelTable tunnel, in OuterEntry from,
        in PeerEntry to);
}

/// <summary>RFC 791, without options.</summary>
internal readonly unsafe struct OuterIpv4 : IOuterIp
{
    private const ushort DontFragmentInMemory = 0x0040;
    private const byte InheritDf = 2;

    public static int Size => Ipv4Header.Size;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(
        byte* ip, in Lane lane, uint network, int inner, uint identification, TunnelTable tunnel, in OuterEntry from,
        in PeerEntry to)
    {
        ref readonly TunnelParameters parameters = ref tunnel.Parameters;
        uint address = BinaryPrimitives.ReverseEndianness(to.UnderlayV4);
        uint totalAndId = BinaryPrimitives.ReverseEndianness(
            (network + (uint)(inner + Ipv4Header.Size)) << 16 | (ushort)identification);
        uint varying = parameters.Inherits ? Inherit(in lane, in parameters, ip) : 0;
        uint ecn = (uint)Ecn.Encapsulate(InnerHeader.Tos(in lane)) << 8;
        Unsafe.WriteUnaligned(ip, (ushort)(Unsafe.ReadUnaligned<ushort>(ip) | ecn));
        Unsafe.WriteUnaligned(ip + Ipv4Header.TotalLengthOffset, totalAndId);
        Unsafe.WriteUnaligned(ip + Ipv4Header.DestinationOffset, address);
        ulong sum = (ulong)from.OuterIpSum + totalAndId + address + varying + ecn;
        Unsafe.WriteUnaligned(ip + Ipv4Header.ChecksumOffset, InternetChecksum.Finish(sum));
    }

    /// <summary>
    /// What the device takes from the inner header instead of its settings; gives what that adds to the sum.
    /// </summary>
    private static uint Inherit(in Lane lane, in TunnelParameters parameters, byte* ip)
    {
        byte tos = parameters.TosInherit ? (byte)(InnerHeader.Tos(in lane) & ~Ecn.Mask) : (byte)0;
        byte ttl = parameters.Ttl == 0 ? PacketEdit.Ttl(in lane) : (byte)0;
        bool df = parameters.Df == InheritDf && !lane.Is(Shape.V6)
            && (lane.Network[Ipv4Header.FragmentOffsetOffset] & DontFragmentInMemory) != 0;
        ip[Ipv4Header.TosOffset] |= tos;
        ip[Ipv4Header.TtlOffset] |= ttl;
        if (df) ip[Ipv4Header.FragmentOffsetOffset] = (byte)DontFragmentInMemory;
        return ((uint)tos << 8) + ttl + (df ? DontFragmentInMemory : 0u);
    }
}

/// <summary>
/// RFC 8200, flow label 0 as the kernel's tunnel devices leave it (ip6_tunnel_core.c, udp_tunnel6_xmit_skb).
/// </summary>
internal readonly unsafe struct OuterIpv6 : IOuterIp
{
    private const int PayloadLengthOffset = 4;
    private const int HopLimitOffset = 7;
    private const int DestinationOffset = 24;

    public static int Size => Ipv6Header.Size;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(
        byte* ip, in Lane lane, uint network, int inner, uint identification, TunnelTable tunnel, in OuterEntry from,
        in PeerEntry to)
    {
        ref readonly TunnelParameters parameters = ref tunnel.Parameters;
        int tos = Ecn.Encapsulate(InnerHeader.Tos(in lane));
        if (parameters.TosInherit) tos |= InnerHeader.Tos(in lane) & ~Ecn.Mask;
        ip[0] |= (byte)(tos >> 4);
        ip[1] |= (byte)(tos << 4);
        if (parameters.Ttl == 0) ip[HopLimitOffset] = PacketEdit.Ttl(in lane);
        Unsafe.WriteUnaligned(
            ip + PayloadLengthOffset, BinaryPrimitives.ReverseEndianness((ushort)(network + (uint)inner)));
        Unsafe.WriteUnaligned(ip + DestinationOffset, tunnel.PeersV6[lane.NextNode]);
    }
}

/// <summary>What tunnels read of the packet that they carry.</summary>
internal static unsafe class InnerHeader
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Tos(in Lane lane)
    {
        if (!lane.Is(Shape.V6 | Shape.Arp)) return lane.Network[Ipv4Header.TosOffset];
        if (lane.Is(Shape.Arp)) return 0;

        return (byte)(lane.Network[0] << 4 | lane.Network[1] >> 4);
    }
}
