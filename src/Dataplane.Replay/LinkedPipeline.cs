using Dataplane.Core;
using Dataplane.Replay.StageTiming;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>
/// Frames go by the nodes' links. Records go one by one, for in a burst pieces and answers leave behind later records,
/// and a queue asks who came first.
/// </summary>
internal sealed class LinkedPipeline(IPipeline pipeline) : IPipeline, ITimeable
{
    public int Process(ReadOnlySpan<CaptureRecord> records) => pipeline.Process(records[..Math.Min(1, records.Length)]);

    public void Finish() => pipeline.Finish();

    public IPipeline With(StageTimes times) => new LinkedPipeline(((ITimeable)pipeline).With(times));
}

/// <summary>Another sink, behind links.</summary>
internal struct LinkedSink<TSink>(TSink sink) : IFrameSink
    where TSink : struct, IFrameSink
{
    private TSink _sink = sink;

    public static bool HasLinks => true;

    public readonly bool Observes(ObservationPoint point) => _sink.Observes(point);

    public unsafe void Take(in Lane lane, ObservationPoint point, int place, byte* frame, int length) =>
        _sink.Take(in lane, point, place, frame, length);

    public void EndBurst(PacketBurst burst) => _sink.EndBurst(burst);
}
