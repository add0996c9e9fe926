using System.Collections.Immutable;

namespace Dataplane.Replay.Bench;

/// <summary>
/// The result of <c>bench scaling</c>: what <c>-o json</c> prints. Nanoseconds are the lower quartile of the rounds
/// that count; a spread is the distance between the quartiles, as a share of the median.
/// </summary>
public sealed record ScalingReport
{
    public const int CurrentSchemaVersion = 1;

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    public required MachineFacts Machine { get; init; }

    /// <summary>Rounds that count; each visits every point, one after the other.</summary>
    public required int Rounds { get; init; }

    /// <summary>Rounds before them that do not count.</summary>
    public required int WarmUpRounds { get; init; }

    public required ulong Seed { get; init; }

    public ImmutableArray<ScalingRun> Runs { get; init; } = [];

    /// <summary>One for each engine: its largest number of Services against its smallest.</summary>
    public ImmutableArray<ScalingGrowth> Growth { get; init; } = [];
}

/// <summary>
/// One engine at one number of Services; packet figures are a node's whole pipeline, but for the look-up's.
/// </summary>
public sealed record ScalingRun
{
    public required string Engine { get; init; }

    public required int Services { get; init; }

    /// <summary>Of each Service.</summary>
    public required int Endpoints { get; init; }

    public int Policies { get; init; }

    /// <summary>Live connections.</summary>
    public required int Flows { get; init; }

    public required int FrameSize { get; init; }

    public required string Cni { get; init; }

    public int Workers { get; init; } = 1;

    /// <summary>Of established connections.</summary>
    public required double PacketsPerSecond { get; init; }

    /// <summary>Of established connections.</summary>
    public required double NanosecondsPerPacket { get; init; }

    public required double Spread { get; init; }

    /// <summary>
    /// Packets of established connections, each as long as its burst took; null where nothing was measured.
    /// </summary>
    public required LatencySummary? LatencyNanoseconds { get; init; }

    /// <summary>While packets were sent, in the round with the least of those that count.</summary>
    public required long AllocatedBytes { get; init; }

    /// <summary>
    /// What a first packet's look-up visits, on average: rules of all hooks (iptables), rules and entries of the bucket
    /// (ipvs), entries of maps with those that collide (ebpf).
    /// </summary>
    public required double LookupsPerPacket { get; init; }

    public required double FirstPacketNanoseconds { get; init; }

    public required double FirstPacketMedianNanoseconds { get; init; }

    public required double FirstPacketSpread { get; init; }

    public required double EstablishedNanoseconds { get; init; }

    public required double EstablishedMedianNanoseconds { get; init; }

    /// <summary>A first packet's look-up of its Service, without parsing, tracking or sending.</summary>
    public required double LookupNanoseconds { get; init; }

    public required double LookupMedianNanoseconds { get; init; }

    public required double LookupSpread { get; init; }

    /// <summary>From the manifests' objects to one node's tables, the fastest of a few times.</summary>
    public required double CompileSeconds { get; init; }

    /// <summary>One node's tables; Maglev's apart.</summary>
    public required long TableBytes { get; init; }
}

/// <summary>How an engine's cost grows from few Services to many.</summary>
/// <param name="Engine">As <c>--proxy</c> names it.</param>
/// <param name="FromServices">The smallest number of Services.</param>
/// <param name="ToServices">The largest number of Services.</param>
/// <param name="LookupsPerService">More look-ups for each more Service.</param>
/// <param name="NanosecondsPerService">More nanoseconds of a look-up for each more Service.</param>
/// <param name="NanosecondsPerLookup">The price of one of them; null where their number does not grow.</param>
/// <param name="FirstPacketRatio">First packets, largest to smallest.</param>
/// <param name="EstablishedRatio">Packets of established connections, largest to smallest.</param>
/// <param name="LookupRatio">The look-up alone, largest to smallest.</param>
public sealed record ScalingGrowth(
    string Engine,
    int FromServices,
    int ToServices,
    double LookupsPerService,
    double NanosecondsPerService,
    double? NanosecondsPerLookup,
    double FirstPacketRatio,
    double EstablishedRatio,
    double LookupRatio);
