using System.Collections.Immutable;

namespace Dataplane.Replay.Bench;

/// <summary>
/// The result of <c>bench latency</c>: what <c>-o json</c> prints. Latency is the emulator's own time, from when a
/// packet was due, however late it was sent, to when its burst's frames were made; never a kernel's, nor a network's.
/// </summary>
public sealed record LatencyBenchReport
{
    public const int CurrentSchemaVersion = 1;

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    public string Bench { get; init; } = "latency";

    public required MachineFacts Machine { get; init; }

    /// <summary>Rounds that count; each visits every load, one after the other.</summary>
    public required int Rounds { get; init; }

    /// <summary>Rounds before them that do not count.</summary>
    public required int WarmUpRounds { get; init; }

    /// <summary>Of each load in each round.</summary>
    public required double Seconds { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>What loads are shares of: with the pacer at work, and nothing to wait for.</summary>
    public required double SaturationPacketsPerSecond { get; init; }

    public required double SaturationSpread { get; init; }

    /// <summary>Without the pacer.</summary>
    public required double TopSpeedPacketsPerSecond { get; init; }

    /// <summary>Null where that load was not asked for.</summary>
    public required QuotedLatency? Quoted { get; init; }

    public ImmutableArray<LatencyRun> Runs { get; init; } = [];
}

/// <summary>The p99.9 that is quoted: of all rounds together, and of the best and the worst of them.</summary>
public sealed record QuotedLatency(
    int LoadPercent, double PacketsPerSecond, long P999, long BestRound, long WorstRound);

/// <summary>One offered load.</summary>
public sealed record LatencyRun : BenchRun
{
    /// <summary>Of saturation.</summary>
    public required int LoadPercent { get; init; }

    public required double OfferedPacketsPerSecond { get; init; }

    /// <summary>As reached.</summary>
    public required double PacketsPerSecond { get; init; }

    /// <summary>Less than 99 % of what was offered was reached: latency grows as long as the run lasts.</summary>
    public required bool IsSaturated { get; init; }

    /// <summary>Of all rounds that count, together.</summary>
    public required LatencySummary? LatencyNanoseconds { get; init; }

    /// <summary>The rounds' p99.9: their median, and the distance of its quartiles as a share of it.</summary>
    public required double P999Nanoseconds { get; init; }

    public required double P999Spread { get; init; }

    /// <summary>By how much packets were sent late, as part of their latency.</summary>
    public required LatencySummary? ScheduleErrorNanoseconds { get; init; }

    /// <summary>Of every generation, while packets were sent: 0 says that none of this is the collector's.</summary>
    public required int Collections { get; init; }

    /// <summary>By packets, in the round with the least.</summary>
    public required long AllocatedBytes { get; init; }
}
