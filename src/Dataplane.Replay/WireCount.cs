using Dataplane.Core;

namespace Dataplane.Replay;

/// <summary>What left nodes by their underlay interfaces, outer headers and all.</summary>
public sealed class WireCount
{
    public long Frames { get; internal set; }

    public long Bytes { get; internal set; }
}

/// <summary>Counts frames on the wire, and keeps none.</summary>
internal readonly struct WireCountSink(WireCount count) : IFrameSink
{
    public bool Observes(ObservationPoint point) => point == ObservationPoint.Wire;

    public unsafe void Take(in Lane lane, ObservationPoint point, int place, byte* frame, int length)
    {
        count.Frames++;
        count.Bytes += length + lane.Missing;
    }

    public void EndBurst(PacketBurst burst)
    {
    }
}
