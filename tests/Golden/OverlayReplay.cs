using System.Runtime.InteropServices;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Pipeline;
using Dataplane.Replay;
using Dataplane.Wire;

namespace Dataplane.Tests.Golden;

/// <summary>A frame that the emulation showed: the input that it came of, and the observation point.</summary>
public sealed record SeenFrame(int Input, string Point, byte[] Bytes);

/// <summary>
/// The lab of a variant, emulated: frames in, and what is seen at <c>p1a n1-vtep n1-eth0 n2-vtep p2a</c>, the points
/// of the goldens. Both nodes' underlay interfaces are one point: the goldens were captured on the wire between them.
/// </summary>
public sealed class OverlayReplay : IDisposable
{
    private const long Gap = 20_000_000;

    private readonly Emulation _emulation;

    public OverlayReplay(OverlaySetup setup, string? node = null, params string[] settings)
    {
        var options = new ReplayOptions
        {
            Cni = "flannel",
            Node = node,
            Settings = [.. OverlayManifests.Settings(setup), "node.udp=closed", .. settings],
        };
        ClusterSnapshot snapshot = ManifestReader.ReadText(OverlayManifests.Yaml(setup), setup.Variant);
        var parsed = EmulationSettings.Parse(options.Settings);
        NetworkModel model = OverlayTunnel.Of(setup, CniProfiles.Compile("flannel", snapshot, parsed));
        var enforcement = PolicyEnforcement.Of(snapshot, "flannel", parsed);
        _emulation = Emulation.Compile(model, enforcement, options, []);
    }

    /// <summary>What the run counted.</summary>
    public RunCounters Counters => _emulation.State.Counters;

    /// <summary>Sends frames through the cluster, in bursts as a replay does; gives all that was seen.</summary>
    public IReadOnlyList<SeenFrame> Run(IReadOnlyList<byte[]> inputs)
    {
        List<SeenFrame> seen = [];
        IPipeline pipeline = _emulation.Proxy.CreatePipeline(
            _emulation.State, _emulation.Burst, new Sink(seen, _emulation));
        List<GCHandle> pinned = [.. inputs.Select(frame => GCHandle.Alloc(frame, GCHandleType.Pinned))];
        CaptureRecord[] records = [.. pinned.Select((handle, number) => Record(handle, inputs[number].Length, number))];
        try
        {
            for (int done = 0; done < records.Length;) done += pipeline.Process(records.AsSpan(done));
        }
        finally
        {
            pinned.ForEach(handle => handle.Free());
        }

        return [.. seen.OrderBy(frame => frame.Input)];
    }

    public void Dispose() => _emulation.Dispose();

    private static unsafe CaptureRecord Record(GCHandle frame, int length, int number) => new()
    {
        Data = (byte*)frame.AddrOfPinnedObject(),
        CapturedLength = length,
        OriginalLength = length,
        Timestamp = 1_700_000_000_000_000_000 + (number * Gap),
        LinkType = LinkType.Ethernet,
    };

    private readonly struct Sink(List<SeenFrame> seen, Emulation emulation) : IFrameSink
    {
        public bool Observes(ObservationPoint point) => point != ObservationPoint.Drop;

        public unsafe void Take(in Lane lane, ObservationPoint point, int place, byte* frame, int length)
        {
            string name = point switch
            {
                ObservationPoint.Wire => "n1-eth0",
                ObservationPoint.Tunnel => place == 0 ? "n1-vtep" : "n2-vtep",
                _ => place < 0 ? "unlisted" : emulation.Model.Pods[emulation.Topology.Endpoints[place].Pod].Pod.Name,
            };
            int input = (int)emulation.Burst.FirstRecord + lane.Record;
            seen.Add(new SeenFrame(input, name, new ReadOnlySpan<byte>(frame, length).ToArray()));
        }

        public void EndBurst(PacketBurst burst)
        {
        }
    }
}
