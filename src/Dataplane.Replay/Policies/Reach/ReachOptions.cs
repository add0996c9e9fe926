using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>What <c>dataplane reach</c> is asked for.</summary>
public sealed record ReachOptions
{
    /// <summary>Empty: each destination's own.</summary>
    public ImmutableArray<ReachPort> Ports { get; init; } = [];

    /// <summary>Null: all pods.</summary>
    public string? From { get; init; }

    public string? To { get; init; }

    /// <summary>
    /// Where selectors without a namespace look; without <see cref="To"/>, its pods are the destinations.
    /// </summary>
    public string? Namespace { get; init; }

    public bool IncludeServices { get; init; }

    public ImmutableArray<IpAddress> External { get; init; } = [];

    public ImmutableArray<Expectation> Expectations { get; init; } = [];

    /// <summary>As <c>--cni</c> names it; null: recognised.</summary>
    public string? Cni { get; init; }

    /// <summary>As <c>--set</c> has them.</summary>
    public ImmutableArray<string> Settings { get; init; } = [];
}
