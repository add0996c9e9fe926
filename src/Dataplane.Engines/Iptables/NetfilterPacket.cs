using Dataplane.Core;

namespace Dataplane.Engines.Iptables;

/// <summary>
/// What rules can ask about a packet at one hook. Addresses are numbers in host order, an IPv4 one in the low 32 bits.
/// </summary>
public struct NetfilterPacket
{
    public UInt128 Source;
    public UInt128 Destination;

    /// <summary>The connection's addresses as its first packet had them.</summary>
    public UInt128 OriginalSource;

    public UInt128 OriginalDestination;

    /// <summary>Capture time, nanoseconds.</summary>
    public long Now;

    /// <summary>Kinds of TCP options that the segment has: bit n for kind n.</summary>
    public ulong TcpOptions;

    public uint Mark;
    public uint ConnectionMark;

    /// <summary>The datagram's bytes with its IP header.</summary>
    public uint Length;

    public ushort SourcePort;
    public ushort DestinationPort;
    public ushort OriginalSourcePort;
    public ushort OriginalDestinationPort;

    /// <summary>Numbers of <see cref="InterfaceNames"/>; 0: none at this hook.</summary>
    public ushort InInterface;

    public ushort OutInterface;

    /// <summary>The bridge's ports, where the packet is seen inside a bridge (physdev).</summary>
    public ushort InPort;

    public ushort OutPort;

    /// <summary>
    /// The interface that has the address, where its type is <see cref="AddressTypes.Local"/> or a broadcast.
    /// </summary>
    public ushort SourceOwner;

    public ushort DestinationOwner;
    public AddressTypes SourceType;
    public AddressTypes DestinationType;
    public PacketFacts Facts;
    public byte Protocol;

    /// <summary>4 or 6.</summary>
    public byte Family;

    public byte TcpFlags;
    public byte IcmpType;
    public byte IcmpCode;
    public ConnectionStates State;

    /// <summary>Fills what an IPv4 key says; IPv6 addresses are names there, and are set by who knows them.</summary>
    public static NetfilterPacket FromKey(in FlowKey key) => new()
    {
        Source = key.Source,
        Destination = key.Destination,
        OriginalSource = key.Source,
        OriginalDestination = key.Destination,
        SourcePort = key.SourcePort,
        DestinationPort = key.DestinationPort,
        OriginalSourcePort = key.SourcePort,
        OriginalDestinationPort = key.DestinationPort,
        Protocol = key.Protocol,
        Family = key.Family,
        SourceType = AddressTypes.Unicast,
        DestinationType = AddressTypes.Unicast,
        State = ConnectionStates.New,
        Facts = PacketFacts.IsFirst,
    };
}

/// <summary>Conntrack's word on a packet; a packet has one of the first five (<c>xt_conntrack.h</c>).</summary>
[Flags]
public enum ConnectionStates : byte
{
    None = 0,
    New = 1,
    Established = 2,
    Related = 4,
    Invalid = 8,
    Untracked = 16,

    /// <summary>The connection's source was, or will be, translated.</summary>
    SourceTranslated = 64,

    /// <summary>The connection's destination was translated.</summary>
    DestinationTranslated = 128,
}

/// <summary>What a packet is or is not.</summary>
[Flags]
public enum PacketFacts : byte
{
    None = 0,

    /// <summary>The connection has no translation yet: the nat table is asked.</summary>
    IsFirst = 1,

    /// <summary>The packet goes in the direction of the connection's replies.</summary>
    IsReply = 2,

    /// <summary>A fragment that is not the first: it has no ports.</summary>
    IsLaterFragment = 4,

    /// <summary>The packet is seen inside a bridge and leaves through it.</summary>
    IsBridged = 8,
}

/// <summary>Kinds of addresses as the routing tables tell them (<c>xt_addrtype.h</c>).</summary>
[Flags]
public enum AddressTypes : ushort
{
    None = 0,
    Unspecified = 1,
    Unicast = 2,
    Local = 4,
    Broadcast = 8,
    Anycast = 16,
    Multicast = 32,
    Blackhole = 64,
    Unreachable = 128,
    Prohibit = 256,
}
