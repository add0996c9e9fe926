using Dataplane.Replay.Bench;
using Dataplane.Replay.Generate;
using Xunit;

namespace Dataplane.Tests.Replay.Bench;

/// <summary>
/// What <c>bench pipeline</c> measures, by counts and bytes; nothing here depends on how fast the machine is.
/// </summary>
public class PipelineBenchTests
{
    private static readonly PipelineBenchReport Report = Run(new PipelineBenchOptions
    {
        Proxies = ["ebpf", "ipvs", "iptables"],
        Cnis = ["flannel", "cilium"],
        FrameSizes = [64, TrafficOptions.Imix, 1518],
        Flows = [500],
        Services = 20,
        Packets = 4_000,
        Rounds = 2,
    });

    [Fact]
    public void Every_combination_is_measured_once()
    {
        string[] seen = [.. Report.Runs.Select(run => $"{run.Engine} {run.Cni} {run.FrameSize}")];

        Assert.Equal(3 * 2 * 3, seen.Length);
        Assert.Equal(seen.Length, seen.Distinct().Count());
    }

    [Fact]
    public void Packets_of_established_connections_allocate_nothing() =>
        Assert.All(Report.Runs, run => Assert.Equal(0, run.AllocatedBytes));

    [Fact]
    public void Every_flow_stands_as_a_connection() =>
        Assert.All(Report.Runs, run => Assert.Equal(500, run.Connections));

    [Fact]
    public void Nearly_all_backends_are_on_other_nodes_and_none_is_refused() => Assert.All(Report.Runs, run =>
    {
        Assert.InRange(run.Encapsulated, 0.8, 1);
        Assert.Equal(0, run.Dropped);
    });

    /// <summary>Captured, which is four bytes less than on the wire; TCP's headers take 54 of the 60.</summary>
    [Theory]
    [InlineData("64", 60, 60)]
    [InlineData("imix", 330, 390)]
    [InlineData("1500", 1514, 1514)]
    public void Frames_are_as_large_as_was_asked(string size, double least, double most) =>
        Assert.All(
            Report.Runs.Where(run => run.FrameSize == size), run => Assert.InRange(run.BytesPerPacket, least, most));

    [Fact]
    public void Figures_are_the_median_of_as_many_samples_as_rounds() => Assert.All(Report.Runs, run =>
    {
        Assert.Equal(2, run.Samples.Length);
        Assert.Equal(run.Samples.Average(), run.NanosecondsPerPacket, precision: 6);
        Assert.Equal(1e9 / run.NanosecondsPerPacket, run.PacketsPerSecond);
        Assert.True(run.FirstPacketNanoseconds > 0);
        Assert.True(run.LatencyNanoseconds!.P50 > 0);
    });

    [Fact]
    public void The_star_varies_one_thing_at_a_time_and_one_flow_has_no_turns()
    {
        PipelinePointKey[] points = [.. PipelineBenchOptions.Star.Points()];
        PipelinePointKey middle = points[0];

        Assert.Equal(2 + 4 + 2 + 10 + 1 + 1, points.Length);
        Assert.Single(points, point => point.Trace.Flows == 1);
        Assert.All(points, point => Assert.True(
            (point.Proxy != middle.Proxy ? 1 : 0) + (point.Cni != middle.Cni ? 1 : 0)
            + (point.Trace.FrameSize != middle.Trace.FrameSize ? 1 : 0)
            + (point.Trace with { FrameSize = 0 } != middle.Trace with { FrameSize = 0 } ? 1 : 0) <= 1));
    }

    [Fact]
    public void Two_workers_take_the_same_packets_the_same_way_as_one()
    {
        PipelineBenchReport report = Run(
            new PipelineBenchOptions { Workers = [1, 2], Flows = [300], Services = 20, Packets = 4_000, Rounds = 1 });

        Assert.Equal([1, 2], report.Runs.Select(run => run.Workers));
        Assert.Equal(report.Runs[0].Encapsulated, report.Runs[1].Encapsulated);
        Assert.Equal(report.Runs[0].Connections, report.Runs[1].Connections);
        Assert.All(report.Runs, run => Assert.Equal(0, run.AllocatedBytes));
    }

    [Fact]
    public void Policies_are_judged_where_the_cni_enforces_them_and_what_they_refuse_is_told()
    {
        PipelineBenchReport report = Run(new PipelineBenchOptions
        {
            Cnis = ["flannel", "calico"],
            Flows = [2_000],
            Services = 50,
            Policies = 500,
            Packets = 4_000,
            Rounds = 1,
        });

        Assert.Equal(0, report.Runs.Single(run => run.Cni == "flannel").Dropped);
        Assert.InRange(report.Runs.Single(run => run.Cni == "calico").Dropped, double.Epsilon, 0.2);
    }

    [Fact]
    public void What_does_not_fit_into_memory_is_refused_in_one_line()
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Run(new PipelineBenchOptions
        {
            Flows = [.. Enumerable.Range(0, 2_000).Select(less => 4_000_000 - less)],
        }));

        Assert.Matches(
            "^these points take [0-9]+ GiB in memory, of [0-9]+ GiB: give fewer --flows, --frame-size or --packets$",
            error.Message);
    }

    private static PipelineBenchReport Run(PipelineBenchOptions options) =>
        PipelineBenchRunner.Run(options, static _ => { }, CancellationToken.None);
}
