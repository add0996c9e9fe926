using System.Globalization;
using Dataplane.Replay;
using Dataplane.Replay.Pacing;
using Dataplane.Replay.Policies;
using Dataplane.Replay.StageTiming;
using Dataplane.Replay.Workers;

namespace Dataplane.Cli;

/// <summary>A replay's result for people.</summary>
public static class ReplayText
{
    public static void Write(TextWriter output, ReplayReport report, Style style)
    {
        string nodes = report.Nodes.Length switch
        {
            0 => "",
            1 => ", 1 node",
            int count => $", {Quantity.Count(count)} nodes",
        };
        output.WriteLine(style.Bold($"{report.Cni}, {report.Proxy} proxy{nodes}"));
        output.WriteLine();

        WriteVerdicts(output, report, style);
        WriteDrops(output, report, style);
        WritePolicyDrops(output, report, style);
        WriteIgnored(output, report, style);
        WriteLink(output, report, style);
        output.WriteLine();
        WriteWork(output, report);
        WriteSpeed(output, report);
    }

    private static void WriteVerdicts(TextWriter output, ReplayReport report, Style style)
    {
        VerdictCounts verdicts = report.Verdicts;
        var table = new TextTable(1, "verdict", "packets", "share");
        void Row(string name, long packets, Func<string, string>? paint = null) => table.AddPainted(
            paint ?? (line => line), name, Quantity.Count(packets), Quantity.Share(packets, report.Packets));

        Row("forwarded", verdicts.Forwarded, verdicts.Forwarded > 0 ? style.Good : null);
        Row("answered", verdicts.Answered);
        Row("dropped", verdicts.Dropped, verdicts.Dropped > 0 ? style.Bad : null);
        Row("ignored", verdicts.Ignored, style.Faint);
        Row("all", report.Packets);
        table.Write(output, style);
    }

    private static void WriteDrops(TextWriter output, ReplayReport report, Style style)
    {
        if (report.Drops.IsEmpty) return;

        output.WriteLine();
        var table = new TextTable(3, "dropped because", "stage", "node", "packets", "bytes", "answered");
        foreach (DropCount drop in report.Drops.OrderByDescending(drop => drop.Packets))
        {
            table.Add(
                drop.Reason,
                drop.Stage,
                drop.Node,
                Quantity.Count(drop.Packets),
                Quantity.Count(drop.Bytes),
                Quantity.Count(drop.Answered));
        }

        table.Write(output, style);
    }

    private static void WritePolicyDrops(TextWriter output, ReplayReport report, Style style)
    {
        if (report.PolicyDrops.IsEmpty) return;

        output.WriteLine();
        var table = new TextTable(4, "policy dropped for", "direction", "policy", "line", "packets");
        foreach (PolicyDropCount drop in report.PolicyDrops)
        {
            string rule = drop.Rule is { } place ? $" rule {place}" : "";
            table.Add(
                drop.Pod ?? "any pod", drop.Direction, drop.Policy + rule, drop.Source, Quantity.Count(drop.Packets));
        }

        table.Write(output, style);
    }

    private static void WriteIgnored(TextWriter output, ReplayReport report, Style style)
    {
        if (report.Ignored.IsEmpty) return;

        output.WriteLine();
        var table = new TextTable(1, "ignored because", "packets");
        foreach (IgnoredCount ignored in report.Ignored.OrderByDescending(ignored => ignored.Packets))
            table.Add(ignored.Reason, Quantity.Count(ignored.Packets));
        table.Write(output, style);
    }

    private static void WriteLink(TextWriter output, ReplayReport report, Style style)
    {
        if (report.Link is not { } link || link.Nodes.IsEmpty) return;

        output.WriteLine();
        var table = new TextTable(1, "link of", "frames", "dropped", "in use", "goodput", "queue", "mean", "p99");
        foreach (LinkUse use in link.Nodes)
        {
            table.Add(
                use.Node,
                Quantity.Count(use.Frames),
                Quantity.Count(use.Dropped),
                string.Create(CultureInfo.InvariantCulture, $"{100 * use.Utilisation:F1} %"),
                Quantity.Scaled(use.GoodputBitsPerSecond, "bit/s"),
                Quantity.Count(use.QueueDepth.Max),
                use.QueueDepth.Mean.ToString("F1", CultureInfo.InvariantCulture),
                Quantity.Count(use.QueueDepth.P99));
        }

        table.Write(output, style);
        string rate = link.RateBitsPerSecond > 0
            ? $"{Quantity.Scaled(link.RateBitsPerSecond, "bit/s")}, queue of {Quantity.Count(link.Queue)}"
            : "no rate";
        output.WriteLine($"({rate}, delay {Quantity.Nanoseconds(link.DelayNanoseconds)}; goodput: IP without tunnels)");
    }

    private static void WriteWork(TextWriter output, ReplayReport report)
    {
        Line(output, "frames", [
            (report.FramesWritten, "written"), (report.Encapsulated, "encapsulated"),
            (report.Decapsulated, "decapsulated")]);
        Line(output, "packets", [
            (report.Translated, "translated"), (report.Reoriginated, "re-originated"), (report.Guessed, "guessed")]);
        if (report.Unlisted > 0) Line(output, "", [(report.Unlisted, "from addresses that no Pod object has")]);
        if (report.SnapCut > 0) Line(output, "", [(report.SnapCut, "cut by the capture's snap length")]);
        if (report.SuperFrames is { } super) Line(output, "", [(super.Packets, super.Gso == "keep"
            ? "TCP super-frames, kept whole (--gso keep): larger than any wire takes"
            : "TCP super-frames, segmented as a network card would (--gso keep leaves them whole)")]);
        Line(output, "connections", [(report.Connections, "")]);
    }

