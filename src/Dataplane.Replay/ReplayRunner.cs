using System.Collections.Immutable;
using System.Runtime;
using Dataplane.Capture;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Replay.Pacing;
using Dataplane.Replay.Skew;
using Dataplane.Replay.StageTiming;
using Dataplane.Replay.Workers;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>Runs a capture through an emulated cluster.</summary>
public static class ReplayRunner
{
    private const long LargeHeap = 32 << 20;

    /// <exception cref="InvalidDataException">An input cannot be read, or an option makes no sense with it.</exception>
    public static ReplayReport Run(ReplayOptions options, IReplayObserver observer, CancellationToken cancellation)
    {
        if (options.Captures.IsEmpty) throw new InvalidDataException("nothing to replay: give a capture with -r");

        OutputPaths.Check(options);
        using Emulation emulation = Compile(options, cancellation);
        using CaptureReader reader = OpenAll(
            options, emulation.Topology, cancellation, out ImmutableArray<CaptureClock> clocks);
        ReplayReport report = Run(emulation, reader, options, observer, cancellation);
        return clocks.IsEmpty
            ? report
            : report with { Clocks = clocks, Notes = [.. report.Notes, .. CaptureClocks.NotesOf(clocks)] };
    }

    /// <summary>The same with a cluster that is compiled already, and an open capture.</summary>
    public static ReplayReport Run(
        Emulation emulation, CaptureReader reader, ReplayOptions options, IReplayObserver observer,
        CancellationToken cancellation)
    {
        observer.Prepared();
        using FrameCollector? collector = FrameOutput.Open(emulation, options);
        IPipeline pipeline = PipelineCatalog.Create(emulation, collector);
        ReplayReport report = Run(emulation, pipeline, reader, options, observer, cancellation);
        return report with { FramesWritten = collector?.FramesWritten ?? 0 };
    }

    /// <summary>A run that writes nothing, and counts what is on the wire.</summary>
    internal static CniOutcome Measure(ReplayOptions options, IReplayObserver observer, CancellationToken cancellation)
    {
        using Emulation emulation = Compile(options, cancellation);
        using CaptureReader reader = OpenAll(options, emulation.Topology, cancellation, out _);
        observer.Prepared();
        var wire = new WireCount();
        IPipeline pipeline = PipelineCatalog.Create(emulation, wire);
        return CniOutcome.Of(Run(emulation, pipeline, reader, options, observer, cancellation), emulation, wire);
    }

    private static ReplayReport Run(
        Emulation emulation, IPipeline pipeline, CaptureReader reader, ReplayOptions options, IReplayObserver observer,
        CancellationToken cancellation)
    {
        using var histogram = HistogramFile.Open(options.HistogramPath);
        StageTimes? times = options.StageTimes ? new StageTimes() : null;
        if (times is not null) pipeline = ((ITimeable)pipeline).With(times);
        int workers = WorkersOf(options, pipeline);
        var meter = new RunMeter();
        var feed = new CaptureFeed(reader, options, observer, meter, CapturePoints.Of(reader, emulation.State));
        var loop = new ReplayLoop<MonotonicClock>(feed, pipeline, meter, options.Pace, observer, default);
        Crew? crew = workers > 1 ? new Crew(workers, (IBurstPipeline)pipeline, feed, meter, Emulation.Bursts) : null;
        loop.Run(cancellation, crew);
        pipeline.Finish();
        histogram?.Write(meter.Latency);
        return RunReport.Build(emulation, reader, meter, feed.Loops, loop.Schedule) with
        {
            Workers = workers,
            WorkerShares = crew?.Shares,
            Interrupted = cancellation.IsCancellationRequested,
            StageTimes = times?.Report(),
        };
    }

    // What is told of single packets in their order is one worker's.
    private static int WorkersOf(ReplayOptions options, IPipeline pipeline)
    {
        string? reason = options.Pace.Kind != PaceKind.TopSpeed ? "a pace is kept by one"
            : options.StageTimes ? "--stage-times watches one"
            : pipeline is IBurstPipeline ? null
            : "frames go by links (link.rate, link.queue, link.delay) one behind the other";
        if (options.Workers == ReplayOptions.AnyWorkers)
            return reason is null ? Math.Min(Environment.ProcessorCount, ReplayOptions.MostWorkers) : 1;
        if (options.Workers == 1 || reason is null) return options.Workers;

        throw new InvalidDataException($"--workers {options.Workers}: {reason}: leave it out");
    }

    // Nearly all that reading and compiling allocate stays: full collections in between would find little. What is left
    // of it goes before the run, which lets the tables have the memory.
    private static Emulation Compile(ReplayOptions options, CancellationToken cancellation)
    {
        GCLatencyMode before = GCSettings.LatencyMode;
        GCSettings.LatencyMode = GCLatencyMode.LowLatency;
        try
        {
            ClusterSnapshot snapshot = ManifestReader.Read(options.Manifests, cancellation: cancellation);
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

    private static string NoNodes(ClusterSnapshot snapshot, ReplayOptions options)
    {
        Finding? damage = snapshot.Findings.FirstOrDefault(finding => finding.Severity == Severity.Damage);
        string why = damage is null ? "" : $" ({damage})";
        return $"{string.Join(", ", options.Manifests)}: no Node, so no packet enters anywhere: "
            + $"add kubectl get nodes -o yaml{why}";
    }

    /// <summary>How captures are read: whole before the run or not, and how much hostile ones may take.</summary>
    internal static CaptureReadOptions ReadOptions(ReplayOptions options, CancellationToken cancellation)
    {
        LimitSettings limits = EmulationSettings.Parse(options.Settings).Limits;
        return new CaptureReadOptions
        {
            Preload = options.Preload,
            Cancellation = cancellation,
            LargestExpansion = limits.Expansion,
            LargestPreload = limits.PreloadMebibytes * (1L << 20),
        };
    }

    /// <summary>All captures as one, their clocks compared and corrected.</summary>
    // Files are read twice then: what was corrected has to be what was compared.
    internal static CaptureReader OpenAll(
        ReplayOptions options, Topology topology, CancellationToken cancellation,
        out ImmutableArray<CaptureClock> clocks)
    {
        FileStamp?[] before = [.. options.Captures.Select(FileStamp.Of)];
        clocks = CaptureClocks.Find(options, topology, cancellation);
        CaptureReader reader = OpenAll(options, cancellation, clocks);
        for (int index = 0; index < clocks.Length; index++)
        {
            string path = options.Captures[index];
            if (before[index] is not { } compared || FileStamp.Of(path) is not { } now || compared.IsOrGrewTo(now))
                continue;

            reader.Dispose();
            throw new InvalidDataException(
                $"{path}: was changed or replaced when its clock had been compared: run again");
        }

        return reader;
    }

    /// <summary>All captures as one, on the first one's clock.</summary>
    internal static CaptureReader OpenAll(
        ReplayOptions options, CancellationToken cancellation, ImmutableArray<CaptureClock> clocks = default)
    {
        CaptureReadOptions how = ReadOptions(options, cancellation);
        long[] ahead = clocks.IsDefaultOrEmpty ? [] : [.. clocks.Select(clock => clock.SkewNanoseconds)];
        List<CaptureReader> readers = [];
        try
        {
            foreach (string path in options.Captures) readers.Add(CaptureFile.Open(path, how));
            CaptureReader reader = readers.Count == 1 ? readers[0] : new MergedCaptureReader(readers, ahead);
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
