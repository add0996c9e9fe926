using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Capture;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Replay.Pacing;
using Dataplane.Replay.Policies;

namespace Dataplane.Replay;

/// <summary>Makes the report of a run out of what was counted and measured.</summary>
internal static class RunReport
{
    private const int BitsPerByte = 8;

    public static ReplayReport Build(
        Emulation emulation, CaptureReader reader, RunMeter meter, LoopClock loops, ScheduleReport? schedule)
    {
        RunCounters counters = emulation.State.Counters;
        meter.SampleMemory();
        double seconds = meter.ElapsedSeconds;
        double perSecond = seconds > 0 ? 1 / seconds : 0;
        return new ReplayReport
        {
            Cni = emulation.Model.Cni,
            Proxy = emulation.Proxy.Name,
            Nodes = [.. emulation.Model.Nodes.Select(node => node.Name)],
            Packets = counters.Records,
            Bytes = counters.Bytes,
            Verdicts = new VerdictCounts(counters[Verdict.Forwarded],
                counters[Verdict.Answered], counters[Verdict.Dropped], counters[Verdict.Ignored]),
            Drops = DropsOf(emulation, counters),
            PolicyDrops = PolicyDropCounts.Of(emulation),
            Ignored = IgnoredOf(counters),
            Encapsulated = counters.Encapsulated,
            Decapsulated = counters.Decapsulated,
            Translated = counters.Translated,
            Reoriginated = counters.Reoriginated,
            Guessed = counters.Guessed,
            Connections = emulation.State.Connections.Created,
            Unlisted = counters.Unlisted,
            SnapCut = counters.Cut,
            SuperFrames = counters.SuperFrames == 0 ? null : new SuperFrameCount(
                emulation.State.Options.KeepsSuperFrames ? "keep" : "segment", counters.SuperFrames),
            Loops = [.. loops.Times],
            ElapsedSeconds = seconds,
            PacketsPerSecond = counters.Records * perSecond,
            BitsPerSecond = counters.Bytes * BitsPerByte * perSecond,
            NanosecondsPerPacket = counters.Records > 0 ? seconds * 1e9 / counters.Records : 0,
            LatencyNanoseconds = meter.Latency.Summary,
            Schedule = schedule,
            Link = LinkReport.Of(emulation.State.Links, emulation.Model),
            AllocatedBytes = meter.AllocatedBytes,
            PeakMemoryBytes = meter.PeakMemory,
            Notes =
            [
                .. emulation.Notes, .. NotesOf(emulation.Model.Snapshot, counters, reader), .. LimitsOf(
                    emulation.Topology),
                .. NotesOf(schedule),
            ],
            Damage = [.. DamageOf(emulation.Model.Snapshot, reader)],
        };
    }

    private static ImmutableArray<DropCount> DropsOf(Emulation emulation, RunCounters counters) =>
    [
        .. counters.Drops()
            .OrderByDescending(drop => drop.Tally.Packets)
            .Select(drop => new DropCount(
                DropReasonText.Name(drop.Reason),
                VerdictText.Name(drop.Stage),
                PacketComment.NodeName(emulation.Model, drop.Node),
                drop.Tally.Packets,
                drop.Tally.Bytes,
                drop.Tally.Answered)),
    ];

    private static ImmutableArray<IgnoredCount> IgnoredOf(RunCounters counters) =>
    [
        .. Enum.GetValues<IgnoreReason>()
            .Where(reason => counters[reason] > 0)
            .Select(reason => new IgnoredCount(VerdictText.Name(reason), counters[reason])),
    ];

    private static IEnumerable<string> NotesOf(ClusterSnapshot snapshot, RunCounters counters, CaptureReader reader)
    {
        foreach (Finding finding in snapshot.Findings.Where(finding => finding.Severity != Severity.Damage))
            yield return finding.ToString();
        if (counters.Unlisted > 0)
        {
            yield return $"{Quantity(counters.Unlisted, "packet")} came from addresses in a podCIDR that no Pod object "
                + "has: forwarded as pods without labels";
        }

        if (counters.Cut > 0)
            yield return $"{Quantity(counters.Cut, "packet")} cut by the capture's snap length: "
                + "outer checksums over them are left out";
        if (reader.Remark is { } remark) yield return Place(reader, remark);
    }

    private static IEnumerable<string> NotesOf(ScheduleReport? schedule)
    {
        if (schedule is null) yield break;

        if (schedule.Backwards > 0)
        {
            yield return $"{Quantity(schedule.Backwards, "packet")} captured before the packet in front of it (first: "
                + $"packet {schedule.FirstBackwards}): sent behind it at once";
        }

        if (schedule.IsBehind)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"the pace was not kept: {schedule.Rate:G6} {schedule.Pace} asked for, {schedule.Reached:G4} reached; "
                + $"packets waited for it");
        }
    }

    private static IEnumerable<string> LimitsOf(Topology topology)
    {
        long limit = topology.Names.Limit;
        if (topology.Names.Refused > 0)
        {
            yield return $"{Quantity(topology.Names.Refused, "time")}, an IPv6 address was not remembered beyond the "
                + $"first {limit}, and its packet dropped as no-buffer (limit.addresses)";
        }

        if (topology.SeenUnlisted.Refused > 0)
        {
            yield return $"{Quantity(topology.SeenUnlisted.Refused, "packet")} came from addresses that were not "
                + $"learnt beyond the first {topology.SeenUnlisted.Limit} (limit.unlisted)";
        }
    }

    private static IEnumerable<string> DamageOf(ClusterSnapshot snapshot, CaptureReader reader)
    {
        foreach (Finding finding in snapshot.Findings.Where(finding => finding.Severity == Severity.Damage))
            yield return finding.ToString();
        foreach (UnmodelledKind kind in snapshot.Unmodelled.Where(kind => kind.CanChangeVerdict))
        {
            yield return $"{kind.First}: {kind.Kind} ({kind.ApiVersion}, {Quantity(kind.Count, "object")}) could "
                + "change verdicts and is not modelled";
        }

        if (reader.Damage is { } damage) yield return Place(reader, damage);
    }

    private static string Place(CaptureReader reader, CaptureDamage damage) =>
        $"{damage.Capture ?? reader.Name}: offset {damage.Offset}: {damage.Text}";

    private static string Quantity(long count, string one) => count == 1 ? $"1 {one}" : $"{count} {one}s";
}
