using System.Collections.Immutable;
using Dataplane.Replay.Pacing;
using Dataplane.Replay.Policies;
using Dataplane.Replay.Skew;
using Dataplane.Replay.StageTiming;
using Dataplane.Replay.Workers;

namespace Dataplane.Replay;

/// <summary>
/// The result of a replay: what <c>-o json</c> prints (see the command line's contract), and what text is made of.
/// </summary>
public sealed record ReplayReport
{
    public const int CurrentSchemaVersion = 1;

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    public required string Cni { get; init; }

    public required string Proxy { get; init; }

    /// <summary>Names of the emulated nodes.</summary>
    public ImmutableArray<string> Nodes { get; init; } = [];

    /// <summary>Capture records read.</summary>
    public long Packets { get; init; }

    /// <summary>Their original lengths, summed.</summary>
    public long Bytes { get; init; }

    public long FramesWritten { get; init; }

    public VerdictCounts Verdicts { get; init; } = new(0, 0, 0, 0);

    public ImmutableArray<DropCount> Drops { get; init; } = [];

    /// <summary>Of <see cref="Drops"/>, those by policies.</summary>
    public ImmutableArray<PolicyDropCount> PolicyDrops { get; init; } = [];

    public ImmutableArray<IgnoredCount> Ignored { get; init; } = [];

    /// <summary>Frames.</summary>
    public long Encapsulated { get; init; }

    /// <summary>Frames.</summary>
    public long Decapsulated { get; init; }

    public long Translated { get; init; }

    public long Reoriginated { get; init; }

    public long Guessed { get; init; }

    public long Connections { get; init; }

    /// <summary>Packets from an address in a podCIDR that no Pod object has.</summary>
    public long Unlisted { get; init; }

    /// <summary>Packets that were cut by the capture's snap length, and went on with what was there.</summary>
    public long SnapCut { get; init; }

    /// <summary>What became of TCP super-frames; null where there were none.</summary>
    public SuperFrameCount? SuperFrames { get; init; }

    /// <summary>The clocks of several captures; null where there is but one.</summary>
    public ImmutableArray<CaptureClock>? Clocks { get; init; }

    public ImmutableArray<LoopTime> Loops { get; init; } = [];

    /// <summary>From the first record read to the last frame made; tables were compiled before.</summary>
    public double ElapsedSeconds { get; init; }

    public double PacketsPerSecond { get; init; }

    public double BitsPerSecond { get; init; }

    public double NanosecondsPerPacket { get; init; }

    /// <summary>
    /// Of every packet, from when it was read (with a pace: from when it was due, however late it was sent) to when its
    /// burst's frames were made. Null where nothing was measured (no packet).
    /// </summary>
    public LatencySummary? LatencyNanoseconds { get; init; }

    /// <summary>Null where nobody asked for it.</summary>
    public StageTimesReport? StageTimes { get; init; }

    /// <summary>Null where no link is modelled.</summary>
    public LinkReport? Link { get; init; }

    /// <summary>How the pace was kept; null at top speed.</summary>
    public ScheduleReport? Schedule { get; init; }

    /// <summary>By the packet threads, after the first ten bursts.</summary>
    public long AllocatedBytes { get; init; }

    /// <summary>Anonymous memory; a mapped input aside.</summary>
    public long PeakMemoryBytes { get; init; }

    public int Workers { get; init; } = 1;

    /// <summary>Where the workers' time went; null for one.</summary>
    public WorkerShares? WorkerShares { get; init; }

    /// <summary>The run was stopped before its end; the counts are of what was done until then.</summary>
    public bool Interrupted { get; init; }

    /// <summary>What was assumed, made up, or has no effect: one line each, for stderr.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>
    /// One line for each input that was damaged or could not be fully used; not empty means exit code 3.
    /// </summary>
    public ImmutableArray<string> Damage { get; init; } = [];
}

/// <summary>The four verdicts; their sum is the number of records read.</summary>
public sealed record VerdictCounts(long Forwarded, long Answered, long Dropped, long Ignored);

/// <summary>
/// Dropped packets of one reason at one stage of one node; answered: how many were refused with an ICMP error.
/// </summary>
public sealed record DropCount(string Reason, string Stage, string Node, long Packets, long Bytes, long Answered);

/// <summary>TCP packets over every MTU, and what <c>--gso</c> did with them: <c>segment</c> or <c>keep</c>.</summary>
public sealed record SuperFrameCount(string Gso, long Packets);

public sealed record IgnoredCount(string Reason, long Packets);

public sealed record LoopTime(long Packets, double ElapsedSeconds);
