using Dataplane.Capture;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Replay.Pacing;
using Dataplane.Replay.Proxies;
using Dataplane.Replay.Workers;

namespace Dataplane.Replay.Bench;

/// <summary>A node without any connection, whose packets go through the replay's own loop to memory.</summary>
internal sealed class MeasuredNode : IDisposable
{
    private readonly IProxy _proxy;
    private readonly IPipeline _pipeline;

    public MeasuredNode(Emulation emulation)
    {
        // Proxies have connections, too: this one's tables are new.
        _proxy = PipelineCatalog.Compile(emulation.Proxy.Name, emulation.Request);
        _proxy.TableSizeAt(BenchCluster.EmulatedNode);
        State = new PipelineState(emulation.Topology, emulation.State.Options) { Police = emulation.Policies?.Police };
        _pipeline = _proxy.CreatePipeline(State, emulation.Burst, default(NullSink));
    }

    public PipelineState State { get; }

    public MeasuredRun Send(CaptureReader capture, ReplayOptions options, CancellationToken cancellation = default)
    {
        capture.Rewind();
        var meter = new RunMeter();
        var feed = new CaptureFeed(capture, options, Unwatched.Instance, meter);
        var loop = new ReplayLoop<MonotonicClock>(feed, _pipeline, meter, options.Pace, Unwatched.Instance, default);
        Crew? crew = options.Workers > 1
            ? new Crew(options.Workers, (IBurstPipeline)_pipeline, feed, meter, Emulation.Bursts)
            : null;
        loop.Run(cancellation, crew);
        return new MeasuredRun(meter, feed.Loops, loop.Errors);
    }

    public void Dispose()
    {
        State.Dispose();
        _proxy.Dispose();
    }

    private sealed class Unwatched : IReplayObserver
    {
        public static readonly Unwatched Instance = new();

        public void Started(long totalBytes, long totalRecordsOrMinusOne)
        {
        }

        public void Progress(long packets, long bytesRead)
        {
        }

        public void Warn(string line)
        {
        }
    }
}

/// <summary>What was measured of one run.</summary>
internal readonly struct MeasuredRun(RunMeter meter, LoopClock loops, DelayHistogram? errors)
{
    private const double NanosecondsPerSecond = 1e9;

    public double ElapsedNanoseconds => meter.ElapsedSeconds * NanosecondsPerSecond;

    public long Packets => meter.Records;

    /// <summary>Of a loop behind the first, which warms caches; their median.</summary>
    public double NanosecondsOfLaterLoops
    {
        get
        {
            var samples = new Samples();
            foreach (LoopTime loop in loops.Times.Skip(1)) samples.Add(loop.ElapsedSeconds * NanosecondsPerSecond);
            return samples.Median;
        }
    }

    public DelayHistogram Latency => meter.Latency;

    public long AllocatedBytes => meter.AllocatedBytes;

    /// <summary>Null at top speed.</summary>
    public DelayHistogram? Errors => errors;
}
