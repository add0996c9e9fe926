using Dataplane.Replay.Bench;
using Xunit;

namespace Dataplane.Tests.Replay.Bench;

/// <summary>What <c>bench latency</c> measures: shapes and counts, no times.</summary>
public sealed class LatencyBenchTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dataplane-latency-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Every_load_is_offered_and_its_percentiles_rise()
    {
        LatencyBenchReport report = Run(new LatencyBenchOptions { Loads = [10, 80, 150] });

        Assert.Equal([10, 80, 150], report.Runs.Select(run => run.LoadPercent));
        Assert.All(report.Runs, run =>
        {
            long[] rising =
            [
                run.LatencyNanoseconds!.Min, run.LatencyNanoseconds.P50, run.LatencyNanoseconds.P90,
                run.LatencyNanoseconds.P99, run.LatencyNanoseconds.P999, run.LatencyNanoseconds.P9999,
                run.LatencyNanoseconds.Max,
            ];
            Assert.Equal(rising.Order(), rising);
            Assert.Equal(
                report.SaturationPacketsPerSecond * run.LoadPercent / 100, run.OfferedPacketsPerSecond, precision: 3);
            Assert.Equal(0, run.AllocatedBytes);
        });
    }

    /// <summary>Due times are the plan's: what half as fast a machine could send arrives later and later.</summary>
    [Fact]
    public void Beyond_saturation_packets_wait_for_those_that_wait()
    {
        LatencyBenchReport report = Run(new LatencyBenchOptions { Loads = [1000] });
        LatencyRun run = Assert.Single(report.Runs);

        Assert.True(run.IsSaturated);
        Assert.True(
            run.ScheduleErrorNanoseconds!.Max > 0.02e9 / 2, "the last packet was due in the first tenth of the run");
        Assert.True(run.LatencyNanoseconds!.Max >= run.ScheduleErrorNanoseconds.Max);
    }

    [Fact]
    public void The_quoted_load_stands_alone_and_the_histogram_is_its()
    {
        string path = Path.Combine(_folder.FullName, "at80.hgrm");
        LatencyBenchReport report = Run(new LatencyBenchOptions { Loads = [50, 80], HistogramPath = path });
        string[] lines = File.ReadAllLines(path);

        Assert.Equal(80, report.Quoted!.LoadPercent);
        Assert.InRange(report.Quoted.P999, report.Quoted.BestRound, report.Quoted.WorstRound);
        Assert.Contains("Percentile", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith("#[Max", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_that_load_nothing_is_quoted() =>
        Assert.Null(Run(new LatencyBenchOptions { Loads = [20] }).Quoted);

    private static LatencyBenchReport Run(LatencyBenchOptions options) => LatencyBenchRunner.Run(
        options with { Services = 20, Trace = options.Trace with { Flows = 200 }, Seconds = 0.02, Rounds = 2 },
        static _ => { },
        CancellationToken.None);
}
