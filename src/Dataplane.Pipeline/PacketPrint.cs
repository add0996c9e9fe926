using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// What stays the same of a packet between the points that it passes: not its addresses, ports and TTL, which nodes
/// change, nor its checksums; of TCP neither the length, for offloads cut super-frames and put segments together.
/// </summary>
public static unsafe class PacketPrint
{
    /// <summary>Bytes of a payload that are looked at.</summary>
    private const int PayloadSize = 32;

    private const int TcpOffset = 12;
    private const int TcpWindow = 14;

    /// <summary>SYN, RST, ACK: what every segment of a super-frame has in common.</summary>
    private const byte CommonFlags = 0x16;

    private const int UdpLength = 4;
    private const int SctpTag = 4;
    private const int Ipv6FragmentHeader = 8;
    private const ushort FragmentBits = 0x3FFF;
    private const ulong Salt = 0x9E37_79B9_7F4A_7C15;

    /// <summary>The print of a lane whose network layer has been read; ARP by its whole body.</summary>
    public static ulong Of(in Lane lane)
    {
        byte* ip = lane.Network;
        byte* end = ip + Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize);
        if (lane.Is(Shape.Arp)) return Add(Salt, ip, ip + Math.Min(lane.Length - lane.LinkSize, ArpHeader.Size));

        bool v6 = lane.Is(Shape.V6);
        int headers = v6 ? Ipv6Header.Size : (*ip & 0x0F) * sizeof(uint);
        byte* transport = lane.Transport != null ? lane.Transport : ip + headers;
        ulong print = Mix(Salt, (ulong)lane.Key.Protocol << 32 | lane.Key.Family);
        if (!v6) print = Mix(print, IdAndPlace(ip));
        else if (lane.Is(Shape.Fragment))
            print = Add(print, ip + headers, Least(ip + headers + Ipv6FragmentHeader, end));
        if (lane.Is(Shape.Fragment)) print = Mix(print, (ulong)lane.NetworkLength);
        return lane.Transport == null
            ? Add(print, transport, Least(transport + PayloadSize, end))
            : AddTransport(print, in lane, end);
    }

    /// <summary>A train of fragments, by what all of them have in common and where they pass.</summary>
    public static ulong OfTrain(in Lane lane, in CapturePoint point)
    {
        byte* end = lane.Network + Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize);
        byte* header = lane.Network + Ipv6Header.Size;
        ulong id = !lane.Is(Shape.V6) ? IdAndPlace(lane.Network) >> 16
            : header + Ipv6FragmentHeader <= end ? Unsafe.ReadUnaligned<uint>(header + sizeof(uint)) : 0;
        return Mix(Mix(lane.Key.Addresses, id << 8 | lane.Key.Protocol), point.Interface ^ Salt);
    }

    /// <summary>
    /// Whether the print tells one packet from all others within a capture: TCP's numbers,
    /// with IP's id or a time stamp.
    /// </summary>
    public static bool IsUnique(in Lane lane)
    {
        if (lane.Key.Protocol != IpProtocol.Tcp || lane.Transport == null || lane.Is(Shape.Fragment)) return false;
        if (lane.Transport + TcpHeader.Size > lane.Network + Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize))
            return false;

        bool hasId = !lane.Is(Shape.V6) && IdAndPlace(lane.Network) >> 16 != 0;
        return hasId || (lane.Transport[TcpOffset] >> 4) * sizeof(uint) > TcpHeader.Size;
    }

    private static ulong AddTransport(ulong print, in Lane lane, byte* end)
    {
        byte* transport = lane.Transport;
        switch (lane.Key.Protocol)
        {
            case IpProtocol.Tcp when transport + TcpHeader.Size <= end:
                return AddTcp(print, transport, lane.Network + lane.NetworkLength, end);
            case IpProtocol.Udp when transport + UdpHeader.Size <= end:
                print = Mix(print, Unsafe.ReadUnaligned<ushort>(transport + UdpLength));
                return Add(print, transport + UdpHeader.Size, Least(transport + UdpHeader.Size + PayloadSize, end));
            case IpProtocol.Sctp when transport + SctpHeader.Size <= end:
                print = Mix(print, Unsafe.ReadUnaligned<uint>(transport + SctpTag));
                return Add(print, transport + SctpHeader.Size, Least(transport + SctpHeader.Size + PayloadSize, end));
            case IpProtocol.Icmp or IpProtocol.Icmpv6:
                print = Mix(print, Unsafe.ReadUnaligned<ushort>(transport));
                if (lane.Is(Shape.IcmpError))
                    return Mix(print, Unsafe.ReadUnaligned<uint>(transport + IcmpHeader.IdentifierOffset));

                // The identifier is a port to those who translate.
                byte* sequence = transport + IcmpHeader.IdentifierOffset + sizeof(ushort);
                return Add(print, sequence, Least(sequence + PayloadSize, end));
            default:
                return print;
        }
    }

    private static ulong AddTcp(ulong print, byte* tcp, byte* packetEnd, byte* end)
    {
        int size = Math.Max(TcpHeader.Size, (tcp[TcpOffset] >> 4) * sizeof(uint));
        bool hasData = tcp + size < packetEnd;
        ulong flags = hasData ? (ulong)(tcp[TcpHeader.FlagsOffset] & CommonFlags) | 0x100 : tcp[TcpHeader.FlagsOffset];
        print = Mix(print, Unsafe.ReadUnaligned<ulong>(tcp + TcpHeader.SequenceOffset));
        print = Mix(print, flags << 16 | Unsafe.ReadUnaligned<ushort>(tcp + TcpWindow));

        // Of a SYN, nodes may lower the largest segment among the options.
        bool isSyn = (tcp[TcpHeader.FlagsOffset] & TcpStates.Syn) != 0;
        return isSyn ? print : Add(print, tcp + TcpHeader.Size, Least(tcp + size, end));
    }

    private static ulong IdAndPlace(byte* ip) =>
        (ulong)ip[Ipv4Header.IdOffset] << 24 | (ulong)ip[Ipv4Header.IdOffset + 1] << 16
        | ((ulong)ip[Ipv4Header.FragmentOffsetOffset] << 8 | ip[Ipv4Header.FragmentOffsetOffset + 1]) & FragmentBits;

    private static ulong Add(ulong print, byte* from, byte* end)
    {
        for (; from + sizeof(ulong) <= end; from += sizeof(ulong))
            print = Mix(print, Unsafe.ReadUnaligned<ulong>(from));

        ulong rest = 1;
        for (; from < end; from++) rest = rest << 8 | *from;
        return Mix(print, rest);
    }

    private static ulong Mix(ulong print, ulong word)
    {
        ulong product = Math.BigMul(print ^ word, Salt, out ulong low);
        return product ^ low ^ print << 1;
    }

    private static byte* Least(byte* one, byte* other) => one < other ? one : other;
}
