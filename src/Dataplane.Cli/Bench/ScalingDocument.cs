using System.Collections.Immutable;
using Dataplane.Replay.Bench;

namespace Dataplane.Cli.Bench;

/// <summary>
/// <c>bench scaling</c>: a row for each point; nanoseconds over Services, where linear growth is a straight line.
/// </summary>
internal static class ScalingDocument
{
    public static BenchDocument Of(ScalingReport report) => new()
    {
        Title = "dataplane bench scaling",
        Machine = report.Machine,
        Method = [.. MethodOf(report)],
        Table = TableOf(report),
        Conclusions = [.. report.Growth.Select(Sentence)],
        Charts = () => [Chart(report)],
    };

    private static IEnumerable<string> MethodOf(ScalingReport report)
    {
        if (report.Runs is [ScalingRun any, ..])
        {
            yield return $"{Quantity.Count(any.Flows)} flows, {any.Endpoints} endpoints a service, "
                + $"{any.FrameSize}-byte frames, one node, {any.Cni}, one thread";
        }

        yield return $"Nanoseconds a packet: the lower quartile of {report.Rounds} rounds in turn, "
            + $"after {report.WarmUpRounds} to warm up;";
        yield return "± is the distance between the quartiles. First and established: the whole pipeline; look-up: "
            + "the Service alone.";
    }

    private static TextTable TableOf(ScalingReport report)
    {
        var table = new TextTable(
            1, "proxy", "services", "first", "±", "established", "±", "look-up", "±", "visited", "compiled", "tables");
        foreach (ScalingRun run in report.Runs.OrderBy(run => run.Engine, StringComparer.Ordinal)
            .ThenBy(run => run.Services))
        {
            table.Add(
                run.Engine,
                Quantity.Count(run.Services),
                BenchDocument.Number(run.FirstPacketNanoseconds),
                BenchDocument.Percent(run.FirstPacketSpread),
                BenchDocument.Number(run.EstablishedNanoseconds),
                BenchDocument.Percent(run.Spread),
                BenchDocument.Number(run.LookupNanoseconds),
                BenchDocument.Percent(run.LookupSpread),
                BenchDocument.Number(run.LookupsPerPacket),
                Quantity.Nanoseconds(run.CompileSeconds * 1e9),
                Quantity.Bytes(run.TableBytes));
        }

        return table;
    }

    private static string Sentence(ScalingGrowth growth)
    {
        string price = growth.NanosecondsPerLookup is { } nanoseconds
            ? BenchDocument.Text(
                $", {growth.LookupsPerService:0.00} rules for each service, {nanoseconds:0.00} ns a rule")
            : "";
        return BenchDocument.Text($"{growth.Engine}: from {growth.FromServices:N0} to {growth.ToServices:N0} services, first packets cost {growth.FirstPacketRatio:0.00} times as much, ")
            + BenchDocument.Text($"established {growth.EstablishedRatio:0.00}, the look-up {growth.LookupRatio:0.00}")
            + price;
    }

    private static string Chart(ScalingReport report)
    {
        List<ChartSeries> series = [];
        foreach (IGrouping<string, ScalingRun> engine in report.Runs.GroupBy(run => run.Engine))
        {
            int look = series.Count / 2;
            series.Add(new ChartSeries(
                $"{engine.Key}, first packet", Points(engine, run => run.FirstPacketNanoseconds), look));
            series.Add(new ChartSeries(
                $"{engine.Key}, established", Points(engine, run => run.EstablishedNanoseconds), look, IsDashed: true));
        }

        return BenchChart.Lines(
            ("The cost of a packet as the number of Services grows", report.Machine.Processor),
            ("Services", IsLogarithmic: true),
            "nanoseconds a packet, whole pipeline",
            series);
    }

    private static ImmutableArray<ChartPoint> Points(IEnumerable<ScalingRun> runs, Func<ScalingRun, double> cost) =>
        [.. runs.OrderBy(run => run.Services).Select(run => new ChartPoint(run.Services, cost(run)))];
}
