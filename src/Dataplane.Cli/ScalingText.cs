using System.Globalization;
using Dataplane.Replay.Bench;

namespace Dataplane.Cli;

/// <summary><c>bench scaling</c> as a table, and what it comes to.</summary>
public sealed class ScalingText(TextWriter output, Style style)
{
    public void Write(ScalingReport report)
    {
        output.WriteLine($"{report.Machine.Processor}, {report.Machine.Cores} cores, {report.Machine.Runtime}, one thread");
        if (report.Runs is [ScalingRun any, ..])
        {
            output.WriteLine($"{Quantity.Count(any.Flows)} flows, {any.Endpoints} endpoints a service, {any.FrameSize}-byte frames, one node, {any.Cni}");
        }

        output.WriteLine($"Nanoseconds a packet: the lower quartile of {report.Rounds} rounds in turn, after {report.WarmUpRounds} to warm up;");
        output.WriteLine("± is the distance between the quartiles. First and established: the whole pipeline; look-up: the Service alone.");
        output.WriteLine();
        WriteRuns(report);
        output.WriteLine();
        foreach (ScalingGrowth growth in report.Growth) output.WriteLine(Sentence(growth));
    }

    private void WriteRuns(ScalingReport report)
    {
        var table = new TextTable(1, "proxy", "services", "first", "±", "established", "±", "look-up", "±", "visited", "compiled", "tables");
        foreach (ScalingRun run in report.Runs.OrderBy(run => run.Engine, StringComparer.Ordinal).ThenBy(run => run.Services))
        {
            table.Add(
                run.Engine,
                Quantity.Count(run.Services),
                Number(run.FirstPacketNanoseconds),
                Percent(run.FirstPacketSpread),
                Number(run.EstablishedNanoseconds),
                Percent(run.Spread),
                Number(run.LookupNanoseconds),
                Percent(run.LookupSpread),
                Number(run.LookupsPerPacket),
                Quantity.Nanoseconds(run.CompileSeconds * 1e9),
                Quantity.Bytes(run.TableBytes));
        }

        table.Write(output, style);
    }

    private static string Sentence(ScalingGrowth growth)
    {
        string price = growth.NanosecondsPerLookup is { } nanoseconds
            ? Text($", {growth.LookupsPerService:0.00} rules for each service, {nanoseconds:0.00} ns a rule")
            : "";
        return Text($"{growth.Engine}: from {growth.FromServices:N0} to {growth.ToServices:N0} services, first packets cost {growth.FirstPacketRatio:0.00} times as much, ")
            + Text($"established {growth.EstablishedRatio:0.00}, the look-up {growth.LookupRatio:0.00}") + price;
    }

    private static string Number(double value) => value.ToString(value < 100 ? "0.0" : "N0", CultureInfo.InvariantCulture);

    private static string Percent(double share) => (100 * share).ToString("0", CultureInfo.InvariantCulture) + " %";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
