using Dataplane.Wire;

namespace Dataplane.Replay.Diff.Native;

/// <summary>IPv4 and IPv6 headers, and a fragment's.</summary>
internal static class IpLayers
{
    private const int Good = 1;
    private const int Bad = 0;
    private const uint OffsetUnit = 8;

    /// <summary>
    /// A header that an ICMP error quotes gets no layer of its own: its fields belong to the error's.
    /// </summary>
    public static IpPacket V4(FieldSink sink, Rest rest, int? quotedIn)
    {
        if (Ipv4View.TryParseCut(rest.Of(sink), out Ipv4View view) != WireError.None) return Refuse(rest);

        int at = rest.At;
        int layer = quotedIn
            ?? sink.Layer("ip", Title(4, IpAddress.FromV4(view.Source), IpAddress.FromV4(view.Destination)), at);
        sink.Bits(layer, "ip.version", (uint)sink.Bytes[at] >> 4);
        sink.Derived(layer, "ip.hdr_len", view.HeaderLength);
        sink.Hex(layer, "ip.dsfield", at + Ipv4Header.TosOffset, 1);
        sink.Bits(layer, "ip.dsfield.dscp", (uint)view.Tos >> 2);
        sink.Bits(layer, "ip.dsfield.ecn", view.Tos & 3u);
        sink.Number(layer, "ip.len", at + Ipv4Header.TotalLengthOffset, 2);
        sink.Hex(layer, "ip.id", at + Ipv4Header.IdOffset, 2);
        uint flags = (uint)sink.Bytes[at + Ipv4Header.FragmentOffsetOffset] >> 5;
        sink.HexBits(layer, "ip.flags", flags, digits: 2);
        sink.Bits(layer, "ip.flags.rb", flags >> 2);
        sink.Bits(layer, "ip.flags.df", flags >> 1 & 1);
        sink.Bits(layer, "ip.flags.mf", flags & 1);
        sink.Bits(layer, "ip.frag_offset", (uint)view.FragmentOffset / OffsetUnit);
        sink.Number(layer, "ip.ttl", at + Ipv4Header.TtlOffset, 1);
        sink.Number(layer, "ip.proto", at + Ipv4Header.ProtocolOffset, 1);
        sink.Hex(layer, "ip.checksum", at + Ipv4Header.ChecksumOffset, 2);
        sink.Derived(layer, "ip.checksum.status", view.HasGoodChecksum ? Good : Bad);
        sink.Address(layer, "ip.src", at + Ipv4Header.SourceOffset, 4);
        sink.Address(layer, "ip.dst", at + Ipv4Header.DestinationOffset, 4);
        int options = view.HeaderLength - Ipv4Header.Size;
        if (options > 0) sink.Octets(layer, "ip.options", at + Ipv4Header.Size, options);

        int end = Math.Min(rest.End, at + view.TotalLength);
        uint addresses = InternetChecksum.Sum(sink.Bytes.Slice(at + Ipv4Header.SourceOffset, 8));
        return new IpPacket(
            view.Protocol, new Rest(at + view.HeaderLength, end), addresses, view.IsFragment, view.IsCut);
    }

    public static IpPacket V6(FieldSink sink, Rest rest, int? quotedIn)
    {
        if (Ipv6View.TryParseCut(rest.Of(sink), out Ipv6View view) != WireError.None) return Refuse(rest);

        int at = rest.At;
        int layer = quotedIn
            ?? sink.Layer("ipv6", Title(6, IpAddress.FromV6(view.Source), IpAddress.FromV6(view.Destination)), at);
        sink.Bits(layer, "ipv6.version", (uint)sink.Bytes[at] >> 4);
        sink.HexBits(layer, "ipv6.tclass", view.TrafficClass, digits: 8);
        sink.Bits(layer, "ipv6.tclass.dscp", (uint)view.TrafficClass >> 2);
        sink.Bits(layer, "ipv6.tclass.ecn", view.TrafficClass & 3u);
        sink.HexBits(layer, "ipv6.flow", view.FlowLabel, digits: 6);
        sink.Number(layer, "ipv6.plen", at + Ipv6Header.PayloadLengthOffset, 2);
        sink.Number(layer, "ipv6.nxt", at + Ipv6Header.NextHeaderOffset, 1);
        sink.Number(layer, "ipv6.hlim", at + Ipv6Header.HopLimitOffset, 1);
        sink.Address(layer, "ipv6.src", at + Ipv6Header.SourceOffset, 16);
        sink.Address(layer, "ipv6.dst", at + Ipv6Header.DestinationOffset, 16);
        if (view.IsFragment) Fragment(sink, layer, at + view.FragmentHeaderOffset);

        int end = Math.Min(rest.End, at + Ipv6Header.Size + view.PayloadLength);
        uint addresses = InternetChecksum.Sum(sink.Bytes.Slice(at + Ipv6Header.SourceOffset, 32));
        return new IpPacket(view.Protocol, new Rest(at + view.HeaderSize, end), addresses, view.IsFragment, view.IsCut);
    }

    private static void Fragment(FieldSink sink, int layer, int at)
    {
        uint offset = (uint)sink.BigEndian(at + 2, 2);
        sink.Number(layer, "ipv6.fraghdr.nxt", at, 1);
        sink.Hex(layer, "ipv6.fraghdr.reserved_octet", at + 1, 1);
        sink.Bits(layer, "ipv6.fraghdr.offset", offset >> 3);
        sink.Bits(layer, "ipv6.fraghdr.reserved_bits", offset >> 1 & 3);
        sink.Bits(layer, "ipv6.fraghdr.more", offset & 1);
        sink.Hex(layer, "ipv6.fraghdr.ident", at + 4, 4);
    }

    private static string Title(int version, IpAddress source, IpAddress destination) =>
        $"Internet Protocol Version {version}, Src: {source}, Dst: {destination}";

    private static IpPacket Refuse(Rest rest) => new(0, rest, 0, IsFragment: false, IsCut: false, IsMalformed: true);
}
