using Dataplane.Wire;

namespace Dataplane.Replay.Diff.Native;

/// <summary>VXLAN and Geneve headers.</summary>
internal static class TunnelLayers
{
    public static Carried Vxlan(FieldSink sink, Rest rest)
    {
        if (VxlanView.TryParse(rest.Of(sink), out VxlanView view) != WireError.None) return Refuse(sink, rest);

        int at = rest.At;
        uint flags = (uint)sink.BigEndian(at, 2);
        int layer = sink.Layer("vxlan", $"Virtual eXtensible Local Area Network, VNI {view.Vni}", at);
        sink.Hex(layer, "vxlan.flags", at, 2);
        sink.Bits(layer, "vxlan.flag_g", flags >> 15);
        sink.Bits(layer, "vxlan.flag_i", flags >> 11 & 1);
        sink.Bits(layer, "vxlan.flag_d", flags >> 6 & 1);
        sink.Bits(layer, "vxlan.flag_a", flags >> 3 & 1);
        sink.Number(layer, "vxlan.gbp", at + 2, 2);
        sink.Number(layer, "vxlan.vni", at + 4, 3);
        sink.Number(layer, "vxlan.reserved8", at + 7, 1);
        return new Carried(EtherType.TransparentEthernetBridging, rest.After(VxlanHeader.Size));
    }

    public static Carried Geneve(FieldSink sink, Rest rest)
    {
        if (GeneveView.TryParse(rest.Of(sink), out GeneveView view) != WireError.None) return Refuse(sink, rest);

        int at = rest.At;
        byte flags = sink.Bytes[at + 1];
        int layer = sink.Layer("geneve", $"Generic Network Virtualization Encapsulation, VNI {view.Vni}", at);
        sink.Bits(layer, "geneve.version", (uint)sink.Bytes[at] >> 6);
        sink.Derived(layer, "geneve.option.length", view.HeaderSize - GeneveHeader.Size);
        sink.Hex(layer, "geneve.flags", at + 1, 1);
        sink.Bits(layer, "geneve.flags.oam", (uint)flags >> 7);
        sink.Bits(layer, "geneve.flags.critical", (uint)flags >> 6 & 1);
        sink.Bits(layer, "geneve.flags.reserved", flags & 0x3Fu);
        sink.Hex(layer, "geneve.proto_type", at + 2, 2);
        sink.Hex(layer, "geneve.vni", at + 4, 3);
        sink.Hex(layer, "geneve.reserved", at + 7, 1);

        int place = at + GeneveHeader.Size;
        GeneveOptions options = view.Options;
        while (options.MoveNext())
        {
            sink.Hex(layer, "geneve.option.class", place, 2);
            sink.Hex(layer, "geneve.option.type", place + 2, 1);
            sink.Bits(layer, "geneve.option.type.critical", options.IsCritical ? 1u : 0);
            sink.Octets(layer, "geneve.option.unknown.data", place + 4, options.Data.Length);
            place += 4 + options.Data.Length;
        }

        return new Carried(view.Protocol, rest.After(view.HeaderSize));
    }

    private static Carried Refuse(FieldSink sink, Rest rest)
    {
        NativeDissector.Malformed(sink, rest);
        return new Carried(0, rest.After(rest.Size));
    }
}
