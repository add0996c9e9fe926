using HdrHistogram;

namespace Dataplane.Replay;

/// <summary>
/// What HdrHistogram made of recorded nanoseconds; each percentile is the largest value of its bucket.
/// </summary>
public sealed record LatencySummary(
    long Min, long P50, long P90, long P99, long P999, long P9999, long Max, double Mean)
{
    /// <summary>Null where nothing was recorded.</summary>
    internal static LatencySummary? Of(LongHistogram histogram) =>
        histogram.TotalCount == 0 ? null : new LatencySummary(
            histogram.LowestEquivalentValue(histogram.GetValueAtPercentile(0)),
            histogram.GetValueAtPercentile(50),
            histogram.GetValueAtPercentile(90),
            histogram.GetValueAtPercentile(99),
            histogram.GetValueAtPercentile(99.9),
            histogram.GetValueAtPercentile(99.99),
            histogram.GetMaxValue(),
            histogram.GetMean());
}
