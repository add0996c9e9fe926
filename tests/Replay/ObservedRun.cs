using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Pipeline;
using Dataplane.Replay;
using Dataplane.Replay.Proxies;
using Dataplane.Tests.Golden;
using Dataplane.Wire;

namespace Dataplane.Tests.Replay;

/// <summary>
/// Takes frames through an emulated cluster and keeps what was seen at every observation point, by record.
/// </summary>
internal sealed unsafe class ObservedRun
{
    private const int BatchSize = 256;

    private readonly List<ObservedFrame> _frames = [];
    private readonly List<RecordState> _records = [];

    /// <summary>In the order in which they passed.</summary>
    public IReadOnlyList<ObservedFrame> Frames => _frames;

    /// <summary>Verdicts when each record's burst ended; fragments that wait for others have none yet.</summary>
    public IReadOnlyList<RecordState> Records => _records;

    /// <param name="emulation">The cluster.</param>
    /// <param name="frames">What was captured.</param>
    /// <param name="linkType">Of all of them.</param>
    /// <param name="interfaces">The interface of each, where the capture has several points; null: it has one.</param>
    public static ObservedRun Of(
        Emulation emulation, IReadOnlyList<CapturedFrame> frames, LinkType linkType = LinkType.Ethernet,
        IReadOnlyList<int>? interfaces = null) =>
        Of(emulation, frames, linkType, interfaces, everyStage: false);

    /// <summary>The same without the beaten track: each packet takes every stage (ebpf's proxy alone).</summary>
    public static ObservedRun OfEveryStage(Emulation emulation, IReadOnlyList<CapturedFrame> frames) =>
        Of(emulation, frames, LinkType.Ethernet, interfaces: null, everyStage: true);

    private static ObservedRun Of(
        Emulation emulation, IReadOnlyList<CapturedFrame> frames, LinkType linkType, IReadOnlyList<int>? interfaces,
        bool everyStage)
    {
        var run = new ObservedRun();
        using var bytes = new NativeArray<byte>(frames.Sum(frame => (long)frame.Bytes.Length) + 1);
        CaptureRecord[] records = new CaptureRecord[frames.Count];
        byte* at = bytes.Start;
        for (int index = 0; index < records.Length; index++)
        {
            CapturedFrame frame = frames[index];
            frame.Bytes.CopyTo(new Span<byte>(at, frame.Bytes.Length));
            records[index] = new CaptureRecord
            {
                Data = at,
                CapturedLength = frame.Bytes.Length,
                OriginalLength = frame.Bytes.Length,
                Timestamp = frame.Timestamp,
                LinkType = linkType,
                Interface = (ushort)(interfaces?[index] ?? 0),
            };
            at += frame.Bytes.Length;
        }

        if (interfaces is not null) emulation.State.Sightings ??= new Sightings(emulation.Topology);
        if (everyStage) run.ProcessEveryStage(emulation, records);
        else run.Process(emulation, records);
        return run;
    }

    private void ProcessEveryStage(Emulation emulation, CaptureRecord[] records)
    {
        var engine = new EbpfEngine(((EbpfProxy)emulation.Proxy).Tables);
        var sink = new Sink(this);
        var watch = default(EveryStage);
        for (int done = 0; done < records.Length;)
        {
            Span<CaptureRecord> batch = records.AsSpan(done, Math.Min(BatchSize, records.Length - done));
            done += PacketPipeline.Process(emulation.Burst, batch, emulation.State, in engine, ref sink, ref watch);
        }
    }

    /// <summary>The burst's memory is the emulation's; what is kept of it is copied.</summary>
    public void Process(Emulation emulation, CaptureRecord[] records)
    {
        IPipeline pipeline = PipelineCatalog.Create(emulation, new Sink(this));
        for (int done = 0; done < records.Length;)
        {
            Span<CaptureRecord> batch = records.AsSpan(done, Math.Min(BatchSize, records.Length - done));
            done += pipeline.Process(batch);
        }

        pipeline.Finish();
    }

    private readonly struct EveryStage : IStageWatch
    {
        public static bool SeesEveryStage => true;

        public void After(Stage stage, PacketBurst burst)
        {
        }
    }

    private readonly struct Sink(ObservedRun run) : IFrameSink
    {
        public bool Observes(ObservationPoint point) => true;

        public void Take(in Lane lane, ObservationPoint point, int place, byte* frame, int length) =>
            run._frames.Add(new ObservedFrame(
                run._records.Count + lane.Record, point, place, lane.Role == LaneRole.Answer,
                new Span<byte>(frame, length).ToArray(), lane.Missing, lane.Timestamp));

        public void EndBurst(PacketBurst burst)
        {
            for (int record = 0; record < burst.RecordCount; record++) run._records.Add(burst.Records[record]);
        }
    }
}

/// <summary>A frame that passed; place: the node, or the endpoint (−1 − node for an unlisted pod).</summary>
internal sealed record ObservedFrame(
    int Record, ObservationPoint Point, int Place, bool IsAnswer, byte[] Bytes, int Missing, long Timestamp);
