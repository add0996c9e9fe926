using System.Text;
using Dataplane.Replay;
using HdrHistogram;
using Xunit;

namespace Dataplane.Tests.Replay;

/// <summary>Latency as others read it.</summary>
public class DelayHistogramTests
{
    [Fact]
    public void Percentiles_are_HdrHistogram_s_table_in_microseconds()
    {
        var histogram = new DelayHistogram();
        for (int value = 1; value <= 1000; value++) histogram.Record(value);
        var text = new StringWriter { NewLine = "\n" };

        histogram.WritePercentiles(text);

        string[] lines = text.ToString().Split('\n');
        Assert.Equal("       Value     Percentile TotalCount 1/(1-Percentile)", lines[0]);
        Assert.Contains("       0.500 0.500000000000        500           2.00", lines);
        Assert.Contains("#[Max     =        1.000, Total count    =         1000]", lines);
    }

    [Fact]
    public void A_log_is_text_that_HdrHistogram_reads_and_adds_to_another_run_s()
    {
        var (one, other) = (new DelayHistogram(), new DelayHistogram());
        one.Record(1000, count: 3);
        other.Record(2000, count: 4);

        HistogramBase sum = Reread(one);
        sum.Add(Reread(other));

        Assert.Equal((7, 3, 4), (sum.TotalCount, sum.GetCountAtValue(1000), sum.GetCountAtValue(2000)));
    }

    [Fact]
    public void What_takes_longer_than_half_an_hour_counts_as_that_and_time_never_runs_back()
    {
        var histogram = new DelayHistogram();
        histogram.Record(long.MaxValue);
        histogram.Record(-5);

        Assert.Equal(0, histogram.Summary!.Min);
        Assert.InRange(histogram.Summary.Max, 1_800_000_000_000, 1_801_000_000_000);
    }

    private static HistogramBase Reread(DelayHistogram histogram)
    {
        using var log = new MemoryStream();
        histogram.WriteLog(log, DateTime.UnixEpoch.AddSeconds(1), DateTime.UnixEpoch.AddSeconds(2));
        Assert.StartsWith(
            "#[Histogram log format version 1.3]\n", Encoding.UTF8.GetString(log.ToArray()), StringComparison.Ordinal);
        log.Position = 0;
        using var reader = new HistogramLogReader(log);
        return Assert.Single(reader.ReadHistograms());
    }
}
