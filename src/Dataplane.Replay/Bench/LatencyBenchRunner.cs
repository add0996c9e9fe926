using System.Globalization;
using Dataplane.Core;
using Dataplane.Replay.Pacing;

namespace Dataplane.Replay.Bench;

/// <summary>
/// Measures latency against offered load. Saturation is measured first, in the same process and by the same loop; then
/// every round offers each load in turn.
/// </summary>
public static class LatencyBenchRunner
{
    public const int WarmUpRounds = 1;

    private const int SaturationRuns = 5;

    /// <summary>A pace is kept by one.</summary>
    private const int Workers = 1;


    /// <summary>
    /// In one loop of the trace the replay's meter shall not look at memory, which takes longer than a packet may.
    /// </summary>
    private const long LargestTrace = 48L << 20;

    private const double Kept = 0.99;

    /// <param name="options">What to measure.</param>
    /// <param name="progress">Takes a line for each load of each round.</param>
    /// <param name="cancellation">Ends the run between loads.</param>
    /// <exception cref="InvalidDataException">A name is unknown, or the histogram's file cannot be written.</exception>
    public static LatencyBenchReport Run(
        LatencyBenchOptions options, Action<string> progress, CancellationToken cancellation)
    {
        using var histogram = HistogramFile.Open(options.HistogramPath);
        MachineFacts machine = MachineFacts.Read();
        var cluster = new BenchCluster(options.Services, options.Endpoints, options.Policies, options.Seed);
        using var traffic = new BenchTraffic(cluster, options.Seed);
        BenchTrace trace = traffic.TraceOf(
            options.Trace, PipelineBenchRunner.PacketsOf(int.MaxValue, options.Trace.FrameSize, LargestTrace));
        ReplayOptions replay = BenchCluster.OptionsOf(options.Proxy, options.Cni, Workers);
        using var emulation = Emulation.Compile(cluster.Snapshot, replay);
        var rig = new Rig(emulation, trace, replay, cancellation);

        (Samples saturation, Samples topSpeed) = Saturate(rig, options.Seconds);
        progress(Text($"saturation: {saturation.Median:N0} packets a second"));
        LatencyPoint[] points = [.. options.Loads.Select(load => new LatencyPoint(load))];
        for (int round = 0; round < WarmUpRounds + options.Rounds; round++)
        {
            foreach (LatencyPoint point in points)
            {
                double rate = saturation.Median * point.Percent / 100;
                (MeasuredRun run, int collections) = rig.Offer(rate, options.Seconds);
                cancellation.ThrowIfCancellationRequested();
                progress(
                    Text($"round {round + 1} of {WarmUpRounds + options.Rounds}: {point.Percent} % of saturation"));
                if (round >= WarmUpRounds) point.Keep(in run, collections);
            }
        }

        LatencyPoint? quoted = points.FirstOrDefault(point => point.Percent == LatencyBenchOptions.QuotedLoad)
            ?? points.LastOrDefault();
        if (quoted is not null) histogram?.Write(quoted.Latency);
        return new LatencyBenchReport
        {
            Machine = machine,
            Rounds = options.Rounds,
            WarmUpRounds = WarmUpRounds,
            Seconds = options.Seconds,
            Seed = options.Seed,
            SaturationPacketsPerSecond = saturation.Median,
            SaturationSpread = saturation.Spread,
            TopSpeedPacketsPerSecond = topSpeed.Median,
            Quoted = QuotedOf(points),
            Runs = [.. points.Select(point => RunOf(options, point, saturation.Median))],
        };
    }

    /// <summary>
    /// In turn with and without the pacer, which has work of its own with every packet; the
    /// first of each does not count.
    /// </summary>
    private static (Samples Paced, Samples TopSpeed) Saturate(Rig rig, double seconds)
    {
        var paced = new Samples();
        var free = new Samples();
        double guess = RateOf(rig.SendFreely(loops: 1));
        for (int turn = 0; turn <= SaturationRuns; turn++)
        {
            int loops = rig.LoopsOf(guess * seconds);
            double speed = RateOf(rig.SendFreely(loops));
            double reached = RateOf(rig.Offer(Rig.NothingToWaitFor, seconds, guess).Run);
            guess = speed;
            if (turn == 0) continue;

            free.Add(speed);
            paced.Add(reached);
        }

        return (paced, free);
    }

    private static double RateOf(in MeasuredRun run) => run.Packets * 1e9 / run.ElapsedNanoseconds;

    private static QuotedLatency? QuotedOf(LatencyPoint[] points)
    {
        LatencyPoint? point = points.FirstOrDefault(point => point.Percent == LatencyBenchOptions.QuotedLoad);
        return point?.Latency.Summary is not { } summary ? null : new QuotedLatency(
            point.Percent, point.Reached.Median, summary.P999, (long)point.P999.Least, (long)point.P999.Most);
    }

    private static LatencyRun RunOf(LatencyBenchOptions options, LatencyPoint point, double saturation)
    {
        double offered = saturation * point.Percent / 100;
        return new LatencyRun
        {
            Engine = options.Proxy,
            Services = options.Services,
            Endpoints = options.Endpoints,
            Policies = options.Policies,
            Flows = options.Trace.Flows,
            Distribution = options.Trace.DistributionName,
            FrameSize = options.Trace.FrameSizeName,
            Cni = options.Cni,
            Workers = Workers,
            LoadPercent = point.Percent,
            OfferedPacketsPerSecond = offered,
            PacketsPerSecond = point.Reached.Median,
            IsSaturated = point.Reached.Median < Kept * offered,
            LatencyNanoseconds = point.Latency.Summary,
            P999Nanoseconds = point.P999.Median,
            P999Spread = point.P999.Spread,
            ScheduleErrorNanoseconds = point.Errors.Summary,
            Collections = point.Collections,
            AllocatedBytes = point.AllocatedBytes,
        };
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Sends the trace through a new node, whose connections stand by then.</summary>
    private sealed class Rig(
        Emulation emulation, BenchTrace trace, ReplayOptions options, CancellationToken cancellation)
    {
        public const double NothingToWaitFor = 1e9;

        /// <summary>Older generations are never collected without the youngest.</summary>
        private const int EveryCollection = 0;

        public int LoopsOf(double packets) => (int)Math.Max(1, Math.Ceiling(packets / trace.Packets));

        public MeasuredRun SendFreely(int loops)
        {
            using MeasuredNode node = Open();
            return node.Send(trace.Data, options with { Loops = loops }, cancellation);
        }

        /// <param name="rate">Packets a second.</param>
        /// <param name="seconds">Roughly how long.</param>
        /// <param name="expected">The rate that will be reached, where that is another.</param>
        public (MeasuredRun Run, int Collections) Offer(double rate, double seconds, double? expected = null)
        {
            long packets = (long)Math.Max(1, (expected ?? rate) * seconds);
            using MeasuredNode node = Open();
            ReplayOptions paced = options with
            {
                Pace = new Pace(PaceKind.PacketsPerSecond, rate),
                Loops = LoopsOf(packets),
                Count = packets,
            };
            GC.Collect();
            int before = GC.CollectionCount(EveryCollection);
            MeasuredRun run = node.Send(trace.Data, paced, cancellation);
            return (run, GC.CollectionCount(EveryCollection) - before);
        }

        private MeasuredNode Open()
        {
            var node = new MeasuredNode(emulation);
            node.Send(trace.First, options, cancellation);
            node.Send(trace.Later, options, cancellation);
            return node;
        }
    }
}
