using System.Runtime.InteropServices;

namespace Dataplane.Wire.Answers;

/// <summary>
/// ICMP errors as Linux words them (net/ipv4/icmp.c icmp_send, net/ipv6/icmp.c icmp6_send): IP packets.
/// </summary>
public static class IcmpError
{
    /// <summary>RFC 1812 §4.3.2.3: an IPv4 error, its own headers included, is not larger.</summary>
    public const int MaxSizeV4 = 576;

    /// <summary>RFC 4443 §2.4 (c): an IPv6 error fits the minimum MTU.</summary>
    public const int MaxSizeV6 = 1280;

    private const byte FirstQuery = 13;
    private const byte InternetworkControl = 0xC0;
    private const byte TypeOfServiceMask = 0x1E;

    /// <summary>Writes the error to the sender of the offending packet, quoting it as it stands.</summary>
    /// <remarks>
    /// <c>to</c>: at least <see cref="MaxSizeV4"/> bytes.
    /// <c>offendingIpPacket</c>: from its IPv4 header; what lies behind its total length is not quoted.
    /// </remarks>
    /// <returns>The bytes written; 0 if RFC 1122 §3.2.2 forbids an answer.</returns>
    public static int BuildV4(
        Span<byte> to, ReadOnlySpan<byte> offendingIpPacket, uint sourceV4, byte type, byte code, uint rest,
        ushort ipId, byte ttl = 64)
    {
        if (Ipv4View.TryParseCut(offendingIpPacket, out Ipv4View offending) != WireError.None) return 0;
        if (offending.FragmentOffset != 0) return 0;
        if (!Ipv4Scope.IsOneHost(offending.Source) || !Ipv4Scope.IsUnicast(offending.Destination)) return 0;
        if (offending.Protocol == IpProtocol.Icmp && !IsAnswerableV4(offending.Payload)) return 0;

        int headerSize = Ipv4Header.Size + RecordRoute.Echo(to[Ipv4Header.Size..], in offending, sourceV4, slots: 1);
        int headersSize = headerSize + IcmpHeader.Size;
        int available = Math.Min(offendingIpPacket.Length, offending.TotalLength);
        ReadOnlySpan<byte> quoted = offendingIpPacket[..Math.Min(available, MaxSizeV4 - headersSize)];
        int size = headersSize + quoted.Length;
        byte tos = (byte)(offending.Tos & TypeOfServiceMask | InternetworkControl);
        var ip = new Ipv4Header(tos, (ushort)size, ipId, 0, ttl, IpProtocol.Icmp, sourceV4, offending.Source);
        MemoryMarshal.Write(to, in ip);
        Ipv4Checksum.WriteLength(to[..headerSize]);
        IcmpMessage.Write(to[headerSize..], new IcmpHeader(type, code, rest), quoted, pseudoHeader: 0);
        return size;
    }

    /// <summary>Writes the error to the sender of the offending packet, quoting it as it stands.</summary>
    /// <remarks>
    /// <c>to</c>: at least <see cref="MaxSizeV6"/> bytes.
    /// <c>offendingIpPacket</c>: from its IPv6 header; what lies behind its payload length is not quoted.
    /// </remarks>
    /// <returns>The bytes written; 0 if RFC 4443 §2.4 (e) forbids an answer.</returns>
    public static int BuildV6(
        Span<byte> to, ReadOnlySpan<byte> offendingIpPacket, UInt128 sourceV6, byte type, byte code, uint rest,
        byte hopLimit = 64)
    {
        if (Ipv6View.TryParseCut(offendingIpPacket, out Ipv6View offending) != WireError.None) return 0;
        if (offending.Source == UInt128.Zero || Ipv6Scope.IsMulticast(offending.Source)) return 0;
        if (Ipv6Scope.IsMulticast(offending.Destination) && type != Icmpv6Type.PacketTooBig) return 0;
        bool startsHere = offending.Protocol == IpProtocol.Icmpv6 && offending.FragmentOffset == 0;
        if (startsHere && !IsAnswerableV6(offending.Payload)) return 0;

        int available = Math.Min(offendingIpPacket.Length, Ipv6Header.Size + offending.PayloadLength);
        int room = MaxSizeV6 - Ipv6Header.Size - IcmpHeader.Size;
        ReadOnlySpan<byte> quoted = offendingIpPacket[..Math.Min(available, room)];
        int length = IcmpHeader.Size + quoted.Length;
        uint pseudo = InternetChecksum.PseudoHeaderV6(sourceV6, offending.Source, IpProtocol.Icmpv6, length);
        var ip = new Ipv6Header(0, 0, (ushort)length, IpProtocol.Icmpv6, hopLimit, sourceV6, offending.Source);
        MemoryMarshal.Write(to, in ip);
        IcmpMessage.Write(to[Ipv6Header.Size..], new IcmpHeader(type, code, rest), quoted, pseudo);
        return Ipv6Header.Size + length;
    }

    // Linux's table icmp_pointers marks more types as errors than the RFCs do: all but echo,
    // timestamp, information, mask.
    private static bool IsAnswerableV4(ReadOnlySpan<byte> icmp) => !icmp.IsEmpty
        && (icmp[0] is Icmpv4Type.EchoReply or Icmpv4Type.EchoRequest
            || icmp[0] is >= FirstQuery and <= Icmpv4Type.Highest);

    private static bool IsAnswerableV6(ReadOnlySpan<byte> icmp) =>
        !icmp.IsEmpty && !Icmpv6Type.IsError(icmp[0]) && icmp[0] != Icmpv6Type.Redirect;
}
