using Dataplane.Wire;

namespace Dataplane.Replay.Pacing;

/// <summary>
/// Holds records back until they are due: sleeps while that is far, and spins at last, for a system wakes sleepers
/// late. Measures by how much each record was sent late; none is sent early.
/// </summary>
internal sealed class Pacer<TClock>(Schedule schedule, TClock clock, Action<string> warn)
    where TClock : struct, IClock
{
    /// <summary>How long before a record is due sleeping ends.</summary>
    public const long SpinAhead = 150_000;

    /// <summary>How long nobody looks whether the run was interrupted.</summary>
    public const long LongestSleep = 100_000_000;

    /// <summary>Gaps of a capture that users are told of, or they think that nothing happens.</summary>
    private const long LongGap = 10_000_000_000;

    private const long NotStarted = -1;

    private long _start = NotStarted;
    private long _lastDue;
    private long _lastSent;

    public DelayHistogram Errors { get; } = new();

    /// <summary>Sets when each record is due; the first one of all is due now.</summary>
    public void Plan(ReadOnlySpan<CaptureRecord> records, Span<long> due)
    {
        if (_start == NotStarted) _start = clock.Now;
        for (int index = 0; index < records.Length; index++) due[index] = _start + schedule.Next(in records[index]);
    }

    /// <summary>
    /// Waits until the first is due, and gives how many are by then; 0 where the run was interrupted.
    /// </summary>
    public int Await(ReadOnlySpan<long> due, CancellationToken cancellation)
    {
        long now = Wait(due[0], cancellation);
        if (now < due[0] || cancellation.IsCancellationRequested) return 0;

        _lastSent = now;
        int count = 1;
        while (count < due.Length && due[count] <= now) count++;
        return count;
    }

    /// <summary>These went when <see cref="Await"/> ended.</summary>
    public void Sent(ReadOnlySpan<long> due)
    {
        foreach (long time in due) Errors.Record(_lastSent - time);
        _lastDue = due[^1];
    }

    /// <summary>Null where nothing was sent.</summary>
    public ScheduleReport? Report() => Errors.Summary is not { } errors ? null : new ScheduleReport(
        NameOf(schedule.Pace.Kind), schedule.Pace.Rate, Reached(), errors, schedule.Backwards, schedule.FirstBackwards);

    private static string NameOf(PaceKind kind) => kind switch
    {
        PaceKind.Multiplier => "multiplier",
        PaceKind.PacketsPerSecond => "pps",
        _ => "mbps",
    };

    // As much of the plan as was done, in the time that it took.
    private double Reached() => _lastDue > _start
        ? schedule.Pace.Rate * (_lastDue - _start) / (_lastSent - _start)
        : schedule.Pace.Rate;

    private long Wait(long due, CancellationToken cancellation)
    {
        long now = clock.Now;
        if (due - now > LongGap && schedule.Pace.Kind == PaceKind.Multiplier)
            warn(
                $"the capture has a gap: its next packet is due in {(due - now) / 1e9:0} s; "
                + "Ctrl-C ends the run with what is done");

        while (due - now > SpinAhead)
        {
            if (cancellation.IsCancellationRequested) return now;

            clock.Sleep(Math.Min(due - now - SpinAhead, LongestSleep));
            now = clock.Now;
        }

        while (now < due)
        {
            clock.Spin();
            now = clock.Now;
        }

        return now;
    }
}
