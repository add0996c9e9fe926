using System.Buffers.Binary;

namespace Dataplane.Tests.Golden;

/// <summary>
/// What <c>10-overlay/README.md</c> calls a fair comparison: fields that the kernel draws at random (the IP id of what
/// a node originates, the source port of its tunnel) are set to zero, everything else must be equal byte for byte.
/// Checksums are carried along by RFC 1624's increment, so a wrong one stays wrong. Uses nothing of the project.
/// </summary>
public static class FairFrame
{
    private const int EthernetSize = 14;
    private const int MinIpv4Size = 20;
    private const int UdpSize = 8;
    private const int Ipv6Size = 40;
    private const int Udp = 17;
    private const int IpInIp = 4;

    /// <summary>A copy of an Ethernet frame with the random fields zeroed, inside a tunnel too.</summary>
    public static byte[] Normalize(byte[] frame)
    {
        byte[] fair = [.. frame];
        if (IsBareIpv4(fair)) NormalizeBare(fair);
        else NormalizeEthernet(fair);
        return fair;
    }

    /// <summary>The source port of a tunnel packet; null for anything else, later fragments included.</summary>
    public static ushort? TunnelSourcePort(byte[] frame)
    {
        if (!IsIpv4(frame)) return null;

        Span<byte> datagram = frame.AsSpan(EthernetSize);
        return IsTunnel(datagram) ? Read(datagram[HeaderSize(datagram)..], 0) : null;
    }

    /// <summary>Whether a node of the labs has this address: underlay, bridge (.1) or tunnel device (.0).</summary>
    public static bool IsNodeAddress(ReadOnlySpan<byte> address) => address is
        [192, 168, 56, 11 or 12] or
        [10, 244, 1 or 2, 0 or 1];

    private static void NormalizeEthernet(Span<byte> frame)
    {
        if (IsIpv6Tunnel(frame)) NormalizeTunnel(frame[(EthernetSize + Ipv6Size)..]);
        if (!IsIpv4(frame)) return;

        Span<byte> datagram = frame[EthernetSize..];
        if (!IsNodeAddress(datagram[12..16])) return;

        Replace(datagram, 4, 0, datagram, 10);
        int header = HeaderSize(datagram);
        if (IsTunnel(datagram)) NormalizeTunnel(datagram[header..]);
        else if (datagram[9] == IpInIp && datagram.Length >= header + MinIpv4Size) NormalizeBare(datagram[header..]);
    }

    // What a node sent into an IPIP tunnel has an id of its own; the sum of its header follows, and nothing covers it.
    private static void NormalizeBare(Span<byte> inner)
    {
        if (inner[0] >> 4 == 4 && IsNodeAddress(inner[12..16])) Replace(inner, 4, 0, inner, 10);
    }

    private static void NormalizeTunnel(Span<byte> udp)
    {
        Span<byte> inner = udp[UdpSize..];
        int tunnelSize = Read(udp, 2) == GenevePort ? UdpSize + ((inner[0] & 0x3f) * 4) : UdpSize;
        bool hasChecksum = Read(udp, 6) != 0;
        if (hasChecksum)
        {
            Replace(udp, 0, 0, udp, 6);
        }
        else
        {
            Write(udp, 0, 0);
        }

        // An inner id and its header's checksum cancel out, so the outer UDP checksum need not follow.
        if (tunnelSize <= inner.Length) NormalizeEthernet(inner[tunnelSize..]);
    }

    private static bool IsIpv4(ReadOnlySpan<byte> frame) =>
        frame.Length >= EthernetSize + MinIpv4Size && Read(frame, 12) == 0x0800 && frame[EthernetSize] >> 4 == 4
        && frame.Length >= EthernetSize + HeaderSize(frame[EthernetSize..]);

    /// <summary>The labs' nodes have <c>fd00:56::…</c>, their pods nothing of it.</summary>
    private static bool IsIpv6Tunnel(ReadOnlySpan<byte> frame) =>
        frame.Length >= EthernetSize + Ipv6Size + UdpSize + UdpSize && Read(frame, 12) == 0x86dd
        && frame[EthernetSize + 6] == Udp && frame[EthernetSize + 8] == 0xfd && frame[EthernetSize + 11] == 0x56
        && Read(frame, EthernetSize + Ipv6Size + 2) is FlannelPort or VxlanPort or GenevePort;

    /// <summary>A frame of tunl0, which has no link header: no MAC of the labs begins with a 4.</summary>
    private static bool IsBareIpv4(ReadOnlySpan<byte> frame) =>
        frame.Length >= MinIpv4Size && frame[0] >> 4 == 4 && Read(frame, 2) <= frame.Length;

    private static bool IsTunnel(ReadOnlySpan<byte> datagram) =>
        datagram[9] == Udp
        && (Read(datagram, 6) & 0x1fff) == 0
        && datagram.Length >= HeaderSize(datagram) + UdpSize + UdpSize
        && IsNodeAddress(datagram[12..16])
        && Read(datagram[HeaderSize(datagram)..], 2) is FlannelPort or VxlanPort or GenevePort;

    private static int HeaderSize(ReadOnlySpan<byte> datagram) => (datagram[0] & 0x0f) * 4;

    /// <summary>Writes a word and updates the checksum that covers it: HC' = ~(~HC + ~m + m'), RFC 1624 (3).</summary>
    private static void Replace(Span<byte> covered, int at, ushort value, Span<byte> header, int checksumAt)
    {
        uint sum = (uint)(ushort)~Read(header, checksumAt) + (ushort)~Read(covered, at) + value;
        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        ushort checksum = (ushort)~sum;
        Write(covered, at, value);
        Write(header, checksumAt, checksum == 0 ? (ushort)0xffff : checksum);
    }

    private static ushort Read(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);

    private static void Write(Span<byte> bytes, int at, ushort value) =>
        BinaryPrimitives.WriteUInt16BigEndian(bytes[at..], value);

    private const ushort FlannelPort = 8472;
    private const ushort VxlanPort = 4789;
    private const ushort GenevePort = 6081;
}
