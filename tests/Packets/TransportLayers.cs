using System.Runtime.InteropServices;
using Dataplane.Wire;

namespace Dataplane.Tests.Packets;

internal sealed record TcpLayer(
    ushort Source, ushort Destination, TcpFlags Flags, uint Sequence, uint Acknowledgment, ushort Window,
    byte[] Options) : Layer
{
    internal override byte Protocol(IpLayer? network) => IpProtocol.Tcp;

    internal override byte[] Build(byte[] payload, Surroundings around)
    {
        byte[] options = [.. Options, .. new byte[-Options.Length & 3]];
        var header = new TcpHeader(
            Source, Destination, Sequence, Acknowledgment, Flags, Window, TcpHeader.Size + options.Length);
        byte[] segment = [.. Bytes(header), .. options, .. payload];
        return Checksummed(segment, TcpHeader.ChecksumOffset, IpProtocol.Tcp, around);
    }
}

internal sealed record UdpLayer(ushort Source, ushort Destination, bool HasChecksum) : Layer
{
    internal override byte Protocol(IpLayer? network) => IpProtocol.Udp;

    internal override byte[] Build(byte[] payload, Surroundings around)
    {
        var header = new UdpHeader(Source, Destination, (ushort)(UdpHeader.Size + payload.Length));
        byte[] datagram = [.. Bytes(header), .. payload];
        return HasChecksum ? Checksummed(datagram, UdpHeader.ChecksumOffset, IpProtocol.Udp, around) : datagram;
    }
}

internal sealed record SctpLayer(ushort Source, ushort Destination, uint Tag, byte[] Chunks) : Layer
{
    internal override byte Protocol(IpLayer? network) => IpProtocol.Sctp;

    internal override byte[] Build(byte[] payload, Surroundings around)
    {
        byte[] packet = [.. Bytes(new SctpHeader(Source, Destination, Tag)), .. Chunks, .. payload];
        MemoryMarshal.Write(packet.AsSpan(SctpHeader.ChecksumOffset), SctpChecksum.Compute(packet));
        return packet;
    }
}

internal record IcmpLayer(byte Type, byte Code, uint Rest) : Layer
{
    internal override byte Protocol(IpLayer? network) =>
        network is { IsV6: true } ? IpProtocol.Icmpv6 : IpProtocol.Icmp;

    internal override byte[] Build(byte[] payload, Surroundings around)
    {
        byte[] message = [.. Bytes(new IcmpHeader(TypeIn(around.Network), Code, Rest)), .. payload];
        Surroundings covered = around.Network is { IsV6: true } ? around : default;
        return Checksummed(message, IcmpHeader.ChecksumOffset, IpProtocol.Icmpv6, covered);
    }

    protected virtual byte TypeIn(IpLayer? network) => Type;
}

internal sealed record EchoLayer(bool IsReply, uint IdAndSequence) : IcmpLayer(0, 0, IdAndSequence)
{
    protected override byte TypeIn(IpLayer? network) => (network is { IsV6: true }, IsReply) switch
    {
        (true, true) => Icmpv6Type.EchoReply,
        (true, false) => Icmpv6Type.EchoRequest,
        (false, true) => Icmpv4Type.EchoReply,
        (false, false) => Icmpv4Type.EchoRequest,
    };
}

internal sealed record NeighborLayer(byte Type, uint Flags, UInt128 Target, MacAddress Mac) : Layer
{
    internal override byte Protocol(IpLayer? network) => IpProtocol.Icmpv6;

    internal override byte[] Build(byte[] payload, Surroundings around)
    {
        byte kind = Type == Icmpv6Type.NeighborSolicitation
            ? NeighborDiscoveryView.SourceLinkLayerAddress
            : NeighborDiscoveryView.TargetLinkLayerAddress;
        var header = new NeighborDiscoveryHeader(Type, Flags, Target);
        byte[] message = [.. Bytes(header), kind, 1, .. Bytes(new U48Be(Mac))];
        return Checksummed([.. message, .. payload], IcmpHeader.ChecksumOffset, IpProtocol.Icmpv6, around);
    }
}
