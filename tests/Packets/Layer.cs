using System.Runtime.InteropServices;
using Dataplane.Wire;

namespace Dataplane.Tests.Packets;

/// <summary>What a layer sees of its packet: the layer inside it, and the IP layer that its checksum covers.</summary>
internal readonly record struct Surroundings(Layer? Next, IpLayer? Network);

internal abstract record Layer
{
    /// <summary>How an Ethernet header or tag announces this layer.</summary>
    internal virtual ushort EthernetType => throw new InvalidOperationException($"{this} cannot follow Ethernet");

    /// <summary>How an IP header announces this layer, in the family of <paramref name="network"/>.</summary>
    internal virtual byte Protocol(IpLayer? network) => throw new InvalidOperationException($"{this} cannot follow IP");

    internal abstract byte[] Build(byte[] payload, Surroundings around);

    protected static byte[] Bytes<T>(T header) where T : unmanaged => MemoryMarshal.AsBytes([header]).ToArray();

    /// <summary>Writes the pseudo-header's checksum over the whole segment at <paramref name="offset"/>.</summary>
    protected static byte[] Checksummed(byte[] segment, int offset, byte protocol, Surroundings around)
    {
        uint sum = InternetChecksum.Sum(segment) + (around.Network?.PseudoHeader(protocol, segment.Length) ?? 0u);
        ushort checksum = protocol == IpProtocol.Udp ? InternetChecksum.FinishUdp(sum) : InternetChecksum.Finish(sum);
        MemoryMarshal.Write(segment.AsSpan(offset), checksum);
        return segment;
    }
}

internal sealed record PayloadLayer(byte[] Content) : Layer
{
    internal override ushort EthernetType => 0x88B5;

    internal override byte Protocol(IpLayer? network) => 253;

    internal override byte[] Build(byte[] payload, Surroundings around) => [.. Content, .. payload];
}

internal sealed record HeaderLayer<THeader>(THeader Header) : Layer where THeader : unmanaged
{
    internal override byte[] Build(byte[] payload, Surroundings around) => [.. Bytes(Header), .. payload];
}

internal sealed record GeneveLayer(uint Vni, byte[] Options, bool Critical) : Layer
{
    internal override byte[] Build(byte[] payload, Surroundings around) =>
    [
        .. Bytes(new GeneveHeader(Vni, EtherType.TransparentEthernetBridging, Options.Length, Critical)),
        .. Options, .. payload,
    ];
}
