using Dataplane.Bench.Fixtures;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Pipeline;
using Dataplane.Replay;
using Dataplane.Replay.Proxies;
using Dataplane.Wire;

namespace Dataplane.Bench;

/// <summary>A cluster, a burst and frames for it: stages run alone, or all of them.</summary>
internal sealed class BurstRig : IDisposable
{
    private readonly Emulation _emulation;
    private readonly EbpfEngine _engine;
    private NullSink _sink;

    public BurstRig(Emulation emulation, IReadOnlyList<byte[]> frames)
    {
        _emulation = emulation;
        _engine = new EbpfEngine(((EbpfProxy)emulation.Proxy).Tables);
        Frames = new FrameSet(frames);
    }

    public FrameSet Frames { get; }

    public PacketBurst Burst => _emulation.Burst;

    public PipelineState State => _emulation.State;

    public ref NullSink Sink => ref _sink;

    /// <summary>The whole pipeline over all frames, so many records at once.</summary>
    public long Process(int atOnce = PacketBurst.MaxRecords)
    {
        ReadOnlySpan<CaptureRecord> records = Frames.Records;
        while (!records.IsEmpty)
        {
            ReadOnlySpan<CaptureRecord> burst = records[..Math.Min(atOnce, records.Length)];
            records = records[PacketPipeline.Process(Burst, burst, State, in _engine, ref _sink)..];
        }

        return State.Counters.Records;
    }

    /// <summary>The same through every stage: nobody goes ahead on the beaten track.</summary>
    public long ProcessEveryStage()
    {
        var watch = default(EveryStage);
        ReadOnlySpan<CaptureRecord> records = Frames.Records;
        while (!records.IsEmpty)
        {
            int most = Math.Min(PacketBurst.MaxRecords, records.Length);
            records =
                records[PacketPipeline.Process(Burst, records[..most], State, in _engine, ref _sink, ref watch)..];
        }

        return State.Counters.Records;
    }

    public void Parse()
    {
        Burst.Clear();
        ParseStage.Run(Burst, Frames.Records, State);
        ParseStage.Name(Burst, State);
    }

    public void Admit() => AdmitStage.Run(Burst, State, in _engine);

    /// <summary>Up to where a packet has its next node.</summary>
    public void Route()
    {
        Parse();
        Admit();
        DecapStage.Run(Burst, State, ref _sink);
        TrackStage.Run(Burst, State);
        SelectStage.Run(Burst, State, in _engine);
        TranslateDestinationStage.Run(Burst, State);
        RouteStage.Run(Burst, State);
    }

    public void Dispose()
    {
        Frames.Dispose();
        _emulation.Dispose();
    }

    private readonly struct EveryStage : IStageWatch
    {
        public static bool SeesEveryStage => true;

        public void After(Stage stage, PacketBurst burst)
        {
        }
    }
}
