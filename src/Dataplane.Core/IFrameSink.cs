namespace Dataplane.Core;

/// <summary>
/// Takes frames where somebody looks. A struct argument: with <see cref="NullSink"/> no
/// trace of it is left in the loops.
/// </summary>
public interface IFrameSink
{
    /// <summary>Whether frames go by <see cref="NodeLinks"/>: they depart later, or are dropped.</summary>
    static virtual bool HasLinks => false;

    /// <summary>Whether frames at such points are wanted; constant for a run.</summary>
    bool Observes(ObservationPoint point);

    /// <summary>A frame passes a point now; its bytes change afterwards.</summary>
    /// <param name="lane">The packet; its record number links frames that came of one record.</param>
    /// <param name="point">The kind of place.</param>
    /// <param name="frame">First byte of the frame as it is here.</param>
    /// <param name="length">Its bytes; what the snap length cut off is in the lane.</param>
    /// <param name="place">Node number; for <see cref="ObservationPoint.Pod"/> the endpoint, or −1 − node
    /// for an unlisted pod.</param>
    unsafe void Take(in Lane lane, ObservationPoint point, int place, byte* frame, int length);

    /// <summary>All records of the burst have their verdict.</summary>
    void EndBurst(PacketBurst burst);
}

/// <summary>Kinds of places where frames can be seen.</summary>
public enum ObservationPoint : byte
{
    /// <summary>A node's underlay interface, outbound.</summary>
    Wire,

    /// <summary>A pod's interface, inbound.</summary>
    Pod,

    /// <summary>The tunnel device, inner frames, both directions.</summary>
    Tunnel,

    /// <summary>Where a packet was dropped.</summary>
    Drop,
}

/// <summary>Frames are made in memory and let go.</summary>
public readonly struct NullSink : IFrameSink
{
    public bool Observes(ObservationPoint point) => false;

    public unsafe void Take(in Lane lane, ObservationPoint point, int place, byte* frame, int length)
    {
    }

    public void EndBurst(PacketBurst burst)
    {
    }
}
