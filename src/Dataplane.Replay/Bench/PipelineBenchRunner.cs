using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Core;
using Dataplane.Replay.Generate;

namespace Dataplane.Replay.Bench;

/// <summary>
/// Measures a node's whole pipeline. Rounds visit all points in turn, so that a machine that
/// others use disturbs all alike.
/// </summary>
public static class PipelineBenchRunner
{
    public const int WarmUpRounds = 2;
    public const int Passes = 3;

    /// <summary>Beyond every cache, and no more.</summary>
    private const long LargestTrace = 256L << 20;

    private const int RecordSize = 16;
    private const int OpeningSize = 80;
    private const int OpeningPackets = 3;
    private const int ConnectionSize = 128;
    private const int ImixBytes = 360;
    private const int FrameChecksum = 4;
    private const double BitsPerByte = 8;

    /// <param name="options">What to measure.</param>
    /// <param name="progress">Takes a line for each point compiled and each round done.</param>
    /// <param name="cancellation">Ends the run between points.</param>
    /// <exception cref="InvalidDataException">A name is unknown, a number out of its range, or
    /// memory too little.</exception>
    public static PipelineBenchReport Run(
        PipelineBenchOptions options, Action<string> progress, CancellationToken cancellation)
    {
        MachineFacts machine = MachineFacts.Read();
        PipelinePointKey[] keys = [.. options.Points()];
        CheckMemory(options, keys, machine.MemoryBytes);
        var cluster = new BenchCluster(options.Services, options.Endpoints, options.Policies, options.Seed);
        using var traffic = new BenchTraffic(cluster, options.Seed);
        List<PipelinePoint> points = [];
        try
        {
            foreach (PipelinePointKey key in keys)
            {
                cancellation.ThrowIfCancellationRequested();
                points.Add(Compile(options, key, cluster, traffic));
                progress(
                    Text($"{points.Count} of {keys.Length} points: {key.Proxy}, {key.Cni}, {key.Trace.Flows} flows"));
            }

            for (int round = 0; round < WarmUpRounds + options.Rounds; round++)
            {
                foreach (PipelinePoint point in points)
                {
                    cancellation.ThrowIfCancellationRequested();
                    point.RunRound(Passes, isCounted: round >= WarmUpRounds);
                    progress(Text($"round {round + 1} of {WarmUpRounds + options.Rounds}: {point.Key.Proxy}, {point.Key.Cni}, {point.Key.Trace.Flows} flows"));
                }
            }

            return new PipelineBenchReport
            {
                Machine = machine,
                Rounds = options.Rounds,
                WarmUpRounds = WarmUpRounds,
                Passes = Passes,
                Seed = options.Seed,
                Runs = [.. points.Select(point => RunOf(options, point))],
            };
        }
        finally
        {
            foreach (PipelinePoint point in points) point.Dispose();
        }
    }

    /// <summary>As many as were asked for, or as fill a trace.</summary>
    internal static int PacketsOf(int wanted, int frameSize, long largestTrace) =>
        (int)Math.Min(wanted, largestTrace / (BytesOf(frameSize) + RecordSize));

    internal static int BytesOf(int frameSize) =>
        frameSize == TrafficOptions.Imix ? ImixBytes : frameSize - FrameChecksum;

    private static PipelinePoint Compile(
        PipelineBenchOptions options, PipelinePointKey key, BenchCluster cluster, BenchTraffic traffic)
    {
        int packets = PacketsOf(options.Packets, key.Trace.FrameSize, LargestTrace);
        BenchTrace trace = traffic.TraceOf(key.Trace, packets);
        FlowKey[] keys = traffic.KeysOf(key.Trace.Flows);
        ReplayOptions replay = BenchCluster.OptionsOf(key.Proxy, key.Cni, key.Workers);
        return new PipelinePoint(key, cluster.Snapshot, replay, trace, keys);
    }

    private static void CheckMemory(PipelineBenchOptions options, PipelinePointKey[] keys, long available)
    {
        long traces = keys.Select(key => key.Trace).Distinct()
            .Sum(trace => (long)PacketsOf(options.Packets, trace.FrameSize, LargestTrace)
                * (BytesOf(trace.FrameSize) + RecordSize));
        long openings = keys.Select(key => (long)key.Trace.Flows).Distinct().Sum() * OpeningPackets
            * (OpeningSize + RecordSize);
        long connections = keys.Max(key => (long)key.Trace.Flows) * ConnectionSize;
        long needed = traces + openings + connections;
        if (needed <= available / 4 * 3) return;

        throw new InvalidDataException(Text(
            $"these points take {needed >> 30} GiB in memory, of {available >> 30} GiB: give fewer --flows, --frame-size or --packets"));
    }

    private static PipelineRun RunOf(PipelineBenchOptions options, PipelinePoint point)
    {
        double median = point.Established.Median;
        double bytes = point.BytesPerPacket;
        TraceShape shape = point.Key.Trace;
        return new PipelineRun
        {
            Engine = point.Key.Proxy,
            Services = options.Services,
            Endpoints = options.Endpoints,
            Policies = options.Policies,
            Flows = shape.Flows,
            Distribution = shape.DistributionName,
            FrameSize = shape.FrameSizeName,
            Cni = point.Key.Cni,
            Workers = point.Key.Workers,
            PacketsPerSecond = 1e9 / median,
            NanosecondsPerPacket = median,
            Spread = point.Established.Spread,
            Samples = point.Established.All,
            BitsPerSecond = bytes * BitsPerByte * 1e9 / median,
            FirstPacketNanoseconds = point.First.Median,
            FirstPacketSpread = point.First.Spread,
            LookupsPerPacket = point.LookupsPerPacket,
            LatencyNanoseconds = point.Latency.Summary,
            AllocatedBytes = point.AllocatedBytes,
            Packets = point.Packets,
            BytesPerPacket = bytes,
            Connections = point.Connections,
            Encapsulated = point.Encapsulated,
            Dropped = point.Dropped,
        };
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
