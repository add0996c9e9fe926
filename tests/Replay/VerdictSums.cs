using Dataplane.Replay;

namespace Dataplane.Tests.Replay;

/// <summary>What must add up in every report.</summary>
internal static class VerdictSums
{
    /// <summary>Null where verdicts sum to the records, drops and ignored packets to their reasons.</summary>
    public static string? FaultOf(ReplayReport report)
    {
        VerdictCounts verdicts = report.Verdicts;
        long sum = verdicts.Forwarded + verdicts.Answered + verdicts.Dropped + verdicts.Ignored;
        if (sum != report.Packets) return $"{verdicts} sum to {sum}, read {report.Packets}";

        long dropped = report.Drops.Sum(drop => drop.Packets);
        if (dropped != verdicts.Dropped) return $"drops sum to {dropped}, dropped {verdicts.Dropped}";

        long ignored = report.Ignored.Sum(reason => reason.Packets);
        return ignored == verdicts.Ignored ? null : $"reasons sum to {ignored}, ignored {verdicts.Ignored}";
    }
}
