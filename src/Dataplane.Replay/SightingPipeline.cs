using Dataplane.Capture;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>Takes care that a packet counts once where a capture has several points; where it has one, nothing is remembered.</summary>
internal sealed class SightingPipeline : IPipeline
{
    private readonly IPipeline _pipeline;
    private readonly PipelineState _state;
    private readonly CaptureReader _reader;
    private readonly int _largestWhole;

    private SightingPipeline(IPipeline pipeline, PipelineState state, CaptureReader reader)
    {
        _pipeline = pipeline;
        _state = state;
        _reader = reader;
        _largestWhole = SmallestMtu(state.Topology) + LinuxSll2Header.Size;
    }

    /// <summary>The pipeline itself where the capture can have but one point.</summary>
    public static IPipeline Around(IPipeline pipeline, Emulation emulation, CaptureReader reader) =>
        !reader.MayAddInterfaces && !HasManyPoints(reader) ? pipeline : new SightingPipeline(pipeline, emulation.State, reader);

    public int Process(ReadOnlySpan<CaptureRecord> records)
    {
        if (_state.Sightings is null && HasManyPoints(_reader)) _state.Sightings = new Sightings();
        if (_state.Sightings is not { } sightings) return _pipeline.Process(records);

        ReadOnlySpan<CaptureRecord> together = records[..CountUntilLarge(records)];
        sightings.Begin(together);
        return _pipeline.Process(together);
    }

    public void Finish() => _pipeline.Finish();

    /// <summary>Several interfaces, or the device that stands for all of them. pcapng may name more while it is read.</summary>
    private static bool HasManyPoints(CaptureReader reader) =>
        reader.Interfaces.Count > 1
        || (reader.Interfaces.Count == 1 && reader.Interfaces[0].LinkType is LinkType.LinuxSll or LinkType.LinuxSll2);

    // What may be taken apart ends its burst: the pieces have to be known before the capture shows them.
    private int CountUntilLarge(ReadOnlySpan<CaptureRecord> records)
    {
        int count = Math.Min(records.Length, PacketBurst.MaxRecords);
        for (int index = 0; index < count; index++)
        {
            if (records[index].OriginalLength > _largestWhole) return index + 1;
        }

        return count;
    }

    private static int SmallestMtu(Topology topology)
    {
        int smallest = ushort.MaxValue;
        for (int node = 0; node < topology.Nodes.Length; node++)
        {
            ref NodeEntry entry = ref topology.Nodes[node];
            foreach (ushort mtu in (ReadOnlySpan<ushort>)[entry.UnderlayMtu, entry.TunnelMtu, entry.TunnelMtuV6, entry.PodMtu])
            {
                if (mtu != 0) smallest = Math.Min(smallest, mtu);
            }
        }

        return smallest;
    }
}
