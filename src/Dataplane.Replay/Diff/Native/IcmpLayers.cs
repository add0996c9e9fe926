using Dataplane.Wire;

namespace Dataplane.Replay.Diff.Native;

/// <summary>ICMP and ICMPv6: echoes, errors with what they quote, neighbour discovery.</summary>
internal static class IcmpLayers
{
    private const int Bad = 0;
    private const int Good = 1;
    private const int Unverified = 2;
    private const int NeighborMessageSize = 24;

    public static void V4(FieldSink sink, in IpPacket packet)
    {
        Rest rest = packet.Rest;
        if (IcmpView.TryParse(rest.Of(sink), out IcmpView view) != WireError.None)
        {
            NativeDissector.Malformed(sink, rest);
            return;
        }

        int at = rest.At;
        int layer = sink.Layer("icmp", "Internet Control Message Protocol", at);
        sink.Number(layer, "icmp.type", at, 1);
        sink.Number(layer, "icmp.code", at + 1, 1);
        sink.Hex(layer, "icmp.checksum", at + IcmpHeader.ChecksumOffset, 2);
        bool good = InternetChecksum.Finish(InternetChecksum.Sum(rest.Of(sink))) == 0;
        sink.Derived(layer, "icmp.checksum.status", packet.IsCut ? Unverified : good ? Good : Bad);
        if (view.IsErrorV4)
        {
            if (view.Type == Icmpv4Type.DestinationUnreachable) sink.Number(layer, "icmp.mtu", at + 6, 2);
            Quote(sink, layer, IpLayers.V4(sink, rest.After(IcmpHeader.Size), layer));
            return;
        }

        if (view.Type is Icmpv4Type.EchoRequest or Icmpv4Type.EchoReply)
        {
            sink.Number(layer, "icmp.ident", at + 4, 2);
            sink.Number(layer, "icmp.seq", at + 6, 2);
        }

        sink.Octets(layer, "data.data", at + IcmpHeader.Size, rest.Size - IcmpHeader.Size);
    }

    public static void V6(FieldSink sink, in IpPacket packet)
    {
        Rest rest = packet.Rest;
        if (IcmpView.TryParse(rest.Of(sink), out IcmpView view) != WireError.None)
        {
            NativeDissector.Malformed(sink, rest);
            return;
        }

        int at = rest.At;
        int layer = sink.Layer("icmpv6", "Internet Control Message Protocol v6", at);
        sink.Number(layer, "icmpv6.type", at, 1);
        sink.Number(layer, "icmpv6.code", at + 1, 1);
        sink.Hex(layer, "icmpv6.checksum", at + IcmpHeader.ChecksumOffset, 2);
        sink.Derived(layer, "icmpv6.checksum.status", Transports.Status(sink, packet, rest.Size));
        if (view.IsErrorV6)
        {
            if (view.Type == Icmpv6Type.PacketTooBig) sink.Number(layer, "icmpv6.mtu", at + 4, 4);
            Quote(sink, layer, IpLayers.V6(sink, rest.After(IcmpHeader.Size), layer));
            return;
        }

        switch (view.Type)
        {
            case Icmpv6Type.EchoRequest or Icmpv6Type.EchoReply:
                sink.Hex(layer, "icmpv6.echo.identifier", at + 4, 2);
                sink.Number(layer, "icmpv6.echo.sequence_number", at + 6, 2);
                sink.Octets(layer, "data.data", at + IcmpHeader.Size, rest.Size - IcmpHeader.Size);
                break;
            case Icmpv6Type.NeighborSolicitation
                or Icmpv6Type.NeighborAdvertisement when rest.Size >= NeighborMessageSize:
                Neighbor(sink, layer, rest, view.Type == Icmpv6Type.NeighborSolicitation);
                break;
            default:
                sink.Octets(layer, "data.data", at + 4, rest.Size - 4);
                break;
        }
    }

    private static void Neighbor(FieldSink sink, int layer, Rest rest, bool solicitation)
    {
        int at = rest.At;
        if (solicitation) sink.Octets(layer, "icmpv6.reserved", at + 4, 4);
        else sink.Hex(layer, "icmpv6.nd.na.flag", at + 4, 4);
        sink.Address(layer, solicitation ? "icmpv6.nd.ns.target_address" : "icmpv6.nd.na.target_address", at + 8, 16);
        for (int option = at + NeighborMessageSize; option + 8 <= rest.End;)
        {
            int size = Math.Min(8 * sink.Bytes[option + 1], rest.End - option);
            if (size == 0) return;

            sink.Number(layer, "icmpv6.opt.type", option, 1);
            sink.Number(layer, "icmpv6.opt.length", option + 1, 1);
            if (sink.Bytes[option] is 1 or 2) sink.Mac(layer, "icmpv6.opt.linkaddr", option + 2);
            else sink.Octets(layer, "icmpv6.opt", option + 2, size - 2);
            option += size;
        }
    }

    /// <summary>
    /// The quoted header's fields stand in the error's layer; ports where there are some, and the rest as bytes.
    /// </summary>
    private static void Quote(FieldSink sink, int layer, in IpPacket quoted)
    {
        Rest rest = quoted.Rest;
        string? name = quoted.Protocol switch { IpProtocol.Udp => "udp", IpProtocol.Tcp => "tcp", _ => null };
        if (name is not null && !quoted.IsMalformed && rest.Size >= 4)
        {
            sink.Number(layer, name + ".srcport", rest.At, 2);
            sink.Number(layer, name + ".dstport", rest.At + 2, 2);
            rest = rest.After(4);
        }

        sink.Octets(layer, "icmp.quoted", rest.At, rest.Size);
    }
}
