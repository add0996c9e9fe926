using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>One iptables rule before it is printed, or compiled flat.</summary>
internal sealed record ChainRule(ChainTarget Target, params ImmutableArray<ChainMatch> Matches)
{
    /// <summary>The rule of a policy that the rule stands for, or one of the constants of a verdict.</summary>
    public int Cause { get; init; } = NoCause;

    /// <summary>Jump: number of the chain.</summary>
    public int Chain { get; init; }

    /// <summary>Mark: bits that become <see cref="MarkValue"/>.</summary>
    public uint MarkMask { get; init; }

    public uint MarkValue { get; init; }

    public string Comment { get; init; } = "";

    /// <summary>Nobody asks why: marks that are cleared, jumps, returns.</summary>
    public const int NoCause = int.MinValue;

    public static ChainRule SetMark(uint bits, params ImmutableArray<ChainMatch> matches) =>
        Masked(bits, bits, matches);

    public static ChainRule ClearMark(uint bits, params ImmutableArray<ChainMatch> matches) => Masked(0, bits, matches);

    public static ChainRule Masked(uint value, uint mask, params ImmutableArray<ChainMatch> matches) =>
        new(ChainTarget.Mark, matches) { MarkValue = value, MarkMask = mask };
}

internal enum ChainTarget : byte
{
    Mark,
    Jump,
    Return,
    Accept,
    Drop,

    /// <summary>Behind the last rule of each chain.</summary>
    EndOfChain,
}

internal enum ChainMatchKind : byte
{
    Protocol,
    Net,
    Set,

    /// <summary>A set of address, protocol and port.</summary>
    PortSet,
    Ports,
    Icmp,
    Mark,
    State,
}

/// <summary>One condition of a rule; which fields count depends on the kind.</summary>
internal sealed record ChainMatch(ChainMatchKind Kind)
{
    /// <summary>States of a connection that policies are asked for: none but new ones.</summary>
    public const byte Established = 1;

    public const byte Invalid = 2;

    public bool IsNegated { get; init; }

    /// <summary>The source's address and port are meant; otherwise the destination's.</summary>
    public bool IsSource { get; init; }

    public byte Protocol { get; init; }

    public IpPrefix Net { get; init; }

    public int Set { get; init; }

    public ImmutableArray<PortRange> Ports { get; init; } = [];

    public IcmpMatch Icmp { get; init; }

    public uint MarkValue { get; init; }

    public uint MarkMask { get; init; }

    public byte States { get; init; }

    public static ChainMatch OfProtocol(byte protocol, bool isNegated = false) =>
        new(ChainMatchKind.Protocol) { Protocol = protocol, IsNegated = isNegated };

    public static ChainMatch OfNet(IpPrefix net, bool isSource, bool isNegated = false) =>
        new(ChainMatchKind.Net) { Net = net, IsSource = isSource, IsNegated = isNegated };

    public static ChainMatch OfSet(int set, bool isSource, bool isNegated = false) =>
        new(ChainMatchKind.Set) { Set = set, IsSource = isSource, IsNegated = isNegated };

    public static ChainMatch OfPortSet(int set, bool isSource) =>
        new(ChainMatchKind.PortSet) { Set = set, IsSource = isSource };

    public static ChainMatch OfPorts(ImmutableArray<PortRange> ports, bool isSource, bool isNegated = false) =>
        new(ChainMatchKind.Ports) { Ports = ports, IsSource = isSource, IsNegated = isNegated };

    public static ChainMatch OfMark(uint value, uint mask) =>
        new(ChainMatchKind.Mark) { MarkValue = value, MarkMask = mask };

    public static ChainMatch OfState(byte states) => new(ChainMatchKind.State) { States = states };
}
