using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Dataplane.Wire.Answers;

/// <summary>
/// What Cilium's program itself says to clients whose packets do not fit once they tell the frontend
/// (cilium's bpf/lib/nodeport.h, dsr_reply_icmp4, dsr_reply_icmp6): from the backend's address, with the
/// frontend's put back in the quote.
/// </summary>
public static class ReturnTooBig
{
    /// <summary>Outer headers and the quote at most.</summary>
    public const int MaxSize = 152;

    private const int QuotedV4 = 8;
    private const int QuotedV6 = 64;
    private const byte Ttl = 64;

    /// <summary>Writes the error; gives its bytes, 0 where there is none.</summary>
    /// <remarks>
    /// <c>to</c>: at least <see cref="MaxSize"/> bytes.
    /// <c>packet</c>: translated already, from its IP header.
    /// <c>frontend</c>: the address that the client asked, as its bytes lie on the wire; <c>port</c>: its port.
    /// </remarks>
    public static int Build(
        Span<byte> to, ReadOnlySpan<byte> packet, ReadOnlySpan<byte> frontend, ushort port, int mtu) =>
        packet[0] >> 4 == 4 ? BuildV4(to, packet, frontend, port, mtu) : BuildV6(to, packet, frontend, port, mtu);

    private static int BuildV4(
        Span<byte> to, ReadOnlySpan<byte> packet, ReadOnlySpan<byte> frontend, ushort port, int mtu)
    {
        if (Ipv4View.TryParseCut(packet, out Ipv4View ip) != WireError.None
            || packet.Length < ip.HeaderLength + QuotedV4)
            return 0;

        Span<byte> quote = stackalloc byte[Ipv4Header.MaxSize + QuotedV4];
        quote = quote[..(ip.HeaderLength + QuotedV4)];
        packet[..quote.Length].CopyTo(quote);
        frontend.CopyTo(quote[Ipv4Header.DestinationOffset..]);
        BinaryPrimitives.WriteUInt16BigEndian(quote[(ip.HeaderLength + sizeof(ushort))..], port);
        quote.Slice(Ipv4Header.ChecksumOffset, sizeof(ushort)).Clear();
        ushort checksum = InternetChecksum.Finish(InternetChecksum.Sum(quote[..Ipv4Header.Size]));
        MemoryMarshal.Write(quote[Ipv4Header.ChecksumOffset..], in checksum);

        int size = Ipv4Header.Size + IcmpHeader.Size + quote.Length;
        var header = new Ipv4Header(
            ip.Tos, (ushort)size, ip.Id, Ipv4Header.DontFragmentFlag, Ttl, IpProtocol.Icmp, ip.Destination, ip.Source);
        MemoryMarshal.Write(to, in header);
        var icmp = new IcmpHeader(Icmpv4Type.DestinationUnreachable, Icmpv4Type.FragmentationNeeded, (uint)mtu);
        IcmpMessage.Write(to[Ipv4Header.Size..], icmp, quote, pseudoHeader: 0);
        return size;
    }

    private static int BuildV6(
        Span<byte> to, ReadOnlySpan<byte> packet, ReadOnlySpan<byte> frontend, ushort port, int mtu)
    {
        if (Ipv6View.TryParseCut(packet, out Ipv6View ip) != WireError.None
            || packet.Length < Ipv6Header.Size + QuotedV6)
            return 0;
        if (packet[Ipv6Header.NextHeaderOffset] is not (IpProtocol.Tcp or IpProtocol.Udp)) return 0;

        Span<byte> quote = stackalloc byte[Ipv6Header.Size + QuotedV6];
        packet[..quote.Length].CopyTo(quote);
        frontend.CopyTo(quote[Ipv6Header.DestinationOffset..]);
        BinaryPrimitives.WriteUInt16BigEndian(quote[(Ipv6Header.Size + sizeof(ushort))..], port);

        int length = IcmpHeader.Size + quote.Length;
        packet[..Ipv6Header.PayloadLengthOffset].CopyTo(to);      // traffic class and flow label are the packet's
        BinaryPrimitives.WriteUInt16BigEndian(to[Ipv6Header.PayloadLengthOffset..], (ushort)length);
        to[Ipv6Header.NextHeaderOffset] = IpProtocol.Icmpv6;
        to[Ipv6Header.HopLimitOffset] = Ttl;
        packet.Slice(Ipv6Header.DestinationOffset, frontend.Length).CopyTo(to[Ipv6Header.SourceOffset..]);
        packet.Slice(Ipv6Header.SourceOffset, frontend.Length).CopyTo(to[Ipv6Header.DestinationOffset..]);
        uint pseudo = InternetChecksum.PseudoHeaderV6(ip.Destination, ip.Source, IpProtocol.Icmpv6, length);
        IcmpMessage.Write(to[Ipv6Header.Size..], new IcmpHeader(Icmpv6Type.PacketTooBig, 0, (uint)mtu), quote, pseudo);
        return Ipv6Header.Size + length;
    }
}
