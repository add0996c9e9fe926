using System.Globalization;
using Dataplane.Replay;

namespace Dataplane.Cli;

/// <summary>One capture through several CNIs, side by side.</summary>
public static class ComparisonText
{
    public static void Write(TextWriter output, CniComparison comparison, Style style)
    {
        var table = new TextTable(
            1, "CNI", "wire bytes", "frames", "overhead", "hops",
            "forwarded", "dropped", "over MTU", "translated", "ns/packet");
        foreach (CniOutcome run in comparison.Runs)
        {
            table.Add(
                run.Report.Cni,
                Quantity.Count(run.WireBytes),
                Quantity.Count(run.WireFrames),
                Quantity.Count(run.Overhead),
                Quantity.Count(run.Hops),
                Quantity.Count(run.Report.Verdicts.Forwarded),
                Quantity.Count(run.Report.Verdicts.Dropped),
                Quantity.Count(run.OverMtu),
                Quantity.Count(run.Report.Translated),
                run.Report.NanosecondsPerPacket.ToString("0", CultureInfo.InvariantCulture));
        }

        table.Write(output, style);
        output.WriteLine();
        output.WriteLine("overhead: bytes around a packet between two nodes; hops: TTL that it loses there;");
        output.WriteLine("over MTU: packets dropped for their size, or sent on in fragments;");
        output.WriteLine("ns/packet: the emulator's own time, not a kernel's, first packets and all");
    }
}
