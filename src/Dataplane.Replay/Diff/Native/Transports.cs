using Dataplane.Wire;

namespace Dataplane.Replay.Diff.Native;

/// <summary>UDP, TCP and SCTP; ICMP has its own file.</summary>
internal static class Transports
{
    private const int Bad = 0;
    private const int Good = 1;
    private const int Unverified = 2;
    private const int NotPresent = 3;

    /// <summary>False for a protocol that is not known.</summary>
    public static bool Dissect(FieldSink sink, in IpPacket packet)
    {
        switch (packet.Protocol)
        {
            case IpProtocol.Tcp: Tcp(sink, packet); return true;
            case IpProtocol.Sctp: Sctp(sink, packet); return true;
            case IpProtocol.Icmp: IcmpLayers.V4(sink, packet); return true;
            case IpProtocol.Icmpv6: IcmpLayers.V6(sink, packet); return true;
            default: return false;
        }
    }

    public static bool Udp(FieldSink sink, in IpPacket packet, out Rest payload, out ushort destinationPort)
    {
        Rest rest = packet.Rest;
        payload = rest;
        destinationPort = 0;
        if (rest.Size < UdpHeader.Size)
        {
            NativeDissector.Malformed(sink, rest);
            return false;
        }

        int at = rest.At;
        int length = (int)sink.BigEndian(at + 4, 2);
        destinationPort = (ushort)sink.BigEndian(at + 2, 2);
        int layer = sink.Layer(
            "udp", $"User Datagram Protocol, Src Port: {sink.BigEndian(at, 2)}, Dst Port: {destinationPort}", at);
        sink.Number(layer, "udp.srcport", at, 2);
        sink.Number(layer, "udp.dstport", at + 2, 2);
        sink.Number(layer, "udp.length", at + 4, 2);
        sink.Hex(layer, "udp.checksum", at + UdpHeader.ChecksumOffset, 2);
        bool present = sink.BigEndian(at + UdpHeader.ChecksumOffset, 2) != 0;
        sink.Derived(layer, "udp.checksum.status", present ? Status(sink, packet, length) : NotPresent);
        payload = rest.After(UdpHeader.Size);
        sink.Octets(layer, "udp.payload", payload.At, payload.Size);
        return true;
    }

    /// <summary>tshark's value for a checksum over pseudo-header and transport.</summary>
    public static int Status(FieldSink sink, in IpPacket packet, int length)
    {
        if (packet.IsCut || length > packet.Rest.Size) return Unverified;

        ulong sum = packet.AddressSum + (ulong)InternetChecksum.Sum(sink.Bytes.Slice(packet.Rest.At, length))
            + InternetChecksum.PseudoHeader([], packet.Protocol, length);
        return InternetChecksum.Finish(sum) == 0 ? Good : Bad;
    }

    private static void Tcp(FieldSink sink, in IpPacket packet)
    {
        Rest rest = packet.Rest;
        if (TcpView.TryParse(rest.Of(sink), out TcpView view) != WireError.None)
        {
            NativeDissector.Malformed(sink, rest);
            return;
        }

        int at = rest.At;
        int layer = sink.Layer(
            "tcp", $"Transmission Control Protocol, Src Port: {view.SourcePort}, Dst Port: {view.DestinationPort}", at);
        sink.Number(layer, "tcp.srcport", at, 2);
        sink.Number(layer, "tcp.dstport", at + 2, 2);
        sink.Derived(layer, "tcp.len", rest.Size - view.HeaderLength);
        sink.Number(layer, "tcp.seq", at + TcpHeader.SequenceOffset, 4);
        sink.Number(layer, "tcp.ack", at + 8, 4);
        sink.Derived(layer, "tcp.hdr_len", view.HeaderLength);
        TcpFlagBits(sink, layer, (uint)sink.BigEndian(at + 12, 2));
        sink.Number(layer, "tcp.window_size_value", at + 14, 2);
        sink.Hex(layer, "tcp.checksum", at + TcpHeader.ChecksumOffset, 2);
        sink.Derived(layer, "tcp.checksum.status", Status(sink, packet, rest.Size));
        sink.Number(layer, "tcp.urgent_pointer", at + 18, 2);
        sink.Octets(layer, "tcp.options", at + TcpHeader.Size, view.HeaderLength - TcpHeader.Size);
        Options(sink, layer, view.Options, at + TcpHeader.Size);
        sink.Octets(layer, "tcp.payload", at + view.HeaderLength, rest.Size - view.HeaderLength);
    }

