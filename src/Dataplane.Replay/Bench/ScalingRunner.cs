using System.Globalization;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Synthetic;

namespace Dataplane.Replay.Bench;

/// <summary>
/// Measures how each proxy's cost grows with the number of Services, on a synthetic cluster. Rounds visit all points in
/// turn, so that a machine that others use disturbs all alike.
/// </summary>
public static class ScalingRunner
{
    public const int WarmUpRounds = 2;

    private const string Cni = "flannel";

    /// <summary>Look-ups for each more Service below which their number is taken for constant.</summary>
    private const double LeastGrowth = 0.01;

    /// <param name="options">What to measure.</param>
    /// <param name="progress">Takes a line for each point compiled and each round done.</param>
    /// <param name="cancellation">Ends the run between rounds.</param>
    /// <exception cref="InvalidDataException">A number is out of its range, or a proxy cannot hold
    /// so many Services.</exception>
    public static ScalingReport Run(ScalingOptions options, Action<string> progress, CancellationToken cancellation)
    {
        List<ScalingPoint> points = [];
        List<ServiceTraffic> traffic = [];
        try
        {
            foreach (int services in options.Services)
                Compile(options, services, points, traffic, progress, cancellation);
            for (int round = 0; round < WarmUpRounds + options.Rounds; round++)
            {
                foreach (ScalingPoint point in points)
                {
                    cancellation.ThrowIfCancellationRequested();
                    point.RunRound(isCounted: round >= WarmUpRounds);
                }

                progress(Text($"round {round + 1} of {WarmUpRounds + options.Rounds}"));
            }

            return Report(options, points);
        }
        finally
        {
            foreach (ScalingPoint point in points) point.Dispose();
            foreach (ServiceTraffic frames in traffic) frames.Dispose();
        }
    }

    private static void Compile(
        ScalingOptions options, int services, List<ScalingPoint> points, List<ServiceTraffic> traffic,
        Action<string> progress, CancellationToken cancellation)
    {
        var cluster = new SyntheticOptions { Services = services, Endpoints = options.Endpoints, Seed = options.Seed };
        ClusterSnapshot snapshot = SyntheticCluster.Make(cluster);
        traffic.Add(new ServiceTraffic(cluster, options.Flows));
        foreach (string proxy in options.Proxies)
        {
            cancellation.ThrowIfCancellationRequested();
            points.Add(new ScalingPoint(proxy, services, snapshot, OptionsOf(proxy, cluster), traffic[^1]));
            progress(Text($"{proxy}: tables for {services} services compiled in {points[^1].CompileSeconds:0.000} s"));
        }
    }

    private static ReplayOptions OptionsOf(string proxy, SyntheticOptions cluster) => new()
    {
        Cni = Cni,
        Proxy = proxy,
        Node = SyntheticCluster.NodeName(ScalingPoint.Node),
        Settings = [.. Enumerable.Range(0, cluster.Nodes)
            .Select(node => $"bridge.{SyntheticCluster.NodeName(node)}.mac={SyntheticCluster.BridgeMac(node)}")],
    };

    private static ScalingReport Report(ScalingOptions options, List<ScalingPoint> points) => new()
    {
        Machine = MachineFacts.Read(),
        Rounds = options.Rounds,
        WarmUpRounds = WarmUpRounds,
        Seed = options.Seed,
        Runs = [.. points.Select(point => RunOf(options, point))],
        Growth = [.. points.GroupBy(point => point.Engine).Select(GrowthOf)],
    };

    private static ScalingRun RunOf(ScalingOptions options, ScalingPoint point) => new()
    {
        Engine = point.Engine,
        Services = point.Services,
        Endpoints = options.Endpoints,
        Flows = options.Flows,
        FrameSize = ServiceTraffic.FrameSize,
        Cni = Cni,
        PacketsPerSecond = 1e9 / point.Established.LowerQuartile,
        NanosecondsPerPacket = point.Established.LowerQuartile,
        Spread = point.Established.Spread,
        LatencyNanoseconds = point.Latency,
        AllocatedBytes = point.AllocatedBytes,
        LookupsPerPacket = point.LookupsPerPacket,
        FirstPacketNanoseconds = point.First.LowerQuartile,
        FirstPacketMedianNanoseconds = point.First.Median,
        FirstPacketSpread = point.First.Spread,
        EstablishedNanoseconds = point.Established.LowerQuartile,
        EstablishedMedianNanoseconds = point.Established.Median,
        LookupNanoseconds = point.Lookup.LowerQuartile,
        LookupMedianNanoseconds = point.Lookup.Median,
        LookupSpread = point.Lookup.Spread,
        CompileSeconds = point.CompileSeconds,
        TableBytes = point.TableBytes,
    };

    private static ScalingGrowth GrowthOf(IGrouping<string, ScalingPoint> engine)
    {
        ScalingPoint few = engine.MinBy(point => point.Services)!;
        ScalingPoint many = engine.MaxBy(point => point.Services)!;
        double services = Math.Max(1, many.Services - few.Services);
        double lookups = many.LookupsPerPacket - few.LookupsPerPacket;
        double nanoseconds = many.Lookup.LowerQuartile - few.Lookup.LowerQuartile;
        return new ScalingGrowth(
            engine.Key,
            few.Services,
            many.Services,
            lookups / services,
            nanoseconds / services,
            lookups / services > LeastGrowth ? nanoseconds / lookups : null,
            many.First.LowerQuartile / few.First.LowerQuartile,
            many.Established.LowerQuartile / few.Established.LowerQuartile,
            many.Lookup.LowerQuartile / few.Lookup.LowerQuartile);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
