using System.Diagnostics;
using System.Runtime;
using Dataplane.Capture;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>Runs a capture through an emulated cluster.</summary>
public static class ReplayRunner
{
    private const int BatchSize = 256;
    private const long BytesBetweenSamples = 64 << 20;
    private const long LargeHeap = 32 << 20;

    /// <exception cref="InvalidDataException">An input cannot be read, or an option makes no sense with it.</exception>
    public static ReplayReport Run(ReplayOptions options, IReplayObserver observer, CancellationToken cancellation)
    {
        if (options.Captures.IsEmpty) throw new InvalidDataException("nothing to replay: give a capture with -r");

        OutputPaths.Check(options);
        using Emulation emulation = Compile(options);
        using CaptureReader reader = OpenAll(options, cancellation);
        return Run(emulation, reader, options, observer, cancellation);
    }

    /// <summary>The same with a cluster that is compiled already, and an open capture.</summary>
    public static ReplayReport Run(
        Emulation emulation, CaptureReader reader, ReplayOptions options, IReplayObserver observer,
        CancellationToken cancellation)
    {
        using FrameCollector? collector = FrameOutput.Open(emulation, options);
        IPipeline pipeline = PipelineCatalog.Create(emulation, collector);
        ReplayReport report = Run(emulation, pipeline, reader, options, observer, cancellation);
        return report with { FramesWritten = collector?.FramesWritten ?? 0 };
    }

    /// <summary>A run that writes nothing, and counts what is on the wire.</summary>
    internal static CniOutcome Measure(ReplayOptions options, IReplayObserver observer, CancellationToken cancellation)
    {
        using Emulation emulation = Compile(options);
        using CaptureReader reader = OpenAll(options, cancellation);
        var wire = new WireCount();
        IPipeline pipeline = PipelineCatalog.Create(emulation, wire);
        return CniOutcome.Of(Run(emulation, pipeline, reader, options, observer, cancellation), emulation, wire);
    }

    private static ReplayReport Run(
        Emulation emulation, IPipeline pipeline, CaptureReader reader, ReplayOptions options, IReplayObserver observer,
        CancellationToken cancellation)
    {
        var meter = new RunMeter();
        observer.Started(reader.Length < 0 ? -1 : reader.Length * options.Loops, -1);
        var loops = new LoopClock(options.Loops);
        while (loops.TryBegin() && !cancellation.IsCancellationRequested)
        {
            if (loops.Number > 1) reader.Rewind();
            RunLoop(reader, pipeline, options, observer, meter, loops, cancellation);
            loops.End(meter.Records);
            if (IsDone(options, meter)) break;
        }

        pipeline.Finish();
        bool interrupted = cancellation.IsCancellationRequested;
        return RunReport.Build(emulation, reader, options, meter, loops) with { Interrupted = interrupted };
    }

    // Nearly all that reading and compiling allocate stays: full collections in between would find little. What is left of it
    // goes before the run, which lets the tables have the memory.
    private static Emulation Compile(ReplayOptions options)
    {
        GCLatencyMode before = GCSettings.LatencyMode;
        GCSettings.LatencyMode = GCLatencyMode.LowLatency;
        try
        {
            ClusterSnapshot snapshot = ManifestReader.Read(options.Manifests);
            if (snapshot.Nodes.IsEmpty) throw new InvalidDataException(NoNodes(snapshot, options));

            return Emulation.Compile(snapshot, options);
        }
        finally
        {
            GCSettings.LatencyMode = before;
            bool isLarge = GC.GetTotalMemory(forceFullCollection: false) > LargeHeap;
            if (isLarge) GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }

    private static void RunLoop(
        CaptureReader reader, IPipeline pipeline, ReplayOptions options, IReplayObserver observer, RunMeter meter,
        LoopClock loops, CancellationToken cancellation)
    {
        CaptureRecord[] batch = new CaptureRecord[BatchSize];
        long sampleAt = reader.Position + BytesBetweenSamples;
        long started = reader.Position;
        while (!cancellation.IsCancellationRequested)
        {
            meter.BeginBatch();
            int wanted = Wanted(options, meter);
            int count = wanted == 0 ? 0 : reader.Read(batch.AsSpan(0, wanted));
            if (count == 0) return;

            loops.Shift(batch.AsSpan(0, count));
            for (int done = 0; done < count;)
            {
                int taken = pipeline.Process(batch.AsSpan(done, count - done));
                done += taken;
                meter.EndBurst(taken);
            }

            meter.EndBatch();
            long position = reader.Position;
            observer.Progress(meter.Records, (loops.Number - 1) * Math.Max(0, reader.Length) + position - started);
            if (position < sampleAt) continue;

            sampleAt = position + BytesBetweenSamples;
            meter.SampleMemory();
        }
    }

    private static int Wanted(ReplayOptions options, RunMeter meter) =>
        options.Count == 0 ? BatchSize : (int)Math.Min(BatchSize, options.Count - meter.Records);

    private static bool IsDone(ReplayOptions options, RunMeter meter) => options.Count > 0 && meter.Records >= options.Count;

    private static string NoNodes(ClusterSnapshot snapshot, ReplayOptions options)
    {
        Finding? damage = snapshot.Findings.FirstOrDefault(finding => finding.Severity == Severity.Damage);
        string why = damage is null ? "" : $" ({damage})";
        return $"{string.Join(", ", options.Manifests)}: no Node, so no packet enters anywhere: add kubectl get nodes -o yaml{why}";
    }

    internal static CaptureReader OpenAll(ReplayOptions options, CancellationToken cancellation)
    {
        LimitSettings limits = EmulationSettings.Parse(options.Settings).Limits;
        var how = new CaptureReadOptions
        {
            Preload = options.Preload,
            Cancellation = cancellation,
            LargestExpansion = limits.Expansion,
            LargestPreload = limits.PreloadMebibytes * (1L << 20),
        };
        List<CaptureReader> readers = [];
        try
        {
            foreach (string path in options.Captures) readers.Add(CaptureFile.Open(path, how));
            CaptureReader reader = readers.Count == 1 ? readers[0] : new MergedCaptureReader(readers);
            if (options.Loops > 1 && !reader.CanRewind)
            {
                throw new InvalidDataException($"{reader.Name}: a stream cannot be read again: --loop needs --preload");
            }

            return reader;
        }
        catch
        {
            foreach (CaptureReader reader in readers) reader.Dispose();
            throw;
        }
    }
}
