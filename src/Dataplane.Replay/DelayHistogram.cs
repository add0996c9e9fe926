using System.Text;
using HdrHistogram;

namespace Dataplane.Replay;

/// <summary>
/// Nanoseconds in HdrHistogram's buckets: three digits, up to half an hour. All are alike,
/// so that any two can be added.
/// </summary>
internal sealed class DelayHistogram
{
    /// <summary>From 2⁴¹ on the library's buckets do not end where they should: their size overflows.</summary>
    private const long Longest = 1_800_000_000_000;
    private const int Digits = 3;
    private const int StepsPerHalf = 5;
    private const double NanosecondsPerMicrosecond = 1000;
    private const char ByteOrderMark = '\uFEFF';

    private readonly LongHistogram _histogram = new(Longest, Digits);

    /// <summary>Null where nothing was recorded.</summary>
    public LatencySummary? Summary => LatencySummary.Of(_histogram);

    /// <summary>Percentiles as HdrHistogram's plotters read them, in microseconds.</summary>
    public void WritePercentiles(TextWriter output) =>
        _histogram.OutputPercentileDistribution(output, StepsPerHalf, NanosecondsPerMicrosecond);

    /// <summary>
    /// One interval of HdrHistogram's log (V2), in nanoseconds: all buckets, so that logs of several runs can be added.
    /// </summary>
    public void WriteLog(Stream output, DateTime began, DateTime ended)
    {
        using var log = new MemoryStream();
        _histogram.StartTimeStamp = (long)(began - DateTime.UnixEpoch).TotalMilliseconds;
        _histogram.EndTimeStamp = (long)(ended - DateTime.UnixEpoch).TotalMilliseconds;
        HistogramLogWriter.Write(log, began, _histogram);

        // The library writes UTF-16, which no other reader of such logs takes.
        output.Write(Encoding.ASCII.GetBytes(
            Encoding.Unicode.GetString(log.ToArray()).TrimStart(ByteOrderMark).ReplaceLineEndings("\n")));
    }

    /// <summary>Everything that the other one holds, too.</summary>
    public void Add(DelayHistogram other) => _histogram.Add(other._histogram);

    public void Record(long nanoseconds) => _histogram.RecordValue(Math.Clamp(nanoseconds, 0, Longest));

    public void Record(long nanoseconds, int count) =>
        _histogram.RecordValueWithCount(Math.Clamp(nanoseconds, 0, Longest), count);
}
