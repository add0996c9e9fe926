using Dataplane.Bench.Fixtures;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Replay;

namespace Dataplane.Bench;

/// <summary>
/// A tunnel's two ends, each a node alone: bursts that stand in front of encapsulation, and of decapsulation.
/// </summary>
internal sealed unsafe class TunnelPair : IDisposable
{
    private readonly BurstRig _sender;
    private readonly BurstRig _receiver;
    private readonly BurstRig _flow;
    private readonly Lane[] _routed = new Lane[PacketBurst.MaxRecords];
    private readonly Lane[] _arrived = new Lane[PacketBurst.MaxRecords];

    public TunnelPair(TunnelVariant variant, int size)
    {
        List<byte[]> frames = Frames(size);
        _flow = new BurstRig(variant.Compile("node-0"), [.. Enumerable.Repeat(frames[0], PacketBurst.MaxRecords)]);
        _sender = new BurstRig(variant.Compile("node-0"), frames);
        _sender.Route();
        Save(_sender, _routed);
        List<byte[]> wire = WireOf(variant, frames);
        if (wire.Count != frames.Count)
            throw new InvalidOperationException($"{variant}: {wire.Count} of {frames.Count} frames on the wire");

        _receiver = new BurstRig(variant.Compile("node-1"), wire);
        _receiver.Parse();
        _receiver.Admit();
        Save(_receiver, _arrived);
        Decapsulate();
        if (_receiver.State.Counters.Decapsulated == frames.Count) return;

        throw new InvalidOperationException(
            $"{variant}: {_receiver.State.Counters.Decapsulated} of {frames.Count} frames decapsulated");
    }

    public void Encapsulate()
    {
        _routed.CopyTo(new Span<Lane>(_sender.Burst.Lanes, _routed.Length));
        EncapStage.Run(_sender.Burst, _sender.State, ref _sender.Sink);
    }

    public void Decapsulate()
    {
        _arrived.CopyTo(new Span<Lane>(_receiver.Burst.Lanes, _arrived.Length));
        DecapStage.Run(_receiver.Burst, _receiver.State, ref _receiver.Sink);
    }

    /// <summary>The part of both that is not the tunnel's.</summary>
    public void PutBack() => _routed.CopyTo(new Span<Lane>(_sender.Burst.Lanes, _routed.Length));

    /// <summary>A burst of one flow, all of its way through the sending node.</summary>
    public void Send() => _flow.Process();

    /// <summary>A burst of it through the receiving node.</summary>
    public void Receive() => _receiver.Process();

    public void Dispose()
    {
        _sender.Dispose();
        _receiver.Dispose();
        _flow.Dispose();
    }

    // The first addresses of a node's network are other things than pods to some CNIs.
    private static List<byte[]> Frames(int size)
    {
        const int Reserved = 10;
        bool IsOfPods(int flow) =>
            flow % SampleCluster.PodsPerNode >= Reserved && flow / 7 % SampleCluster.PodsPerNode >= Reserved;
        return [.. SampleFrames.AcrossNodes(3 * SampleCluster.PodsPerNode, size)
            .Where((_, flow) => IsOfPods(flow)).Take(PacketBurst.MaxRecords)];
    }

    private static List<byte[]> WireOf(TunnelVariant variant, List<byte[]> frames)
    {
        List<byte[]> wire = [];
        using Emulation emulation = variant.Compile("node-0");
        using var set = new FrameSet(frames);
        IPipeline pipeline = emulation.Proxy.CreatePipeline(emulation.State, emulation.Burst, new WireSink(wire));
        for (int done = 0; done < frames.Count;) done += pipeline.Process(set.Records[done..]);
        return wire;
    }

    private static void Save(BurstRig rig, Lane[] lanes) =>
        new ReadOnlySpan<Lane>(rig.Burst.Lanes, lanes.Length).CopyTo(lanes);

    private readonly struct WireSink(List<byte[]> wire) : IFrameSink
    {
        public bool Observes(ObservationPoint point) => point == ObservationPoint.Wire;

        public void Take(in Lane lane, ObservationPoint point, int place, byte* frame, int length) =>
            wire.Add(new ReadOnlySpan<byte>(frame, length).ToArray());

        public void EndBurst(PacketBurst burst)
        {
        }
    }
}
