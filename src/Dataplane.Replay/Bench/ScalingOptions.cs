using System.Collections.Immutable;

namespace Dataplane.Replay.Bench;

/// <summary>What <c>dataplane bench scaling</c> was asked to measure.</summary>
public sealed record ScalingOptions
{
    public static readonly ImmutableArray<int> DefaultServices = [10, 100, 1_000, 5_000, 10_000, 50_000];

    /// <summary>Numbers of Services, one point each.</summary>
    public ImmutableArray<int> Services { get; init; } = DefaultServices;

    public ImmutableArray<string> Proxies { get; init; } = [.. PipelineCatalog.Proxies];

    /// <summary>Of each Service.</summary>
    public int Endpoints { get; init; } = 10;

    /// <summary>Live connections, the same number at every point.</summary>
    public int Flows { get; init; } = 16_384;

    /// <summary>Rounds that count.</summary>
    public int Rounds { get; init; } = 7;

    public ulong Seed { get; init; } = 1;
}
