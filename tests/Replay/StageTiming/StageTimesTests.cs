using Dataplane.Core;
using Dataplane.Replay.StageTiming;
using Xunit;

namespace Dataplane.Tests.Replay.StageTiming;

/// <summary>Where a burst's time is said to go, on times that the tests make up.</summary>
public class StageTimesTests
{
    [Fact]
    public void A_stage_s_time_is_since_the_stage_before_in_all_rounds_for_each_packet()
    {
        StageTimes times = Warm();
        times.Begin(1000);
        times.After(Stage.Parse, 1400);
        times.After(Stage.Track, 1600);
        times.After(Stage.Track, 1700);
        times.End(1708, packets: 4);

        StageTimesReport report = times.Report();
        Assert.Equal((64, 1, 4), (report.EveryBursts, report.Bursts, report.Packets));
        Assert.Equal([("parse", 100), ("track", 75), ("emit", 2)],
            report.Stages.Select(stage => (stage.Stage, (int)Math.Round(stage.Mean))));
    }

    [Fact]
    public void The_first_bursts_are_the_compiler_s_and_do_not_count()
    {
        var times = new StageTimes();
        times.Begin(0);
        times.End(1_000_000, packets: 1);
        Assert.Equal((0, 0), (times.Report().Bursts, times.Report().Stages.Length));
    }

    private static StageTimes Warm()
    {
        var times = new StageTimes();
        for (int burst = 0; burst < 2; burst++)
        {
            times.Begin(0);
            times.After(Stage.Parse, 5_000_000);
            times.End(9_000_000, packets: 64);
        }

        return times;
    }
}
