using Dataplane.Wire;

namespace Dataplane.Tests.Packets;

internal sealed record EthernetLayer(MacAddress Source, MacAddress Destination, ushort? Type) : Layer
{
    internal override byte[] Build(byte[] payload, Surroundings around)
    {
        ushort type = Type ?? around.Next?.EthernetType
            ?? throw new InvalidOperationException("an empty frame needs a type");
        return [.. Bytes(new EthernetHeader(Destination, Source, type)), .. payload];
    }
}

internal sealed record SnapLayer(MacAddress Source, MacAddress Destination) : Layer
{
    internal override byte[] Build(byte[] payload, Surroundings around)
    {
        ushort type = around.Next!.EthernetType;
        byte[] snap = [0xAA, 0xAA, 0x03, 0, 0, 0, (byte)(type >> 8), (byte)type];
        var ethernet = new EthernetHeader(Destination, Source, (ushort)(snap.Length + payload.Length));
        return [.. Bytes(ethernet), .. snap, .. payload];
    }
}

internal sealed record VlanLayer(ushort Tag, ushort TagType) : Layer
{
    internal override ushort EthernetType => TagType;

    internal override byte[] Build(byte[] payload, Surroundings around) =>
        [.. Bytes(new VlanHeader(Tag, around.Next!.EthernetType)), .. payload];
}

internal sealed record ArpLayer(ArpHeader Header) : Layer
{
    internal override ushort EthernetType => EtherType.Arp;

    internal override byte[] Build(byte[] payload, Surroundings around) => [.. Bytes(Header), .. payload];
}
