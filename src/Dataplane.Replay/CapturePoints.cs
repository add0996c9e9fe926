using Dataplane.Capture;
using Dataplane.Pipeline;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>
/// Has packets remembered from where a capture turns out to have several points; where it has one, nothing is.
/// </summary>
internal sealed class CapturePoints
{
    private readonly CaptureReader _reader;
    private readonly PipelineState _state;

    private CapturePoints(CaptureReader reader, PipelineState state)
    {
        _reader = reader;
        _state = state;
    }

    /// <summary>Null where the capture can have but one point.</summary>
    public static CapturePoints? Of(CaptureReader reader, PipelineState state) =>
        reader.MayAddInterfaces || HasSeveral(reader) ? new CapturePoints(reader, state) : null;

    /// <summary>Looks at the interfaces that the records read so far have; pcapng may name more at any time.</summary>
    public void Look()
    {
        if (_state.Sightings is null && HasSeveral(_reader)) _state.Sightings = new Sightings(_state.Topology);
    }

    /// <summary>Several interfaces, or the device that stands for all of them.</summary>
    private static bool HasSeveral(CaptureReader reader) =>
        reader.Interfaces.Count > 1
        || (reader.Interfaces.Count == 1 && reader.Interfaces[0].LinkType is LinkType.LinuxSll or LinkType.LinuxSll2);
}
