using System.Runtime.InteropServices;
using Dataplane.Wire;

namespace Dataplane.Tests.Packets;

internal abstract record IpLayer : Layer
{
    internal abstract bool IsV6 { get; }

    internal abstract uint PseudoHeader(byte protocol, int length);

    internal override byte Protocol(IpLayer? network) => IsV6 ? IpProtocol.Ipv6 : IpProtocol.IpInIp;
}

internal sealed record Ipv4Layer(
    uint Source, uint Destination, byte Ttl, ushort Id, byte Tos, ushort Fragment, byte[] Options, byte? Override)
    : IpLayer
{
    internal override bool IsV6 => false;

    internal override ushort EthernetType => EtherType.Ipv4;

    internal override uint PseudoHeader(byte protocol, int length) =>
        InternetChecksum.PseudoHeaderV4(Source, Destination, protocol, length);

    internal override byte[] Build(byte[] payload, Surroundings around)
    {
        byte[] options = [.. Options, .. new byte[-Options.Length & 3]];
        int headerSize = Ipv4Header.Size + options.Length;
        var header = new Ipv4Header(
            Tos, (ushort)(headerSize + payload.Length), Id, Fragment, Ttl,
            Override ?? around.Next?.Protocol(this) ?? IpProtocol.NoNext, Source, Destination);
        byte[] bytes = [.. Bytes(header), .. options];
        bytes[0] = (byte)(0x40 | headerSize / 4);
        MemoryMarshal.Write(bytes.AsSpan(Ipv4Header.ChecksumOffset), (ushort)0);
        MemoryMarshal.Write(
            bytes.AsSpan(Ipv4Header.ChecksumOffset), InternetChecksum.Finish(InternetChecksum.Sum(bytes)));
        return [.. bytes, .. payload];
    }
}

internal sealed record Ipv6Layer(
    UInt128 Source, UInt128 Destination, byte HopLimit, byte TrafficClass, uint FlowLabel, byte? Override) : IpLayer
{
    internal override bool IsV6 => true;

    internal override ushort EthernetType => EtherType.Ipv6;

    internal override uint PseudoHeader(byte protocol, int length) =>
        InternetChecksum.PseudoHeaderV6(Source, Destination, protocol, length);

    internal override byte[] Build(byte[] payload, Surroundings around)
    {
        var header = new Ipv6Header(
            TrafficClass, FlowLabel, (ushort)payload.Length,
            Override ?? around.Next?.Protocol(this) ?? IpProtocol.NoNext, HopLimit, Source, Destination);
        return [.. Bytes(header), .. payload];
    }
}

internal sealed record ExtensionLayer(byte Type, byte[] Body) : Layer
{
    internal override byte Protocol(IpLayer? network) => Type;

    internal override byte[] Build(byte[] payload, Surroundings around) =>
        [around.Next?.Protocol(around.Network) ?? IpProtocol.NoNext, .. Body, .. payload];
}

internal sealed record Ipv6FragmentLayer(int Offset, bool MoreFragments, uint Id, byte? Override) : Layer
{
    internal override byte Protocol(IpLayer? network) => IpProtocol.Fragment;

    internal override byte[] Build(byte[] payload, Surroundings around)
    {
        byte next = Override ?? around.Next?.Protocol(around.Network) ?? IpProtocol.NoNext;
        return [.. Bytes(new Ipv6FragmentHeader(next, Offset, MoreFragments, Id)), .. payload];
    }
}
