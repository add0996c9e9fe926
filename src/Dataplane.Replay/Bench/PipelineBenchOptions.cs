using System.Collections.Immutable;
using Dataplane.Replay.Generate;

namespace Dataplane.Replay.Bench;

/// <summary>What <c>dataplane bench pipeline</c> was asked to measure: every combination of what is listed.</summary>
public sealed record PipelineBenchOptions
{
    public ImmutableArray<string> Proxies { get; init; } = ["ebpf"];

    public ImmutableArray<string> Cnis { get; init; } = ["flannel"];

    /// <summary>As <see cref="TraceShape.FrameSize"/>.</summary>
    public ImmutableArray<int> FrameSizes { get; init; } = [64];

    public ImmutableArray<int> Flows { get; init; } = [10_000];

    public ImmutableArray<FlowDistribution> Distributions { get; init; } = [FlowDistribution.Uniform];

    public ImmutableArray<int> Workers { get; init; } = [1];

    /// <summary>
    /// Not every combination: the first of each list, and from there along each list alone. What a
    /// user asks for without any list.
    /// </summary>
    public bool IsStar { get; init; }

    public int Services { get; init; } = 1000;

    /// <summary>Of each Service.</summary>
    public int Endpoints { get; init; } = 4;

    public int Policies { get; init; }

    /// <summary>Packets of established connections in a trace; fewer where frames are large.</summary>
    public int Packets { get; init; } = 1_000_000;

    /// <summary>Rounds that count.</summary>
    public int Rounds { get; init; } = 7;

    public ulong Seed { get; init; } = 1;

    /// <summary>Every list as long as it gets, as a star.</summary>
    public static PipelineBenchOptions Star => new()
    {
        IsStar = true,
        Proxies = ["ebpf", "ipvs", "iptables"],
        Cnis = ["flannel", "calico", "cilium", "openshift-sdn", "ovn-kubernetes"],
        FrameSizes = [64, TrafficOptions.Imix, 1518],
        Flows = [10_000, 1, 1_000, 100_000, 1_000_000, 4_000_000],
        Distributions = [FlowDistribution.Uniform, FlowDistribution.Zipf],
        Workers = [1, 2],
    };

    /// <summary>The points to measure, each once.</summary>
    internal IEnumerable<PipelinePointKey> Points()
    {
        IEnumerable<PipelinePointKey> all =
            from proxy in Proxies
            from cni in Cnis
            from size in FrameSizes
            from flows in Flows
            from distribution in Distributions
            from workers in Workers
            select new PipelinePointKey(proxy, cni, new TraceShape(size, flows, distribution), workers);
        return (IsStar ? all.Where(IsOnStar) : all).Where(IsOfMeaning).Distinct();
    }

    /// <summary>One flow takes turns with nobody.</summary>
    private bool IsOfMeaning(PipelinePointKey key) => key.Trace.Flows > 1 || key.Trace.Distribution == Distributions[0];

    /// <summary>Flows and their distribution are one ray.</summary>
    private bool IsOnStar(PipelinePointKey key)
    {
        int away = 0;
        if (key.Proxy != Proxies[0]) away++;
        if (key.Cni != Cnis[0]) away++;
        if (key.Trace.FrameSize != FrameSizes[0]) away++;
        if (key.Trace.Flows != Flows[0] || key.Trace.Distribution != Distributions[0]) away++;
        if (key.Workers != Workers[0]) away++;
        return away <= 1;
    }
}

/// <summary>One point to measure.</summary>
internal readonly record struct PipelinePointKey(string Proxy, string Cni, TraceShape Trace, int Workers);
