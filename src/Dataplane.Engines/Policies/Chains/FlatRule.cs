using System.Runtime.InteropServices;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>A rule as the walk reads it: two and a half in a cache line.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal struct FlatRule
{
    public const int Size = 24;

    public int FirstMatch;
    public int Cause;
    public uint MarkMask;
    public uint MarkValue;

    /// <summary>Jump: where the chain begins.</summary>
    public int Start;

    public byte MatchCount;
    public ChainTarget Target;
}

/// <summary>A condition as the walk reads it; what the two numbers are depends on the kind.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal struct FlatMatch
{
    public const int Size = 12;

    public uint First;
    public uint Second;
    public ChainMatchKind Kind;
    public byte Protocol;
    public bool IsNegated;
    public bool IsSource;
}

/// <summary>A packet as chains see it.</summary>
internal struct ChainPacket
{
    public AddressWords Source;
    public AddressWords Destination;
    public ushort SourcePort { get; init; }

    public ushort DestinationPort { get; init; }

    public byte Protocol { get; init; }

    /// <summary>Whether type and code are known: a flow's key has an echo's id instead.</summary>
    public bool HasIcmpType { get; init; }

    public byte IcmpType { get; init; }

    public byte IcmpCode { get; init; }

    /// <summary>0 for a new connection: policies are asked for no other.</summary>
    public byte States { get; init; }

    public readonly bool HasPorts => Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;
}
