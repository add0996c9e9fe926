using Dataplane.Replay;

namespace Dataplane.Bench.Soak;

/// <summary>
/// A capture in an emulated cluster, and what came of it the first time: every other time must come to the same.
/// </summary>
internal sealed class SoakCase(string name, ReplayOptions options)
{
    private string? _first;

    public string Name => name;

    /// <summary>
    /// Reads manifests and capture and replays it; gives the packets, and a fault where counts
    /// do not add up or are others.
    /// </summary>
    public long Run(out string? fault)
    {
        long packets = 0;
        string outcome;
        fault = null;
        try
        {
            ReplayReport report = ReplayRunner.Run(options, new NoObserver(), CancellationToken.None);
            packets = report.Packets;
            outcome = OutcomeOf(report);
            fault = FaultOf(report);
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            outcome = error.Message;
        }

        _first ??= outcome;
        if (outcome != _first) fault = $"{name}: {outcome}; and was {_first}";
        return packets;
    }

    private string? FaultOf(ReplayReport report)
    {
        VerdictCounts verdicts = report.Verdicts;
        long sum = verdicts.Forwarded + verdicts.Answered + verdicts.Dropped + verdicts.Ignored;
        return sum == report.Packets ? null : $"{name}: {verdicts} sum to {sum}, read {report.Packets}";
    }

    private static string OutcomeOf(ReplayReport report) => string.Join(
        ' ',
        [
            $"{report.Packets} packets, {report.Verdicts}, {report.Encapsulated} encapsulated, "
            + $"{report.Decapsulated} decapsulated,",
            $"{report.Translated} translated, {report.Connections} connections, {report.FramesWritten} written",
            .. report.Drops.Select(drop => $"{drop.Reason} {drop.Packets}"),
            .. report.Ignored.Select(ignored => $"{ignored.Reason} {ignored.Packets}"),
        ]);

    private sealed class NoObserver : IReplayObserver
    {
        public void Started(long totalBytes, long totalRecordsOrMinusOne)
        {
        }

        public void Progress(long packets, long bytesRead)
        {
        }

        public void Warn(string line)
        {
        }
    }
}
