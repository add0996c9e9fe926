using Dataplane.Replay.Pacing;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Replay.Pacing;

/// <summary>Waiting, on a clock that only waiting moves.</summary>
public class PacerTests
{
    private const long Millisecond = 1_000_000;
    private const long Second = 1000 * Millisecond;

    private readonly List<string> _warnings = [];

    [Fact]
    public void The_first_record_is_due_at_once_and_none_is_sent_early()
    {
        var time = new FakeTime();
        Pacer<FakeClock> pacer = PacerOf(time, PaceKind.PacketsPerSecond, 1000);
        long[] due = Plan(pacer, 3);

        Assert.Equal([5_000, 1_005_000, 2_005_000], due);
        Assert.Equal(1, pacer.Await(due, CancellationToken.None));
        Assert.Equal(5_000, time.Now);
        Assert.Equal(1, pacer.Await(due.AsSpan(1), CancellationToken.None));
        Assert.InRange(time.Now, due[1], due[1] + FakeTime.SpinStep - 1);
    }

    [Fact]
    public void It_sleeps_while_that_is_far_and_spins_the_rest()
    {
        var time = new FakeTime();
        Pacer<FakeClock> pacer = PacerOf(time, PaceKind.PacketsPerSecond, 1000);
        long[] due = Plan(pacer, 2);

        pacer.Await(due.AsSpan(1), CancellationToken.None);

        Assert.Equal([Millisecond - Pacer<FakeClock>.SpinAhead], time.Sleeps);
    }

    [Fact]
    public void A_record_that_is_near_is_spun_for_alone()
    {
        var time = new FakeTime();
        Pacer<FakeClock> pacer = PacerOf(time, PaceKind.PacketsPerSecond, 10_000);
        long[] due = Plan(pacer, 2);

        pacer.Await(due.AsSpan(1), CancellationToken.None);

        Assert.Empty(time.Sleeps);
        Assert.Equal(due[1], time.Now);
    }

    [Fact]
    public void A_burst_ends_where_the_next_record_is_not_due_yet()
    {
        var time = new FakeTime();
        Pacer<FakeClock> pacer = PacerOf(time, PaceKind.PacketsPerSecond, 1_000_000);
        long[] due = Plan(pacer, 5);
        time.Now = due[2] + 999;

        Assert.Equal(3, pacer.Await(due, CancellationToken.None));
    }

    [Fact]
    public void What_is_sent_late_is_told_by_record_and_makes_no_other_late()
    {
        var time = new FakeTime(oversleep: 2 * Millisecond);
        Pacer<FakeClock> pacer = PacerOf(time, PaceKind.PacketsPerSecond, 1000);
        long[] due = Plan(pacer, 8);
        List<int> bursts = [];
        for (int done = 0; done < due.Length; done += bursts[^1])
        {
            bursts.Add(pacer.Await(due.AsSpan(done), CancellationToken.None));
            pacer.Sent(due.AsSpan(done, bursts[^1]));
        }

        // The sleep for the second record ends 1.85 ms late, when the third is due, too; the fourth
        // is near then, and spun for.
        ScheduleReport report = pacer.Report()!;
        Assert.Equal([1, 2, 1, 2, 1, 1], bursts);
        Assert.Equal((0L, Near(1.85)), (report.ErrorNanoseconds.Min, report.ErrorNanoseconds.Max));
        Assert.Equal(Near(0.85), report.ErrorNanoseconds.P50);
        Assert.Equal(1000 * 7 / 8.85, report.Reached, 1e-6);
    }

    [Fact]
    public void An_interruption_ends_the_longest_wait_soon()
    {
        using var interruption = new CancellationTokenSource();
        var time = new FakeTime();
        Pacer<FakeClock> pacer = PacerOf(time, PaceKind.PacketsPerSecond, 0.001);
        long[] due = Plan(pacer, 2);
        interruption.Cancel();

        Assert.Equal(0, pacer.Await(due.AsSpan(1), interruption.Token));
        Assert.Equal(5_000, time.Now);
        Assert.Equal(1, pacer.Await(due.AsSpan(1), CancellationToken.None));
        Assert.All(time.Sleeps, sleep => Assert.InRange(sleep, 1, Pacer<FakeClock>.LongestSleep));
    }

    [Fact]
    public void A_capture_s_gap_of_hours_is_told_before_it_is_waited_for()
    {
        var time = new FakeTime();
        Pacer<FakeClock> pacer = PacerOf(time, PaceKind.Multiplier, 2);
        long[] due = new long[2];
        pacer.Plan([new CaptureRecord(), new CaptureRecord { Timestamp = 7200 * Second }], due);

        pacer.Await(due.AsSpan(1), CancellationToken.None);

        Assert.Equal(["the capture has a gap: its next packet is due in 3600 s; Ctrl-C ends the run with what is done"],
            _warnings);
    }

    // The histogram keeps three digits.
    private static long Near(double milliseconds) => LatencyOf((long)(milliseconds * Millisecond));

    private static long LatencyOf(long nanoseconds)
    {
        var histogram = new Dataplane.Replay.DelayHistogram();
        histogram.Record(nanoseconds);
        return histogram.Summary!.Max;
    }

    private static long[] Plan(Pacer<FakeClock> pacer, int records)
    {
        long[] due = new long[records];
        pacer.Plan(new CaptureRecord[records], due);
        return due;
    }

    private Pacer<FakeClock> PacerOf(FakeTime time, PaceKind kind, double rate) =>
        new(new Schedule(new Pace(kind, rate)), time.Clock, _warnings.Add);
}