    private static void WriteSpeed(TextWriter output, ReplayReport report)
    {
        output.WriteLine();
        string loops = report.Loops.Length > 1 ? $" (median of {report.Loops.Length} loops)" : "";
        Put(output, "speed",
            $"{Quantity.Scaled(MedianRate(report), "packets/s")}, {Quantity.Scaled(MedianBits(report), "bit/s")}, "
            + $"{Quantity.Nanoseconds(MedianNanoseconds(report))} a packet{loops}");

        if (report.LatencyNanoseconds is { } latency)
        {
            string arrival = report.Schedule is null ? "was read" : "was due";
            Put(output, "latency", $"min {Quantity.Nanoseconds(latency.Min)}, p50 {Quantity.Nanoseconds(latency.P50)}, "
                + $"p90 {Quantity.Nanoseconds(latency.P90)}, p99 {Quantity.Nanoseconds(latency.P99)}");
            Put(output, "",
                $"p99.9 {Quantity.Nanoseconds(latency.P999)}, p99.99 {Quantity.Nanoseconds(latency.P9999)}, "
                + $"max {Quantity.Nanoseconds(latency.Max)}, mean {Quantity.Nanoseconds(latency.Mean)}");
            Put(output, "", $"(from when a packet {arrival} to when its burst's frames are made)");
        }

        Put(output, "", "(the emulator's own time, not a kernel's)");
        if (report.WorkerShares is { } shares) WriteWorkers(output, report.Workers, shares);
        if (report.StageTimes is { } stages) WriteStages(output, stages);
        if (report.Schedule is { } schedule) WriteSchedule(output, schedule);
        Put(output, "memory", $"{Quantity.Bytes(report.PeakMemoryBytes)} at most, "
            + $"{Quantity.Bytes(report.AllocatedBytes)} allocated on the packet path");
    }

    private static void WriteWorkers(TextWriter output, int workers, WorkerShares shares)
    {
        Put(output, "workers", string.Create(CultureInfo.InvariantCulture,
            $"{workers}, {shares.Waiting:P0} of their time waiting for their turn; of their work:"));
        Put(output, "", string.Create(
            CultureInfo.InvariantCulture,
            $"parse {shares.Parse:P0}, decide {shares.Decide:P0}, emit {shares.Emit:P0}, each burst by burst; "
            + $"write {shares.Write:P0}, side by side"));
        Put(output, "", string.Create(
            CultureInfo.InvariantCulture,
            $"(no number of workers is faster than {1 / shares.Serial:0.0} times one: "
            + $"{shares.Serial:P0} goes in turn at one place)"));
    }

    private static void WriteStages(TextWriter output, StageTimesReport times)
    {
        foreach (StageTime stage in times.Stages)
        {
            Put(output, stage == times.Stages[0] ? "stages" : "", string.Create(
                CultureInfo.InvariantCulture,
                $"{stage.Stage,-22} p50 {stage.P50,7:F1}  p99 {stage.P99,8:F1}  mean {stage.Mean,7:F1} ns"));
        }

        Put(output, times.Stages.IsEmpty ? "stages" : "",
            $"(a packet's share, in 1 of {times.EveryBursts} bursts: {Quantity.Count(times.Packets)} packets)");
        Put(output, "", $"(each has {Quantity.Nanoseconds(times.ClockNanoseconds)} a burst of the clock's own in it)");
    }

    private static void WriteSchedule(TextWriter output, ScheduleReport schedule)
    {
        string unit = schedule.Pace switch
        {
            "multiplier" => "times as captured",
            "pps" => "packets/s",
            _ => "Mbit/s",
        };
        LatencySummary late = schedule.ErrorNanoseconds;
        Put(output, "pace", string.Create(
            CultureInfo.InvariantCulture,
            $"{schedule.Rate:#,0.######} {unit} asked for, {schedule.Reached:#,0.###} reached"));
        Put(output, "sent late by", $"p50 {Quantity.Nanoseconds(late.P50)}, p90 {Quantity.Nanoseconds(late.P90)}, "
            + $"p99 {Quantity.Nanoseconds(late.P99)}, p99.9 {Quantity.Nanoseconds(late.P999)}, "
            + $"max {Quantity.Nanoseconds(late.Max)}");
    }

    /// <summary>
    /// Loops differ in the first one's new connections and in the machine's noise; the median leaves both aside.
    /// </summary>
    private static double MedianRate(ReplayReport report)
    {
        double[] rates = [.. report.Loops
            .Where(loop => loop.ElapsedSeconds > 0)
            .Select(loop => loop.Packets / loop.ElapsedSeconds)
            .Order()];
        if (rates.Length < 2) return report.PacketsPerSecond;

        int middle = rates.Length / 2;
        return rates.Length % 2 == 1 ? rates[middle] : (rates[middle - 1] + rates[middle]) / 2;
    }

    private static double MedianBits(ReplayReport report) =>
        report.PacketsPerSecond > 0 ? report.BitsPerSecond * MedianRate(report) / report.PacketsPerSecond : 0;

    private static double MedianNanoseconds(ReplayReport report)
    {
        double rate = MedianRate(report);
        return rate > 0 ? 1e9 / rate : 0;
    }

    private static void Line(TextWriter output, string name, (long Count, string What)[] parts) =>
        Put(output, name,
            string.Join(", ", parts.Select(part => $"{Quantity.Count(part.Count)} {part.What}".TrimEnd())));

    private static void Put(TextWriter output, string name, string text) => output.WriteLine($"{name,-12} {text}");
}
