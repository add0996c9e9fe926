using System.Collections.Immutable;

namespace Dataplane.Replay.Bench;

/// <summary>
/// The result of <c>bench pipeline</c>: what <c>-o json</c> prints. Figures are medians of the rounds that count; a
/// spread is the distance between the quartiles, as a share of the median.
/// </summary>
public sealed record PipelineBenchReport
{
    public const int CurrentSchemaVersion = 1;

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    public string Bench { get; init; } = "pipeline";

    public required MachineFacts Machine { get; init; }

    /// <summary>Rounds that count; each visits every point, one after the other.</summary>
    public required int Rounds { get; init; }

    /// <summary>Rounds before them that do not count.</summary>
    public required int WarmUpRounds { get; init; }

    /// <summary>
    /// In each round of a point the trace is sent once to warm caches, then so many times; their
    /// median is the round's figure.
    /// </summary>
    public required int Passes { get; init; }

    public required ulong Seed { get; init; }

    public ImmutableArray<PipelineRun> Runs { get; init; } = [];
}

/// <summary>One point: a node's whole pipeline through the replay's loop, to memory.</summary>
public sealed record PipelineRun : BenchRun
{
    /// <summary>Of established connections.</summary>
    public required double PacketsPerSecond { get; init; }

    /// <summary>Of established connections.</summary>
    public required double NanosecondsPerPacket { get; init; }

    public required double Spread { get; init; }

    /// <summary>One for each round, ascending.</summary>
    public required ImmutableArray<double> Samples { get; init; }

    /// <summary>Of captured bytes.</summary>
    public required double BitsPerSecond { get; init; }

    public required double FirstPacketNanoseconds { get; init; }

    public required double FirstPacketSpread { get; init; }

    /// <summary>What a first packet's look-up visits on average.</summary>
    public required double LookupsPerPacket { get; init; }

    /// <summary>At top speed: from when a packet was read, with others, to when its burst's frames were made.</summary>
    public required LatencySummary? LatencyNanoseconds { get; init; }

    /// <summary>By the packets of established connections, in the round with the least.</summary>
    public required long AllocatedBytes { get; init; }

    /// <summary>Of established connections, in one pass.</summary>
    public required int Packets { get; init; }

    public required double BytesPerPacket { get; init; }

    public required long Connections { get; init; }

    /// <summary>Share of packets of established connections that went into the tunnel.</summary>
    public required double Encapsulated { get; init; }

    /// <summary>Share of the same that policies refused.</summary>
    public required double Dropped { get; init; }
}
