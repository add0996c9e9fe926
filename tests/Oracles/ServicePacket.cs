using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Numerics;
using Dataplane.Tests.Packets;
using Dataplane.Wire;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// A packet of the services' lab, read by nothing of the project: what it says in a line, and the number of
/// its case, which travels in what nobody translates (TCP's sequence number, UDP's payload, SCTP's initiate
/// tag, an ICMP error's quotation).
/// </summary>
internal sealed record ServicePacket
{
    private const uint Mark = 0x5E00_0000;
    private const int NumberShift = 4;
    private const int TcpSize = 20;
    private const int SctpInitSize = 20;

    public required string Source { get; init; }

    public required string Destination { get; init; }

    public byte Protocol { get; private init; }

    public ushort SourcePort { get; private init; }

    public ushort DestinationPort { get; private init; }

    /// <summary>0: none of the test's.</summary>
    public int Number { get; private init; }

    /// <summary>A refusal, by ICMP or by a reset.</summary>
    public bool IsRefusal { get; private init; }

    private int Family { get; init; }

    private string Rest { get; init; } = "";

    /// <summary>A connection's first packet.</summary>
    public static byte[] First(
        int number, byte protocol, string source, ushort sourcePort, string destination, ushort port) =>
        Build(number, protocol, source, sourcePort, destination, port, isReply: false);

    /// <summary>What the receiver answers.</summary>
    public byte[] Reply() => Build(Number, Protocol, Destination, DestinationPort, Source, SourcePort, isReply: true);

    /// <summary>Null for what is not of the lab: neighbour discovery, listeners' reports.</summary>
    public static ServicePacket? Read(ReadOnlySpan<byte> ip) => Read(ip, isQuoted: false);

    /// <summary>
    /// The case of a segment, a datagram or an SCTP packet; 0 for another's. A reset has it in what it acknowledges.
    /// </summary>
    public static int NumberIn(byte protocol, ReadOnlySpan<byte> body)
    {
        int at = protocol switch { IpProtocol.Tcp => 4, IpProtocol.Udp => 8, _ => 16 };
        if (body.Length < at + sizeof(uint)) return 0;

        uint tag = BinaryPrimitives.ReadUInt32BigEndian(body[at..]);
        if (tag >> 24 != Mark >> 24 && protocol == IpProtocol.Tcp)
            tag = BinaryPrimitives.ReadUInt32BigEndian(body[8..]);
        return tag >> 24 == Mark >> 24 ? (int)((tag & 0xff_ffff) >> NumberShift) : 0;
    }

    public static bool IsReset(byte protocol, ReadOnlySpan<byte> body) =>
        protocol == IpProtocol.Tcp && body.Length >= TcpSize && (body[13] & (byte)TcpFlags.Rst) != 0;

