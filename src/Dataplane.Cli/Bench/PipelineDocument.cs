using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Replay.Bench;

namespace Dataplane.Cli.Bench;

/// <summary>
/// <c>bench pipeline</c>: a row for each point, and a chart for each parameter that takes more than one value.
/// </summary>
internal static class PipelineDocument
{
    private const string CostTitle = "nanoseconds a packet, established connections";
    private const int MostSeries = 6;

    /// <summary>What runs differ by, beside flows; bars tell them apart.</summary>
    private static readonly (string Name, Func<PipelineRun, string> Of)[] Parameters =
    [
        ("engine", run => run.Engine),
        ("CNI", run => run.Cni),
        ("frame size", run => run.FrameSize),
        ("distribution", run => run.Distribution),
        ("workers",
            run => run.Workers == 1 ? "1 worker" : $"{run.Workers.ToString(CultureInfo.InvariantCulture)} workers"),
    ];

    public static BenchDocument Of(PipelineBenchReport report) => new()
    {
        Title = "dataplane bench pipeline",
        Machine = report.Machine,
        Method = [.. MethodOf(report)],
        Table = TableOf(report),
        Charts = () => [.. ChartsOf(report)],
    };

    private static IEnumerable<string> MethodOf(PipelineBenchReport report)
    {
        if (report.Runs is [PipelineRun any, ..])
        {
            yield return $"{Quantity.Count(any.Services)} services with {any.Endpoints} endpoints, "
                + $"{Quantity.Count(any.Policies)} policies; one of 10 nodes, its pods as clients; TCP 75 %, "
                + "UDP 25 % of flows; captures in memory, frames to memory";
        }

        yield return $"Nanoseconds a packet: the median of {report.Rounds} rounds in turn, "
            + $"after {report.WarmUpRounds} to warm up; ± is the distance between the quartiles.";
        yield return "A round opens all flows anew (first: their first packets), sends the trace once to warm up, "
            + $"then {report.Passes} times (established).";
        yield return "Through the replay's own reader and loop, with connection states, "
            + "counters and the latency of every packet. The emulator's time, never a kernel's.";
    }

    private static TextTable TableOf(PipelineBenchReport report)
    {
        var table = new TextTable(
            4, "engine", "CNI", "frames", "turns", "flows", "workers", "established",
            "±", "Mpps", "Gbit/s", "first", "±", "encapsulated", "dropped", "allocated");
        foreach (PipelineRun run in report.Runs)
        {
            table.Add(
                run.Engine,
                run.Cni,
                run.FrameSize,
                run.Distribution,
                Quantity.Count(run.Flows),
                Quantity.Count(run.Workers),
                BenchDocument.Number(run.NanosecondsPerPacket),
                BenchDocument.Percent(run.Spread),
                BenchDocument.Text($"{run.PacketsPerSecond / 1e6:0.00}"),
                BenchDocument.Text($"{run.BitsPerSecond / 1e9:0.0}"),
                BenchDocument.Number(run.FirstPacketNanoseconds),
                BenchDocument.Percent(run.FirstPacketSpread),
                BenchDocument.Percent(run.Encapsulated),
                BenchDocument.Percent(run.Dropped),
                Quantity.Bytes(run.AllocatedBytes));
        }

        return table;
    }

    private static IEnumerable<string> ChartsOf(PipelineBenchReport report)
    {
        if (OverFlows(report) is { } flows) yield return flows;
        foreach ((string name, Func<PipelineRun, string> of) in Parameters)
        {
            if (Over(report, name, of) is { } bars) yield return bars;
        }

        // One point alone is a bar, too.
        if (report.Runs.Length == 1)
            yield return Bars(report, "One point", ["established"], [("", [(0, report.Runs[0])])]);
    }

    private static string? OverFlows(PipelineBenchReport report)
    {
        IGrouping<string, PipelineRun>[] lines =
        [
            .. report.Runs
                .GroupBy(run => string.Join(", ", Parameters.Select(parameter => parameter.Of(run))))
                .Where(line => line.Select(run => run.Flows).Distinct().Count() > 1),
        ];
        return lines.Length == 0 ? null : BenchChart.Lines(
            ($"Over the number of flows{Cut(lines.Length)}", report.Machine.Processor),
            ("flows", IsLogarithmic: true),
            CostTitle,
            [
                .. lines.Take(MostSeries).Select((line, look) => new ChartSeries(
                    line.Key, [.. line.OrderBy(run => run.Flows)
                        .Select(run => new ChartPoint(run.Flows, run.NanosecondsPerPacket))], look)),
            ]);
    }

    /// <summary>Null where all runs have the same.</summary>
    private static string? Over(PipelineBenchReport report, string name, Func<PipelineRun, string> of)
    {
        string RestOf(PipelineRun run) => string.Join(", ", Parameters
            .Where(parameter => parameter.Name != name)
            .Select(parameter => parameter.Of(run))
            .Append($"{Quantity.Count(run.Flows)} flows"));

        (string Title, PipelineRun[] Runs)[] groups =
        [
            .. report.Runs.GroupBy(RestOf).Select(group => (group.Key, group.ToArray()))
                .Where(group => group.Item2.Select(of).Distinct().Count() > 1),
        ];
        if (groups.Length == 0) return null;

        ImmutableArray<string> values = [.. groups.SelectMany(group => group.Runs).Select(of).Distinct()];
        return Bars(
            report,
            $"By {name}{Cut(groups.Length)}",
            values,
            [.. groups.Take(MostSeries)
                .Select(group => (group.Title, group.Runs.Select(run => (values.IndexOf(of(run)), run)).ToArray()))]);
    }

    private static string Bars(
        PipelineBenchReport report, string title, ImmutableArray<string> values,
        IReadOnlyList<(string Title, (int Value, PipelineRun Run)[] Runs)> groups) =>
        BenchChart.Bars(
            (title, report.Machine.Processor),
            CostTitle,
            values,
            [
                .. groups.Select((group, look) => new ChartSeries(
                    group.Title,
                    [.. group.Runs.Select(one => new ChartPoint(
                        one.Value, one.Run.NanosecondsPerPacket, one.Run.NanosecondsPerPacket * one.Run.Spread / 2))],
                    look)),
            ]);

    private static string Cut(int count) =>
        count <= MostSeries ? "" : $" (the first {MostSeries} of {count} combinations)";
}
