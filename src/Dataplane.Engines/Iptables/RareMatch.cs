using System.Runtime.InteropServices;

namespace Dataplane.Engines.Iptables;

/// <summary>A match that does not fit a <see cref="RuleKey"/>: asked in the order of the rule, after the key.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal struct RareMatch
{
    public const int Size = 16;

    public MatchKind Kind;
    public bool IsNegated;

    /// <summary>conntrack: <c>--ctstate</c> of the same match has decided for packets without a connection.</summary>
    public bool HasState;

    /// <summary>addrtype: 1 <c>--limit-iface-in</c>, 2 <c>--limit-iface-out</c>.</summary>
    public byte Limit;

    /// <summary>A value, the first of a range, or a place in a table of the ruleset.</summary>
    public uint First;

    /// <summary>A mask, the last of a range.</summary>
    public uint Second;
}

/// <summary>Kinds of matches.</summary>
internal enum MatchKind : byte
{
    SourcePrefix,
    DestinationPrefix,
    OriginalSourcePrefix,
    OriginalDestinationPrefix,
    SourceRange,
    DestinationRange,
    Protocol,
    SourcePort,
    DestinationPort,
    OriginalSourcePort,
    OriginalDestinationPort,
    SourcePorts,
    DestinationPorts,
    EitherPorts,
    LaterFragment,
    InInterface,
    OutInterface,
    InPort,
    OutPort,
    InInterfacePattern,
    OutInterfacePattern,
    InPortPattern,
    OutPortPattern,
    HasInPort,
    HasOutPort,
    IsBridged,
    Mark,
    ConnectionMark,
    SourceType,
    DestinationType,
    State,
    ConnectionProtocol,
    Reply,
    Random,
    Nth,
    Recent,
    Set,
    TcpFlags,
    TcpOption,
    Icmp,
    Length,
    Limit,
}
