using Dataplane.Core;

namespace Dataplane.Replay;

/// <summary>Hands frames to a collector.</summary>
internal readonly struct CollectorSink(FrameCollector collector) : IFrameSink
{
    public bool Observes(ObservationPoint point) => collector.Observes(point);

    public unsafe void Take(in Lane lane, ObservationPoint point, int place, byte* frame, int length) =>
        collector.Take(in lane, point, place, frame, length);

    public void EndBurst(PacketBurst burst) => collector.EndBurst(burst);
}
