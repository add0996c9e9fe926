using Dataplane.Cli;
using Dataplane.Replay;

namespace Dataplane.Tests.Replay;

/// <summary>
/// What two runs of one capture must have in common, as JSON: all but what the clock and the memory say.
/// </summary>
internal static class TimelessReport
{
    public static string Of(ReplayReport report) => CliJson.Write(report with
    {
        ElapsedSeconds = 0,
        PacketsPerSecond = 0,
        BitsPerSecond = 0,
        NanosecondsPerPacket = 0,
        LatencyNanoseconds = null,
        Schedule = null,
        AllocatedBytes = 0,
        PeakMemoryBytes = 0,
        Workers = 1,
        WorkerShares = null,
        Loops = [.. report.Loops.Select(loop => loop with { ElapsedSeconds = 0 })],
    });
}
