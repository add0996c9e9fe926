using Dataplane.Capture;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Replay.Pacing;
using Dataplane.Replay.Proxies;

namespace Dataplane.Replay.Bench;

/// <summary>
/// One combination of engine, CNI, traffic and workers: compiled once, then measured a round at a time.
/// </summary>
internal sealed class PipelinePoint : IDisposable
{
    private const int CountedKeys = 4096;

    private readonly BenchTrace _trace;
    private readonly Emulation _emulation;
    private readonly ReplayOptions _options;
    private long _allocated = long.MaxValue;

    public PipelinePoint(
        PipelinePointKey key, ClusterSnapshot snapshot, ReplayOptions options, BenchTrace trace, FlowKey[] keys)
    {
        Key = key;
        _trace = trace;
        _options = options;
        _emulation = Emulation.Compile(snapshot, options);
        using var affinity = new AffinityMap();
        var context = new LookupContext(_emulation.Topology, affinity);
        LookupsPerPacket = _emulation.Proxy.CountLookups(
            BenchCluster.EmulatedNode, keys.AsSpan(0, Math.Min(CountedKeys, keys.Length)), context);
    }

    public PipelinePointKey Key { get; }

    public double LookupsPerPacket { get; }

    public Samples First { get; } = new();

    public Samples Established { get; } = new();

    /// <summary>Of packets of established connections, all rounds that count.</summary>
    public DelayHistogram Latency { get; } = new();

    /// <summary>In the round with the least: what the runtime makes once, for itself, is no packet's.</summary>
    public long AllocatedBytes => _allocated == long.MaxValue ? 0 : _allocated;

    /// <summary>Of established connections, in one pass.</summary>
    public int Packets => _trace.Packets;

    /// <summary>Captured.</summary>
    public double BytesPerPacket { get; private set; }

    /// <summary>Share of packets of established connections that went into the tunnel.</summary>
    public double Encapsulated { get; private set; }

    /// <summary>Share of the same that policies refused.</summary>
    public double Dropped { get; private set; }

    public long Connections { get; private set; }

    /// <summary>
    /// Everything from the beginning: tables of the proxy, no connection, all flows open, then go on.
    /// </summary>
    public void RunRound(int passes, bool isCounted)
    {
        using var target = new MeasuredNode(_emulation);
        double first = target.Send(_trace.First, _options).ElapsedNanoseconds;
        target.Send(_trace.Later, _options);
        Tally before = new(target.State.Counters);
        MeasuredRun run = target.Send(_trace.Data, _options with { Loops = 1 + passes });
        Keep(new Tally(target.State.Counters) - before);
        Connections = target.State.Connections.Count;
        if (!isCounted) return;

        First.Add(first / _trace.Shape.Flows);
        Established.Add(run.NanosecondsOfLaterLoops / _trace.Packets);
        Latency.Add(run.Latency);
        _allocated = Math.Min(_allocated, run.AllocatedBytes);
    }

    public void Dispose() => _emulation.Dispose();

    private void Keep(Tally tally)
    {
        BytesPerPacket = (double)tally.Bytes / tally.Records;
        Encapsulated = (double)tally.Encapsulated / tally.Records;
        Dropped = (double)tally.Dropped / tally.Records;

        // A figure of packets that went another way than all the others would be no figure.
        bool isWhole = tally.Forwarded + tally.Dropped == tally.Records
            && (tally.Dropped == 0 || _emulation.Policies is not null);
        if (!isWhole)
            throw new InvalidOperationException($"{Key}: {tally.Forwarded} of {tally.Records} packets were forwarded");
    }

    /// <summary>What counters said at a time, or between two.</summary>
    private readonly record struct Tally(long Records, long Bytes, long Forwarded, long Dropped, long Encapsulated)
    {
        public Tally(RunCounters counters)
            : this(counters.Records, counters.Bytes, counters[Verdict.Forwarded],
                counters[Verdict.Dropped], counters.Encapsulated)
        {
        }

        public static Tally operator -(Tally left, Tally right) => new(
            left.Records - right.Records, left.Bytes - right.Bytes, left.Forwarded - right.Forwarded,
            left.Dropped - right.Dropped, left.Encapsulated - right.Encapsulated);
    }
}