    /// <summary>The packet as its case's client sent it, or as it came back to it.</summary>
    public override string ToString() => Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6
        ? $"icmp {Source} > {Destination} {Rest}"
        : Line(SourcePort.ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// The same on its way to an endpoint. A port that was drawn is not told: which one is the kernel's affair.
    /// </summary>
    public string ToText(string client, ushort clientPort)
    {
        bool isDrawn = !IsRefusal && (Source != client || SourcePort != clientPort);
        return isDrawn ? Line("drawn") : ToString();
    }

    private string Line(string port) => $"{Names[Protocol]} {Source}:{port} > {Destination}:{DestinationPort} {Rest}";

    private static readonly Dictionary<byte, string> Names =
        new() { [IpProtocol.Tcp] = "tcp", [IpProtocol.Udp] = "udp", [IpProtocol.Sctp] = "sctp" };

    private static byte[] Build(
        int number, byte protocol, string source, ushort sourcePort, string destination, ushort port, bool isReply)
    {
        uint tag = Mark | (uint)number << NumberShift;
        byte[] tagBytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(tagBytes, tag);
        PacketBuilder packet = source.Contains(':')
            ? Packet.Ipv6(source, destination, trafficClass: 0)
            : Packet.Ipv4(source, destination, id: (ushort)(number + 1));
        return protocol switch
        {
            IpProtocol.Tcp when isReply => packet.Tcp(sourcePort, port, TcpFlags.Syn | TcpFlags.Ack, tag, tag + 1),
            IpProtocol.Tcp => packet.Tcp(sourcePort, port, TcpFlags.Syn, tag),
            IpProtocol.Udp => packet.Udp(sourcePort, port).Payload(tagBytes),
            _ => packet.Sctp(
                sourcePort, port, isReply ? tag : 0,
                [isReply ? (byte)2 : (byte)1, 0, 0, SctpInitSize, .. tagBytes, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1]),
        };
    }

    private static ServicePacket? Read(ReadOnlySpan<byte> ip, bool isQuoted)
    {
        if (ip.Length < 20) return null;

        bool isV4 = ip[0] >> 4 == 4;
        if (!isV4 && ip.Length < 40) return null;

        int header = isV4 ? (ip[0] & 15) * 4 : 40;
        int size = isV4
            ? BinaryPrimitives.ReadUInt16BigEndian(ip[2..])
            : 40 + BinaryPrimitives.ReadUInt16BigEndian(ip[4..]);
        ReadOnlySpan<byte> body = ip[header..Math.Min(size, ip.Length)];
        byte protocol = isV4 ? ip[9] : ip[6];
        var packet = new ServicePacket
        {
            Family = isV4 ? 4 : 6,
            Source = new IPAddress(isV4 ? ip[12..16] : ip[8..24]).ToString(),
            Destination = new IPAddress(isV4 ? ip[16..20] : ip[24..40]).ToString(),
            Protocol = protocol,
        };
        int trafficClass = isV4 ? ip[1] : (BinaryPrimitives.ReadUInt16BigEndian(ip) >> 4) & 0xff;
        string rest = $"ttl {(isV4 ? ip[8] : ip[7])} tos {trafficClass:x2}";
        if (!isQuoted) rest += IsSound(ip[..header], body, packet) ? $" {body.Length} bytes" : " WRONG CHECKSUM";
        return protocol is IpProtocol.Icmp or IpProtocol.Icmpv6
            ? ReadError(packet, body, rest)
            : ReadTransport(packet, body, rest);
    }

    private static ServicePacket? ReadError(ServicePacket packet, ReadOnlySpan<byte> body, string rest)
    {
        bool isError = body.Length >= 8 && (packet.Protocol == IpProtocol.Icmp ? body[0] == 3 : body[0] == 1);
        if (!isError || Read(body[8..], isQuoted: true) is not { } quoted) return null;

        return packet with
        {
            Number = quoted.Number,
            IsRefusal = true,
            Rest = $"{rest} {body[0]}/{body[1]} quoting [{quoted}]",
        };
    }

    private static ServicePacket? ReadTransport(ServicePacket packet, ReadOnlySpan<byte> body, string rest)
    {
        int kindAt = packet.Protocol switch
        {
            IpProtocol.Tcp when body.Length >= TcpSize => 13,
            IpProtocol.Udp when body.Length >= 12 => 5,
            IpProtocol.Sctp when body.Length >= 20 => 12,
            _ => -1,
        };
        if (kindAt < 0) return null;

        return packet with
        {
            SourcePort = BinaryPrimitives.ReadUInt16BigEndian(body),
            DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(body[2..]),
            Number = NumberIn(packet.Protocol, body),
            IsRefusal = IsReset(packet.Protocol, body),
            Rest = $"{rest} kind {body[kindAt]:x2}",
        };
    }

    private static bool IsSound(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, ServicePacket packet)
    {
        if (packet.Family == 4 && Sum(header, 0) != 0xffff) return false;
        if (packet.Protocol == IpProtocol.Icmp) return Sum(body, 0) == 0xffff;
        if (packet.Protocol == IpProtocol.Sctp) return IsCrcSound(body);

        ReadOnlySpan<byte> addresses = packet.Family == 4 ? header[12..20] : header[8..40];
        return Sum(body, Sum(addresses, (uint)packet.Protocol + (uint)body.Length)) == 0xffff;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes, uint sum)
    {
        for (int at = 0; at < bytes.Length; at++) sum += (uint)bytes[at] << ((at & 1) == 0 ? 8 : 0);
        while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
        return sum;
    }

    private static bool IsCrcSound(ReadOnlySpan<byte> sctp)
    {
        uint crc = uint.MaxValue;
        for (int at = 0; at < sctp.Length; at++)
            crc = BitOperations.Crc32C(crc, at is >= 8 and < 12 ? (byte)0 : sctp[at]);
        return BinaryPrimitives.ReadUInt32LittleEndian(sctp[8..]) == ~crc;
    }
}
