using System.Collections.Immutable;
using Dataplane.Replay.Generate;

namespace Dataplane.Replay.Bench;

/// <summary>What <c>dataplane bench latency</c> was asked to measure.</summary>
public sealed record LatencyBenchOptions
{
    /// <summary>The load whose p99.9 is told in a line of its own.</summary>
    public const int QuotedLoad = 80;

    public static readonly ImmutableArray<int> DefaultLoads = [10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100, 110, 120];

    /// <summary>Offered, in percent of saturation, ascending.</summary>
    public ImmutableArray<int> Loads { get; init; } = DefaultLoads;

    public string Proxy { get; init; } = "ebpf";

    public string Cni { get; init; } = "flannel";

    public TraceShape Trace { get; init; } = new(64, 10_000, FlowDistribution.Uniform);

    public int Services { get; init; } = 1000;

    /// <summary>Of each Service.</summary>
    public int Endpoints { get; init; } = 4;

    public int Policies { get; init; }

    /// <summary>Of each load in each round.</summary>
    public double Seconds { get; init; } = 1;

    /// <summary>Rounds that count.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Latency at <see cref="QuotedLoad"/> percent; null: none.</summary>
    public string? HistogramPath { get; init; }

    public ulong Seed { get; init; } = 1;
}
