using Dataplane.Wire;

namespace Dataplane.Replay.Diff.Native;

/// <summary>What is in front of the network layer, and ARP.</summary>
internal static class LinkLayers
{
    private const ushort Nothing = 0;
    private const uint LocallyAdministered = 2;
    private const uint Group = 1;

    /// <summary>Gives what the link layer carries, by its EtherType; 0 for what has none.</summary>
    public static Carried Dissect(FieldSink sink, LinkType link, Rest rest) => link switch
    {
        LinkType.Ethernet => Ethernet(sink, rest),
        LinkType.LinuxSll when rest.Size >= LinuxSllHeader.Size => Sll(sink, rest),
        LinkType.LinuxSll2 when rest.Size >= LinuxSll2Header.Size => Sll2(sink, rest),
        LinkType.Null or LinkType.Loop when rest.Size >= LoopbackHeader.Size => Loopback(sink, rest),
        LinkType.Raw or LinkType.Ipv4 or LinkType.Ipv6 when rest.Size > 0 => Raw(sink, rest),
        _ => new Carried(Nothing, rest),
    };

    public static void Arp(FieldSink sink, Rest rest)
    {
        if (ArpView.TryParse(rest.Of(sink), out _) != WireError.None)
        {
            NativeDissector.Malformed(sink, rest);
            return;
        }

        int at = rest.At;
        int layer = sink.Layer("arp", "Address Resolution Protocol", at);
        sink.Number(layer, "arp.hw.type", at, 2);
        sink.Hex(layer, "arp.proto.type", at + 2, 2);
        sink.Number(layer, "arp.hw.size", at + 4, 1);
        sink.Number(layer, "arp.proto.size", at + 5, 1);
        sink.Number(layer, "arp.opcode", at + 6, 2);
        sink.Mac(layer, "arp.src.hw_mac", at + 8);
        sink.Address(layer, "arp.src.proto_ipv4", at + 14, 4);
        sink.Mac(layer, "arp.dst.hw_mac", at + 18);
        sink.Address(layer, "arp.dst.proto_ipv4", at + 24, 4);
    }

    private static Carried Ethernet(FieldSink sink, Rest rest)
    {
        WireError error = EthernetView.TryParse(rest.Of(sink), out EthernetView view);
        if (error != WireError.None)
        {
            NativeDissector.Malformed(sink, rest);
            return new Carried(Nothing, rest.After(rest.Size));
        }

        int at = rest.At;
        int layer = sink.Layer("eth", $"Ethernet II, Src: {view.Source}, Dst: {view.Destination}", at);
        Address(sink, layer, "eth.dst", at);
        Address(sink, layer, "eth.src", at + MacAddress.Size);
        int type = at + 2 * MacAddress.Size;
        if (view.TagCount == 0) sink.Hex(layer, view.HasLength ? "eth.len" : "eth.type", type, 2);
        else sink.Hex(layer, "eth.type", type, 2);
        for (int tag = 0; tag < view.TagCount; tag++) Vlan(sink, type + 2 + tag * VlanHeader.Size);
        return new Carried(view.EtherType, rest.After(view.HeaderSize));
    }

    private static void Address(FieldSink sink, int layer, string name, int at)
    {
        sink.Mac(layer, name, at);
        sink.Bits(layer, name + ".lg", (sink.Bytes[at] & LocallyAdministered) >> 1);
        sink.Bits(layer, name + ".ig", sink.Bytes[at] & Group);
    }

    private static void Vlan(FieldSink sink, int at)
    {
        uint tag = (uint)sink.BigEndian(at, 2);
        int layer = sink.Layer("vlan", $"802.1Q Virtual LAN, ID: {tag & 0xFFF}", at);
        sink.Bits(layer, "vlan.priority", tag >> 13);
        sink.Bits(layer, "vlan.dei", tag >> 12 & 1);
        sink.Bits(layer, "vlan.id", tag & 0xFFF);
        sink.Hex(layer, "vlan.etype", at + 2, 2);
    }

    private static Carried Sll(FieldSink sink, Rest rest)
    {
        int layer = sink.Layer("sll", "Linux cooked capture v1", rest.At);
        sink.Number(layer, "sll.pkttype", rest.At, 2);
        sink.Number(layer, "sll.hatype", rest.At + 2, 2);
        sink.Number(layer, "sll.halen", rest.At + 4, 2);
        if (sink.BigEndian(rest.At + 4, 2) == MacAddress.Size) sink.Mac(layer, "sll.src.eth", rest.At + 6);
        sink.Hex(layer, "sll.etype", rest.At + 14, 2);
        return new Carried((ushort)sink.BigEndian(rest.At + 14, 2), rest.After(LinuxSllHeader.Size));
    }

    private static Carried Sll2(FieldSink sink, Rest rest)
    {
        int layer = sink.Layer("sll", "Linux cooked capture v2", rest.At);
        sink.Hex(layer, "sll.etype", rest.At, 2);
        sink.Number(layer, "sll.ifindex", rest.At + 4, 4);
        sink.Number(layer, "sll.hatype", rest.At + 8, 2);
        sink.Number(layer, "sll.pkttype", rest.At + 10, 1);
        sink.Number(layer, "sll.halen", rest.At + 11, 1);
        if (sink.Bytes[rest.At + 11] == MacAddress.Size) sink.Mac(layer, "sll.src.eth", rest.At + 12);
        return new Carried((ushort)sink.BigEndian(rest.At, 2), rest.After(LinuxSll2Header.Size));
    }

    private static Carried Loopback(FieldSink sink, Rest rest)
    {
        if (LoopbackView.TryParse(rest.Of(sink), out LoopbackView view) != WireError.None)
            return new Carried(Nothing, rest);

        int layer = sink.Layer("null", "Null/Loopback", rest.At);
        sink.Derived(layer, "null.family", view.Family);
        return new Carried(view.EtherType, rest.After(LoopbackHeader.Size));
    }

    private static Carried Raw(FieldSink sink, Rest rest)
    {
        sink.Layer("raw", "Raw packet data", rest.At);
        int version = sink.Bytes[rest.At] >> 4;
        return new Carried(version switch { 4 => EtherType.Ipv4, 6 => EtherType.Ipv6, _ => Nothing }, rest);
    }
}
