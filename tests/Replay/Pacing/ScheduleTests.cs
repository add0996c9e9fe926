using Dataplane.Replay.Pacing;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Replay.Pacing;

/// <summary>When records are due, in nanoseconds behind the first one.</summary>
public class ScheduleTests
{
    private const long Second = 1_000_000_000;
    private const long Millisecond = 1_000_000;
    private const long Hour = 3600 * Second;

    [Fact]
    public void At_1_x_gaps_are_the_capture_s() =>
        Assert.Equal([0, 5, 5, 1_000], Due(PaceKind.Multiplier, 1, [(100, 60), (105, 60), (105, 60), (1_100, 60)]));

    [Fact]
    public void At_4_x_they_are_a_quarter_and_at_a_half_they_are_double()
    {
        (long, int)[] capture = [(0, 60), (4 * Second, 60)];
        Assert.Equal([0, Second], Due(PaceKind.Multiplier, 4, capture));
        Assert.Equal([0, 8 * Second], Due(PaceKind.Multiplier, 0.5, capture));
    }

    [Fact]
    public void Packets_a_second_are_spread_evenly_whatever_the_capture_s_times() =>
        Assert.Equal([0, 250_000, 500_000, 750_000],
            Due(PaceKind.PacketsPerSecond, 4000, [(9, 60), (8, 60), (Hour, 60), (7, 60)]));

    [Fact]
    public void A_third_of_a_second_does_not_add_up_to_an_error() =>
        Assert.Equal(1000 * Second, Due(PaceKind.PacketsPerSecond, 3, [.. Enumerable.Repeat((0L, 60), 3001)])[^1]);

    [Fact]
    public void Megabits_a_second_count_original_lengths_of_the_frames_in_front() =>
        Assert.Equal(
            [0, Millisecond, 3 * Millisecond], Due(PaceKind.MegabitsPerSecond, 8, [(0, 1000), (0, 2000), (0, 60)]));

    [Fact]
    public void A_gap_into_the_past_counts_as_none_and_is_counted()
    {
        var schedule = new Schedule(new Pace(PaceKind.Multiplier, 1));
        Assert.Equal([0, 10, 10, 15], Due(schedule, [(100, 60), (110, 60), (20, 60), (25, 60)]));
        Assert.Equal((1, 3), (schedule.Backwards, schedule.FirstBackwards));
    }

    [Fact]
    public void Gaps_beyond_all_time_end_in_never_and_not_in_the_past()
    {
        long[] due = Due(PaceKind.Multiplier, 0.001, [(0, 60), (long.MaxValue, 60), (0, 60), (long.MaxValue, 60)]);
        Assert.Equal([0, Schedule.Never, Schedule.Never, Schedule.Never], due);
    }

    private static long[] Due(PaceKind kind, double rate, (long Time, int Length)[] capture) =>
        Due(new Schedule(new Pace(kind, rate)), capture);

    private static long[] Due(Schedule schedule, (long Time, int Length)[] capture) =>
    [
        .. capture.Select(packet => schedule.Next(
            new CaptureRecord { Timestamp = packet.Time, CapturedLength = 14, OriginalLength = packet.Length })),
    ];
}
