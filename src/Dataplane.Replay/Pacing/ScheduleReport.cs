namespace Dataplane.Replay.Pacing;

/// <summary>How a paced run kept its pace.</summary>
/// <param name="Pace"><c>multiplier</c>, <c>pps</c> or <c>mbps</c>.</param>
/// <param name="Rate">As asked for.</param>
/// <param name="Reached">The same, as it was from the first packet to the last.</param>
/// <param name="ErrorNanoseconds">By how much each packet was sent behind the time at which it was due.</param>
/// <param name="Backwards">Packets that were captured before the one in front of them; they follow it at once.</param>
/// <param name="FirstBackwards">The first of those, from 1; 0: none.</param>
public sealed record ScheduleReport(
    string Pace, double Rate, double Reached, LatencySummary ErrorNanoseconds, long Backwards, long FirstBackwards)
{
    /// <summary>Below this share of what was asked for, the run says so.</summary>
    private const double Kept = 0.99;

    internal bool IsBehind => Reached < Kept * Rate;
}
