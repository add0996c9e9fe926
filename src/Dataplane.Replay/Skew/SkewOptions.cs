using System.Collections.Immutable;

namespace Dataplane.Replay.Skew;

/// <summary>What <c>--skew</c> says about the clocks of several captures.</summary>
/// <param name="IsEstimated">Whether those that nobody gave are estimated.</param>
/// <param name="Given">By capture, how far its clock is ahead, nanoseconds.</param>
public sealed record SkewOptions(bool IsEstimated, ImmutableArray<(string Capture, long Ahead)> Given)
{
    public static SkewOptions Auto { get; } = new(IsEstimated: true, []);
}
