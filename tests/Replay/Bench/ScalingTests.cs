using Dataplane.Replay.Bench;
using Xunit;

namespace Dataplane.Tests.Replay.Bench;

/// <summary>
/// How look-ups grow with the number of Services, by what they visit: counts, not times, so
/// that no machine can fail them.
/// </summary>
public class ScalingTests
{
    private static readonly ScalingReport Report = ScalingRunner.Run(
        new ScalingOptions { Services = [10, 100, 1000], Endpoints = 4, Flows = 2048, Rounds = 3 },
        static _ => { }, CancellationToken.None);

    [Fact]
    public void Iptables_visits_half_a_rule_more_for_each_more_service()
    {
        Assert.InRange(Slope(Visited("iptables", 10), Visited("iptables", 100), 90), 0.45, 0.55);
        Assert.InRange(Slope(Visited("iptables", 100), Visited("iptables", 1000), 900), 0.45, 0.55);
        Assert.InRange(Growth("iptables").LookupsPerService, 0.45, 0.55);
    }

    [Fact]
    public void Ipvs_finds_services_in_as_many_steps_however_many_there_are()
    {
        Assert.InRange(Visited("ipvs", 1000) / Visited("ipvs", 10), 0.9, 1.1);
        Assert.Null(Growth("ipvs").NanosecondsPerLookup);
    }

    /// <summary>
    /// Frontend, slot and backend, and what lies in the way: in a small map a frontend's slots often do.
    /// </summary>
    [Fact]
    public void Ebpf_compares_three_entries_and_those_that_collide_and_no_more_among_many_services()
    {
        Assert.InRange(Visited("ebpf", 1000), 3.01, 4);
        Assert.True(Visited("ebpf", 1000) <= 1.1 * Visited("ebpf", 10));
        Assert.Null(Growth("ebpf").NanosecondsPerLookup);
    }

    [Fact]
    public void Iptables_visits_at_ten_services_what_kube_proxy_s_chains_make_it_visit()
    {
        // Half of ten Services, the chain of one with its endpoints, and the fixed rules of all hooks.
        Assert.InRange(Visited("iptables", 10), 10, 30);
    }

    [Fact]
    public void Packets_allocate_nothing() => Assert.All(Report.Runs, run => Assert.Equal(0, run.AllocatedBytes));

    [Fact]
    public void Every_point_has_all_figures() => Assert.All(Report.Runs, run =>
    {
        Assert.True(run is
        {
            FirstPacketNanoseconds: > 0, EstablishedNanoseconds: > 0, LookupNanoseconds: > 0, CompileSeconds: > 0,
            TableBytes: > 0,
            LatencyNanoseconds.P50: > 0,
        });
        Assert.Equal(run.PacketsPerSecond, 1e9 / run.NanosecondsPerPacket);
    });

    [Fact]
    public void Tables_of_ten_thousand_services_with_ten_endpoints_stay_below_64_MiB_in_ebpf()
    {
        var options =
            new ScalingOptions { Services = [10_000], Proxies = ["ebpf"], Endpoints = 10, Flows = 64, Rounds = 1 };
        ScalingRun run = Assert.Single(ScalingRunner.Run(options, static _ => { }, CancellationToken.None).Runs);

        Assert.InRange(run.TableBytes, 1 << 20, 64 << 20);
    }

    private static double Slope(double few, double many, int services) => (many - few) / services;

    private static double Visited(string engine, int services) =>
        Report.Runs.Single(run => run.Engine == engine && run.Services == services).LookupsPerPacket;

    private static ScalingGrowth Growth(string engine) => Report.Growth.Single(growth => growth.Engine == engine);
}
