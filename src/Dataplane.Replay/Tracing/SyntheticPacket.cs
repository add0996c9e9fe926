using System.Runtime.InteropServices;
using Dataplane.Wire;

namespace Dataplane.Replay.Tracing;

/// <summary>
/// A packet that begins a connection, or the first answer to one: SYN, SYN/ACK, datagram, INIT, echo.
/// </summary>
internal sealed record SyntheticPacket(
    IpAddress Source, IpAddress Destination, ushort SourcePort, ushort DestinationPort, byte Protocol)
{
    private const byte Ttl = 64;
    private const ushort Window = 64240;
    private const uint Sequence = 1000;
    private const byte InitChunk = 1;
    private const byte InitAckChunk = 2;
    private const int InitSize = 20;
    private const uint InitTag = 1;
    private const uint ReceiverWindow = 106496;
    private const ushort Streams = 10;

    public bool IsReply { get; init; }

    /// <summary>What would be answered to a packet as it arrived; null where nothing is.</summary>
    public static SyntheticPacket? ReplyTo(ReadOnlySpan<byte> packet)
    {
        if (Ipv4View.TryParse(packet, out Ipv4View four) == WireError.None)
        {
            return ReplyTo(
                IpAddress.FromV4(four.Source), IpAddress.FromV4(four.Destination), four.Protocol, four.Payload);
        }

        return Ipv6View.TryParse(packet, out Ipv6View six) == WireError.None
            ? ReplyTo(IpAddress.FromV6(six.Source), IpAddress.FromV6(six.Destination), six.Protocol, six.Payload)
            : null;
    }

    /// <summary>The IP packet.</summary>
    public byte[] Build()
    {
        byte[] payload = Transport();
        Span<byte> header = stackalloc byte[Source.IsV6 ? Ipv6Header.Size : Ipv4Header.Size];
        if (Source.IsV6)
        {
            var ip = new Ipv6Header(0, 0, (ushort)payload.Length, Protocol, Ttl, Source.Value, Destination.Value);
            MemoryMarshal.Write(header, in ip);
        }
        else
        {
            var ip = new Ipv4Header(
                0, (ushort)(header.Length + payload.Length), 1,
                Ipv4Header.DontFragmentFlag, Ttl, Protocol, Source.V4, Destination.V4);
            MemoryMarshal.Write(header, in ip);
        }

        return [.. header, .. payload];
    }

    private static SyntheticPacket? ReplyTo(
        IpAddress source, IpAddress destination, byte protocol, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < UdpHeader.Size) return null;

        bool isEcho = protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;
        ushort first = (ushort)(payload[0] << 8 | payload[1]);
        ushort second = (ushort)(payload[2] << 8 | payload[3]);
        if (isEcho) first = second = (ushort)(payload[4] << 8 | payload[5]);
        return new SyntheticPacket(destination, source, second, first, protocol) { IsReply = true };
    }

    private byte[] Transport()
    {
        switch (Protocol)
        {
            case IpProtocol.Tcp:
                TcpFlags flags = IsReply ? TcpFlags.Syn | TcpFlags.Ack : TcpFlags.Syn;
                return Summed(new TcpHeader(SourcePort, DestinationPort, Sequence,
                    IsReply ? Sequence + 1 : 0, flags, Window), TcpHeader.ChecksumOffset);
            case IpProtocol.Udp:
                return Summed(new UdpHeader(SourcePort, DestinationPort, UdpHeader.Size), UdpHeader.ChecksumOffset);
            case IpProtocol.Sctp:
                return Init();
            default:
                byte type = (Source.IsV6, IsReply) switch
                {
                    (true, true) => Icmpv6Type.EchoReply,
                    (true, false) => Icmpv6Type.EchoRequest,
                    (false, true) => Icmpv4Type.EchoReply,
                    _ => Icmpv4Type.EchoRequest,
                };
                return Summed(new IcmpHeader(type, 0, (uint)SourcePort << 16 | 1), IcmpHeader.ChecksumOffset);
        }
    }

    private byte[] Summed<T>(T header, int checksumAt)
        where T : unmanaged
    {
        byte[] bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in header)).ToArray();
        uint pseudo = Source.IsV6 ? InternetChecksum.PseudoHeaderV6(
            Source.Value, Destination.Value, Protocol, bytes.Length)
            : Protocol == IpProtocol.Icmp ? 0
            : InternetChecksum.PseudoHeaderV4(Source.V4, Destination.V4, Protocol, bytes.Length);
        ulong sum = (ulong)pseudo + InternetChecksum.Sum(bytes);
        ushort checksum = Protocol == IpProtocol.Udp ? InternetChecksum.FinishUdp(sum) : InternetChecksum.Finish(sum);
        MemoryMarshal.Write(bytes.AsSpan(checksumAt), in checksum);
        return bytes;
    }

    // RFC 9260 §3.3.2: an INIT has no verification tag, its answer has the initiator's.
    private byte[] Init()
    {
        byte[] bytes = new byte[SctpHeader.Size + InitSize];
        var header = new SctpHeader(SourcePort, DestinationPort, IsReply ? InitTag : 0);
        MemoryMarshal.Write(bytes, in header);
        Span<byte> chunk = bytes.AsSpan(SctpHeader.Size);
        chunk[0] = IsReply ? InitAckChunk : InitChunk;
        MemoryMarshal.Write(chunk[2..], new U16Be(InitSize));
        MemoryMarshal.Write(chunk[4..], new U32Be(InitTag));
        MemoryMarshal.Write(chunk[8..], new U32Be(ReceiverWindow));
        MemoryMarshal.Write(chunk[12..], new U16Be(Streams));
        MemoryMarshal.Write(chunk[14..], new U16Be(Streams));
        MemoryMarshal.Write(chunk[16..], new U32Be(Sequence));
        MemoryMarshal.Write(bytes.AsSpan(SctpHeader.ChecksumOffset), SctpChecksum.Compute(bytes));
        return bytes;
    }
}
