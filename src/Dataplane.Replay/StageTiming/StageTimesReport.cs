using System.Collections.Immutable;

namespace Dataplane.Replay.StageTiming;

/// <summary>Where packets' time goes: the emulator's, not a kernel's.</summary>
/// <param name="EveryBursts">One burst of so many was watched.</param>
/// <param name="Bursts">Bursts that were; the first ones, whose code was being compiled, are left out.</param>
/// <param name="Packets">Packets in them.</param>
/// <param name="ClockNanoseconds">What reading the clock takes: once a stage and round of each burst
/// watched, and in its figures.</param>
/// <param name="Stages">In the order of a packet's way; those that took time.</param>
public sealed record StageTimesReport(
    int EveryBursts, long Bursts, long Packets, double ClockNanoseconds, ImmutableArray<StageTime> Stages);

/// <summary>Nanoseconds of a stage for a packet, over the bursts watched.</summary>
public sealed record StageTime(string Stage, double P50, double P99, double Mean);
