using System.Buffers.Binary;

namespace Dataplane.Tests.Golden;

/// <summary>An IPv4 packet of the kube-proxy lab, read by the test's own reader.</summary>
public sealed record KubeProxyPacket(
    uint Source,
    uint Destination,
    ushort SourcePort,
    ushort DestinationPort,
    byte Protocol,
    uint Length)
{
    public byte Ttl { get; init; }

    public ushort Id { get; init; }

    public byte TcpFlags { get; init; }

    public byte IcmpType { get; init; }

    public byte IcmpCode { get; init; }

    public bool HasMoreFragments { get; init; }

    public int FragmentOffset { get; init; }

    /// <summary>The packet that an ICMP error is about.</summary>
    public KubeProxyPacket? Inner { get; init; }

    public bool IsFragment => HasMoreFragments || FragmentOffset > 0;

    public (uint Source, uint Destination, ushort SourcePort, ushort DestinationPort, byte Protocol) Tuple =>
        (Source, Destination, SourcePort, DestinationPort, Protocol);

    /// <summary>Null for frames that are not IPv4.</summary>
    public static KubeProxyPacket? Read(ReadOnlySpan<byte> frame) =>
        BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) == 0x0800 ? ReadIp(frame[14..]) : null;

    private static KubeProxyPacket ReadIp(ReadOnlySpan<byte> ip)
    {
        ushort fragment = BinaryPrimitives.ReadUInt16BigEndian(ip[6..]);
        KubeProxyPacket packet = new(
            BinaryPrimitives.ReadUInt32BigEndian(ip[12..]),
            BinaryPrimitives.ReadUInt32BigEndian(ip[16..]),
            0,
            0,
            ip[9],
            BinaryPrimitives.ReadUInt16BigEndian(ip[2..]))
        {
            Ttl = ip[8],
            Id = BinaryPrimitives.ReadUInt16BigEndian(ip[4..]),
            HasMoreFragments = (fragment & 0x2000) != 0,
            FragmentOffset = (fragment & 0x1fff) * 8,
        };
        ReadOnlySpan<byte> rest = ip[((ip[0] & 15) * 4)..];
        if (packet.FragmentOffset > 0 || rest.Length < 8) return packet;
        if (packet.Protocol == 1) return ReadIcmp(packet, rest);

        return packet with
        {
            SourcePort = BinaryPrimitives.ReadUInt16BigEndian(rest),
            DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]),
            TcpFlags = packet.Protocol == 6 && rest.Length > 13 ? rest[13] : (byte)0,
        };
    }

    private static KubeProxyPacket ReadIcmp(KubeProxyPacket packet, ReadOnlySpan<byte> icmp)
    {
        bool isError = icmp[0] is 3 or 11;
        ushort id = isError ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(icmp[4..]);
        return packet with
        {
            IcmpType = icmp[0],
            IcmpCode = icmp[1],
            SourcePort = id,
            DestinationPort = id,
            Inner = isError ? ReadIp(icmp[8..]) : null,
        };
    }
}
