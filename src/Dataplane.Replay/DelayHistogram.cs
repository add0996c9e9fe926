using HdrHistogram;

namespace Dataplane.Replay;

/// <summary>Nanoseconds in HdrHistogram's buckets: three digits, up to an hour. All are alike, and so can be added.</summary>
internal sealed class DelayHistogram
{
    private const long Longest = 3_600_000_000_000;
    private const int Digits = 3;

    private readonly LongHistogram _histogram = new(Longest, Digits);

    /// <summary>Null where nothing was recorded.</summary>
    public LatencySummary? Summary => LatencySummary.Of(_histogram);

    public void Record(long nanoseconds) => _histogram.RecordValue(Math.Clamp(nanoseconds, 0, Longest));

    public void Record(long nanoseconds, int count) => _histogram.RecordValueWithCount(Math.Clamp(nanoseconds, 0, Longest), count);
}
