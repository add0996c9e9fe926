using Dataplane.Capture;
using Dataplane.Pipeline;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>Takes care that a packet counts once where a capture has several points; where it has one, nothing is remembered.</summary>
internal sealed class SightingPipeline : IPipeline
{
    private readonly IPipeline _pipeline;
    private readonly PipelineState _state;
    private readonly CaptureReader _reader;

    private SightingPipeline(IPipeline pipeline, PipelineState state, CaptureReader reader)
    {
        _pipeline = pipeline;
        _state = state;
        _reader = reader;
    }

    /// <summary>The pipeline itself where the capture can have but one point.</summary>
    public static IPipeline Around(IPipeline pipeline, Emulation emulation, CaptureReader reader) =>
        !reader.MayAddInterfaces && !HasManyPoints(reader) ? pipeline : new SightingPipeline(pipeline, emulation.State, reader);

    public int Process(ReadOnlySpan<CaptureRecord> records)
    {
        if (_state.Sightings is null && HasManyPoints(_reader)) _state.Sightings = new Sightings(_state.Topology);
        _state.Sightings?.Begin(records);
        return _pipeline.Process(records);
    }

    public void Finish() => _pipeline.Finish();

    /// <summary>Several interfaces, or the device that stands for all of them. pcapng may name more while it is read.</summary>
    private static bool HasManyPoints(CaptureReader reader) =>
        reader.Interfaces.Count > 1
        || (reader.Interfaces.Count == 1 && reader.Interfaces[0].LinkType is LinkType.LinuxSll or LinkType.LinuxSll2);
}