    private static void TcpFlagBits(FieldSink sink, int layer, uint word)
    {
        ReadOnlySpan<string> names = ["fin", "syn", "reset", "push", "ack", "urg", "ece", "cwr", "ae"];
        sink.HexBits(layer, "tcp.flags", word & 0xFFF, digits: 4);
        sink.Bits(layer, "tcp.flags.res", word >> 9 & 7);
        for (int bit = names.Length - 1; bit >= 0; bit--) sink.Bits(layer, "tcp.flags." + names[bit], word >> bit & 1);
    }

    private static void Options(FieldSink sink, int layer, TcpOptions options, int at)
    {
        while (options.MoveNext())
        {
            int size = options.Kind <= 1 ? 1 : 2 + options.Data.Length;
            string name = NameOf(options.Kind);
            sink.Octets(layer, name, at, size);
            sink.Number(layer, "tcp.option_kind", at, 1);
            if (size > 1) sink.Number(layer, "tcp.option_len", at + 1, 1);
            Value(sink, layer, options.Kind, at + 2, size - 2);
            at += size;
            if (options.Kind == 0) return;
        }
    }

    private static void Value(FieldSink sink, int layer, byte kind, int at, int size)
    {
        switch (kind, size)
        {
            case (TcpOptions.MaximumSegmentSize, 2):
                sink.Number(layer, "tcp.options.mss_val", at, 2);
                break;
            case (TcpOptions.WindowScale, 1):
                sink.Number(layer, "tcp.options.wscale.shift", at, 1);
                break;
            case (TcpOptions.Timestamps, 8):
                sink.Number(layer, "tcp.options.timestamp.tsval", at, 4);
                sink.Number(layer, "tcp.options.timestamp.tsecr", at + 4, 4);
                break;
        }
    }

    private static string NameOf(byte kind) => kind switch
    {
        0 => "tcp.options.eol",
        1 => "tcp.options.nop",
        TcpOptions.MaximumSegmentSize => "tcp.options.mss",
        TcpOptions.WindowScale => "tcp.options.wscale",
        TcpOptions.SackPermitted => "tcp.options.sack_perm",
        TcpOptions.Sack => "tcp.options.sack",
        TcpOptions.Timestamps => "tcp.options.timestamp",
        _ => "tcp.options.unknown",
    };

    private static void Sctp(FieldSink sink, in IpPacket packet)
    {
        Rest rest = packet.Rest;
        if (SctpView.TryParse(rest.Of(sink), out SctpView view) != WireError.None)
        {
            NativeDissector.Malformed(sink, rest);
            return;
        }

        int at = rest.At;
        string title = $"Stream Control Transmission Protocol, Src Port: {view.SourcePort}, Dst Port: "
            + $"{view.DestinationPort}";
        int layer = sink.Layer("sctp", title, at);
        sink.Number(layer, "sctp.srcport", at, 2);
        sink.Number(layer, "sctp.dstport", at + 2, 2);
        sink.Hex(layer, "sctp.verification_tag", at + 4, 4);
        sink.Hex(layer, "sctp.checksum", at + SctpHeader.ChecksumOffset, 4);
        sink.Derived(layer, "sctp.checksum.status", packet.IsCut ? Unverified : view.HasGoodChecksum ? Good : Bad);
        sink.Octets(layer, "sctp.chunks", at + SctpHeader.Size, rest.Size - SctpHeader.Size);
    }
}
