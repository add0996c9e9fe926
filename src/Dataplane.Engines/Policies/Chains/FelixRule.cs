using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>
/// A rule as Felix gets it from its calculation graph (<c>proto.Rule</c>): all that is given must match.
/// </summary>
internal sealed record FelixRule(PolicyAction Action, int Cause)
{
    public byte? Protocol { get; init; }

    public byte? NotProtocol { get; init; }

    public FelixSide Source { get; init; } = FelixSide.Any;

    public FelixSide Destination { get; init; } = FelixSide.Any;

    public IcmpMatch? Icmp { get; init; }

    public IcmpMatch? NotIcmp { get; init; }
}

/// <summary>
/// What a rule asks of one end. Nets are alternatives, and so are ports and sets of ports; sets must all hold.
/// </summary>
internal sealed record FelixSide
{
    public static readonly FelixSide Any = new();

    public ImmutableArray<IpPrefix> Nets { get; init; } = [];

    public ImmutableArray<IpPrefix> NotNets { get; init; } = [];

    public ImmutableArray<PortRange> Ports { get; init; } = [];

    public ImmutableArray<PortRange> NotPorts { get; init; } = [];

    public ImmutableArray<int> Sets { get; init; } = [];

    public ImmutableArray<int> NotSets { get; init; } = [];

    /// <summary>Sets of address and port: ports by name.</summary>
    public ImmutableArray<int> PortSets { get; init; } = [];
}

/// <summary>Ports from first to last.</summary>
internal readonly record struct PortRange(ushort First, ushort Last);

/// <summary>An ICMP type, with a code or with any.</summary>
internal readonly record struct IcmpMatch(byte Type, byte? Code);
