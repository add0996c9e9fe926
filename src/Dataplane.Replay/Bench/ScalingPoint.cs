using System.Diagnostics;
using System.Runtime;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Services;
using Dataplane.Pipeline;
using Dataplane.Replay.Proxies;
using Dataplane.Wire;
using HdrHistogram;

namespace Dataplane.Replay.Bench;

/// <summary>One proxy at one number of Services: compiled once, then measured a round at a time.</summary>
internal sealed class ScalingPoint : IDisposable
{
    /// <summary>The node that all traffic enters at.</summary>
    public const int Node = 0;

    private const int Compilations = 3;
    private const int CountedKeys = 4096;
    private const int EstablishedPackets = 1 << 16;
    private const long Pause = 3_600_000_000_000;
    private const long LongestLatency = 60_000_000_000;
    private const int LatencyDigits = 3;

    private readonly Emulation _emulation;
    private readonly AffinityMap _affinity = new();
    private readonly ServiceTraffic _traffic;
    private readonly ILookupLoop _lookups;
    private readonly LongHistogram _latency = new(LongestLatency, LatencyDigits);
    private readonly double _nanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    public ScalingPoint(
        string proxy, int services, ClusterSnapshot snapshot, ReplayOptions options, ServiceTraffic traffic)
    {
        Services = services;
        _traffic = traffic;
        WarmUp(_latency);
        _emulation = Emulation.Compile(snapshot, options);
        CompileSeconds = MeasureCompiling(proxy, snapshot);
        TableBytes = _emulation.Proxy.TableSizeAt(Node);
        var context = new LookupContext(_emulation.Topology, _affinity);
        _lookups = _emulation.Proxy.CreateLookups(context);
        ReadOnlySpan<FlowKey> keys = traffic.Keys[..Math.Min(CountedKeys, traffic.Keys.Length)];
        LookupsPerPacket = _emulation.Proxy.CountLookups(Node, keys, context);
    }

    public int Services { get; }

    public string Engine => _emulation.Proxy.Name;

    public double CompileSeconds { get; }

    public long TableBytes { get; }

    public double LookupsPerPacket { get; }

    public Samples First { get; } = new();

    public Samples Established { get; } = new();

    public Samples Lookup { get; } = new();

    /// <summary>In the round with the least: what the runtime makes once, for itself, is no packet's.</summary>
    public long AllocatedBytes { get; private set; } = long.MaxValue;

    public LatencySummary? Latency => LatencySummary.Of(_latency);

    /// <summary>
    /// All flows begin, in a table of connections that is empty, then go on; then the look-up alone. An hour of capture
    /// time later the proxy has forgotten them, too.
    /// </summary>
    public void RunRound(bool isCounted)
    {
        using var state = new PipelineState(_emulation.Topology, _emulation.State.Options);
        IPipeline pipeline = _emulation.Proxy.CreatePipeline(state, _emulation.Burst, default(NullSink));
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        double first = Send(pipeline, latency: null);
        int passes = Math.Max(1, EstablishedPackets / _traffic.Records.Length);
        double established = 0;
        for (int pass = 0; pass < passes; pass++)
        {
            _traffic.Advance(pause: 0);
            established += Send(pipeline, isCounted ? _latency : null) / passes;
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        CheckWholeWay(state);
        _traffic.Advance(Pause);
        pipeline.Process(_traffic.Records[..1]);
        _traffic.Advance(Pause);
        double lookup = AskAlone();
        if (!isCounted) return;

        First.Add(first);
        Established.Add(established);
        Lookup.Add(lookup);
        AllocatedBytes = Math.Min(AllocatedBytes, allocated);
    }

    public void Dispose()
    {
        _emulation.Dispose();
        _affinity.Dispose();
    }

    // The first histogram of a process makes tables, which are no packet's.
    private static void WarmUp(LongHistogram latency)
    {
        latency.RecordValueWithCount(1, 1);
        latency.Reset();
    }

    /// <summary>The first of several also pays for the code that it is the first to run: the fastest counts.</summary>
    private double MeasureCompiling(string proxy, ClusterSnapshot snapshot)
    {
        GCLatencyMode before = GCSettings.LatencyMode;
        GCSettings.LatencyMode = GCLatencyMode.LowLatency;
        double fastest = double.MaxValue;
        for (int turn = 0; turn < Compilations; turn++)
        {
            long began = Stopwatch.GetTimestamp();
            ProxyRequest request = _emulation.Request with { Services = ServiceModel.Compile(snapshot) };
            using IProxy compiled = PipelineCatalog.Compile(proxy, request);
            compiled.TableSizeAt(Node);
            fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        GCSettings.LatencyMode = before;
        return fastest;
    }

    /// <summary>Nanoseconds a packet.</summary>
    private double Send(IPipeline pipeline, LongHistogram? latency)
    {
        ReadOnlySpan<CaptureRecord> records = _traffic.Records;
        long began = Stopwatch.GetTimestamp();
        long last = began;
        while (!records.IsEmpty)
        {
            int taken = pipeline.Process(records);
            records = records[taken..];
            if (latency is null) continue;

            long now = Stopwatch.GetTimestamp();
            latency.RecordValueWithCount(
                Math.Clamp((long)((now - last) * _nanosecondsPerTick), 1, LongestLatency), taken);
            last = now;
        }

        return (Stopwatch.GetTimestamp() - began) * _nanosecondsPerTick / _traffic.Records.Length;
    }

    private double AskAlone()
    {
        long began = Stopwatch.GetTimestamp();
        _lookups.Ask(_traffic.Keys, _traffic.Now);
        return (Stopwatch.GetTimestamp() - began) * _nanosecondsPerTick / _traffic.Keys.Length;
    }

    // A figure of packets that went another way than all the others would be no figure.
    private void CheckWholeWay(PipelineState state)
    {
        bool isWhole = state.Counters[Verdict.Forwarded] == state.Counters.Records
            && state.Connections.Count == _traffic.Records.Length
            && state.Counters.Translated == state.Counters.Records;
        if (!isWhole)
        {
            throw new InvalidOperationException(
                $"{Engine} with {Services} services: "
                + $"{state.Counters[Verdict.Forwarded]} of {state.Counters.Records} packets were forwarded, "
                + $"{state.Counters.Translated} translated, over {state.Connections.Count} connections");
        }
    }
}
