using System.Collections.Immutable;
using Dataplane.Replay;
using Dataplane.Replay.Bench;

namespace Dataplane.Cli.Bench;

/// <summary><c>bench latency</c>: a row for each offered load, and the hockey stick.</summary>
internal static class LatencyDocument
{
    private static readonly (string Name, Func<LatencySummary, long> Of)[] Percentiles =
    [
        ("p50", summary => summary.P50), ("p90", summary => summary.P90), ("p99", summary => summary.P99),
        ("p99.9", summary => summary.P999), ("p99.99", summary => summary.P9999), ("max", summary => summary.Max),
    ];

    public static BenchDocument Of(LatencyBenchReport report) => new()
    {
        Title = "dataplane bench latency",
        Machine = report.Machine,
        Method = [.. MethodOf(report)],
        Table = TableOf(report),
        Conclusions = [.. ConclusionsOf(report)],
        Charts = () => [Chart(report)],
    };

    private static IEnumerable<string> MethodOf(LatencyBenchReport report)
    {
        if (report.Runs is [LatencyRun any, ..])
        {
            yield return $"{any.Engine}, {any.Cni}, frames: {any.FrameSize}, "
                + $"{Quantity.Count(any.Flows)} flows ({any.Distribution}), {Quantity.Count(any.Services)} services, "
                + $"{Quantity.Count(any.Policies)} policies, one thread";
        }

        yield return BenchDocument.Text($"Saturation: {report.SaturationPacketsPerSecond:N0} packets a second (± {100 * report.SaturationSpread:0} %) with the pacer at work, which has ")
            + BenchDocument.Text($"entries to make for each packet; {report.TopSpeedPacketsPerSecond:N0} without.");
        yield return BenchDocument.Text($"{report.Rounds} rounds in turn after {report.WarmUpRounds} to warm up, {report.Seconds:0.###} s of each load in each. ")
            + "A packet's latency counts from when it was due, however late the ones";
        yield return "in front of it were (no coordinated omission), to when its burst's frames are made, in memory. "
            + "It is the emulator's own time:";
        yield return "not a kernel's, not a network's. Beyond saturation the queue grows as long as the run lasts.";
    }

    private static TextTable TableOf(LatencyBenchReport report)
    {
        var table = new TextTable(
            0, ["load", "offered/s", "reached/s", "min", .. Percentiles.Select(percentile => percentile.Name),
                "p99.9 ±", "collections", "allocated"]);
        foreach (LatencyRun run in report.Runs)
        {
            LatencySummary? latency = run.LatencyNanoseconds;
            table.Add(
            [
                $"{run.LoadPercent} %",
                Quantity.Count((long)run.OfferedPacketsPerSecond),
                Quantity.Count((long)run.PacketsPerSecond) + (run.IsSaturated ? " !" : ""),
                latency is null ? "-" : Quantity.Nanoseconds(latency.Min),
                .. Percentiles.Select(percentile =>
                    latency is null ? "-" : Quantity.Nanoseconds(percentile.Of(latency))),
                BenchDocument.Percent(run.P999Spread),
                Quantity.Count(run.Collections),
                Quantity.Bytes(run.AllocatedBytes),
            ]);
        }

        return table;
    }

    private static IEnumerable<string> ConclusionsOf(LatencyBenchReport report)
    {
        if (report.Quoted is { } quoted)
        {
            yield return $"p99.9 at {quoted.LoadPercent} % of saturation "
                + $"({Quantity.Scaled(quoted.PacketsPerSecond, "packets/s")}): {Quantity.Nanoseconds(quoted.P999)}; "
                + $"best round {Quantity.Nanoseconds(quoted.BestRound)}, "
                + $"worst {Quantity.Nanoseconds(quoted.WorstRound)}";
        }

        int collections = report.Runs.Sum(run => run.Collections);
        yield return collections == 0
            ? "The collector did not run while packets were sent (GC.CollectionCount before and after each load)."
            : $"The collector ran {collections} times while packets were sent "
                + "(GC.CollectionCount before and after each load).";
        LatencyRun[] behind = [.. report.Runs.Where(run => run.IsSaturated)];
        if (behind.Length > 0)
            yield return $"! less than 99 % of what was offered was reached: from {behind[0].LoadPercent} % on.";
    }

    private static string Chart(LatencyBenchReport report)
    {
        LatencyRun[] runs = [.. report.Runs.Where(run => run.LatencyNanoseconds is not null)];
        ImmutableArray<ChartSeries> series =
        [
            .. Percentiles.Select((percentile, look) => new ChartSeries(
                percentile.Name,
                [.. runs.Select(run =>
                    new ChartPoint(run.LoadPercent, Math.Max(1, percentile.Of(run.LatencyNanoseconds!)) / 1000.0))],
                look)),
        ];
        return BenchChart.Lines(
            ("Latency against offered load",
                $"{report.Machine.Processor}; "
                + $"100 % are {Quantity.Scaled(report.SaturationPacketsPerSecond, "packets/s")}"),
            ("offered load, percent of saturation", IsLogarithmic: false),
            "microseconds, from due to made",
            series);
    }
}
