using Dataplane.Bench.Fixtures;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Pipeline;
using Dataplane.Replay;
using Dataplane.Wire;

namespace Dataplane.Tests.Oracles;

/// <summary>All frames that an emulated cluster shows at its observation points, in order.</summary>
public sealed class SeenFrames
{
    private readonly List<(ObservationPoint Point, int Place, byte[] Frame)> _frames = [];

    public IEnumerable<byte[]> At(ObservationPoint point, int place) =>
        _frames.Where(seen => seen.Point == point && seen.Place == place).Select(seen => seen.Frame);

    /// <summary>Frames at the pod of this name, inbound.</summary>
    public IEnumerable<byte[]> AtPod(Emulation emulation, string name)
    {
        int pod = Enumerable.Range(0, emulation.Model.Pods.Length)
            .Single(index => emulation.Model.Pods[index].Pod.Name == name);
        return At(ObservationPoint.Pod, pod);
    }

    /// <summary>Sends frames through the cluster, as captured at their senders.</summary>
    public static SeenFrames Run(Emulation emulation, IReadOnlyList<byte[]> frames)
    {
        var seen = new SeenFrames();
        IPipeline pipeline = emulation.Proxy.CreatePipeline(emulation.State, emulation.Burst, new Sink(seen));
        using var set = new FrameSet(frames);
        ReadOnlySpan<CaptureRecord> records = set.Records;
        while (!records.IsEmpty) records = records[pipeline.Process(records)..];
        return seen;
    }

    private readonly struct Sink(SeenFrames seen) : IFrameSink
    {
        public bool Observes(ObservationPoint point) => true;

        public unsafe void Take(in Lane lane, ObservationPoint point, int place, byte* frame, int length) =>
            seen._frames.Add((point, place, new ReadOnlySpan<byte>(frame, length).ToArray()));

        public void EndBurst(PacketBurst burst)
        {
        }
    }
}
