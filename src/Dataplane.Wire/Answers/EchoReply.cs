using System.Runtime.InteropServices;

namespace Dataplane.Wire.Answers;

/// <summary>
/// RFC 792 and RFC 4443 §4.2: the reply to a ping, as Linux gives it (icmp_echo, icmpv6_echo_reply): type of service
/// and data from the request, a fresh TTL. Of IP options only Record Route is sent back.
/// </summary>
public static class EchoReply
{
    private const byte Ttl = 64;

    /// <summary>Writes the reply from the address that was asked.</summary>
    /// <remarks>
    /// <c>to</c>: as many bytes as the request has.
    /// <c>requestIpPacket</c>: from its IP header, of either family; whole, not a fragment.
    /// <c>ipId</c>: the IPv4 identification; IPv6 has none.
    /// </remarks>
    /// <returns>The bytes written; 0 for what is no echo request to one host, or fails its checksum.</returns>
    public static int Build(Span<byte> to, ReadOnlySpan<byte> requestIpPacket, ushort ipId) =>
        requestIpPacket.IsEmpty ? 0
        : requestIpPacket[0] >> 4 == 4 ? BuildV4(to, requestIpPacket, ipId)
        : BuildV6(to, requestIpPacket);

    private static int BuildV4(Span<byte> to, ReadOnlySpan<byte> packet, ushort ipId)
    {
        if (Ipv4View.TryParse(packet, out Ipv4View ip) != WireError.None) return 0;
        if (ip.Protocol != IpProtocol.Icmp || ip.IsFragment || !ip.HasGoodChecksum) return 0;
        if (!Ipv4Scope.IsOneHost(ip.Source) || !Ipv4Scope.IsUnicast(ip.Destination)) return 0;
        if (IcmpView.TryParse(ip.Payload, out IcmpView request) != WireError.None) return 0;
        if (request.Type != Icmpv4Type.EchoRequest) return 0;
        if (InternetChecksum.Finish(InternetChecksum.Sum(ip.Payload)) != 0) return 0;

        int headerSize = Ipv4Header.Size + RecordRoute.Echo(to[Ipv4Header.Size..], in ip, ip.Destination, slots: 2);
        int size = headerSize + ip.Payload.Length;
        var header = new Ipv4Header(
            ip.Tos, (ushort)size, ipId, 0, Ttl, IpProtocol.Icmp, ip.Destination, ip.Source);
        MemoryMarshal.Write(to, in header);
        Ipv4Checksum.WriteLength(to[..headerSize]);
        var icmp = new IcmpHeader(Icmpv4Type.EchoReply, 0, request.Rest);
        IcmpMessage.Write(to[headerSize..], in icmp, request.Payload, pseudoHeader: 0);
        return size;
    }

    private static int BuildV6(Span<byte> to, ReadOnlySpan<byte> packet)
    {
        if (Ipv6View.TryParse(packet, out Ipv6View ip) != WireError.None) return 0;
        if (ip.Protocol != IpProtocol.Icmpv6 || ip.IsFragment) return 0;
        if (ip.Source == UInt128.Zero || Ipv6Scope.IsMulticast(ip.Source)) return 0;
        if (Ipv6Scope.IsMulticast(ip.Destination)) return 0;
        if (IcmpView.TryParse(ip.Payload, out IcmpView request) != WireError.None) return 0;
        if (request.Type != Icmpv6Type.EchoRequest) return 0;

        int length = ip.Payload.Length;
        uint pseudo = InternetChecksum.PseudoHeaderV6(ip.Source, ip.Destination, IpProtocol.Icmpv6, length);
        if (InternetChecksum.Finish(pseudo + InternetChecksum.Sum(ip.Payload)) != 0) return 0;

        var header = new Ipv6Header(
            ip.TrafficClass, 0, (ushort)length, IpProtocol.Icmpv6, Ttl, ip.Destination, ip.Source);
        MemoryMarshal.Write(to, in header);
        var icmp = new IcmpHeader(Icmpv6Type.EchoReply, 0, request.Rest);
        IcmpMessage.Write(to[Ipv6Header.Size..], in icmp, request.Payload, pseudo);
        return Ipv6Header.Size + length;
    }
}
