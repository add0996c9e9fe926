using System.Collections.Immutable;

namespace Dataplane.Replay.Rules;

/// <summary>What <c>dataplane rules</c> is asked for.</summary>
public sealed record RulesOptions
{
    public required ImmutableArray<string> Manifests { get; init; }

    /// <summary>A proxy of <see cref="RulesRunner.Proxies"/>.</summary>
    public string Proxy { get; init; } = "iptables";

    /// <summary>Null: the only node of the manifests.</summary>
    public string? Node { get; init; }

    /// <summary>Null: what the proxy's own tool prints.</summary>
    public string? Format { get; init; }

    /// <summary>4 or 6; formats that hold both families give both.</summary>
    public int Family { get; init; } = 4;

    /// <summary>As <c>--set</c> has them.</summary>
    public ImmutableArray<string> Settings { get; init; } = [];

    /// <summary>ipvs: print ipsets and iptables rules, too.</summary>
    public bool WithSets { get; init; }
}
