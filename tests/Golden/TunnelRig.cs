using System.Runtime.InteropServices;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Replay;
using Dataplane.Wire;

namespace Dataplane.Tests.Golden;

/// <summary>
/// One tunnel between two nodes, without the stages around it: a frame goes in at the first node's end, and comes out
/// with the outer headers that the second node gets; or the other way round. The pods a (10.244.1.10) and b
/// (10.244.2.20) hang on one node each.
/// </summary>
internal sealed class TunnelRig : IDisposable
{
    private const string Manifests = """
        apiVersion: v1
        kind: Node
        metadata: {name: n1}
        spec: {podCIDR: 10.244.1.0/24, podCIDRs: [10.244.1.0/24, "fd00::/124"]}
        status: {addresses: [{type: InternalIP, address: 192.168.56.11}]}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: n2}
        spec: {podCIDR: 10.244.2.0/24, podCIDRs: [10.244.2.0/24, "fd00::10/124"]}
        status: {addresses: [{type: InternalIP, address: 192.168.56.12}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: a, namespace: default}
        spec: {nodeName: n1}
        status: {phase: Running, podIP: 10.244.1.10, podIPs: [{ip: 10.244.1.10}, {ip: "fd00::a"}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: b, namespace: default}
        spec: {nodeName: n2}
        status: {phase: Running, podIP: 10.244.2.20, podIPs: [{ip: 10.244.2.20}, {ip: "fd00::14"}]}
        """;

    private readonly Emulation _emulation;

    private TunnelRig(NetworkModel model, ReplayOptions options) =>
        _emulation = Emulation.Compile(
            model, PolicyEnforcement.Of(model.Snapshot, "flannel", new EmulationSettings()), options, []);

    public Topology Topology => _emulation.Topology;

    /// <summary>The rig with the tunnel, and whatever else the test wants otherwise in the model.</summary>
    public static TunnelRig With(
        TunnelSettings tunnel, Func<NetworkModel, NetworkModel>? change = null, string manifests = Manifests)
    {
        var options = new ReplayOptions
        {
            Cni = "flannel",
            Settings = ["pod.default/a.mac=0a:58:0a:f4:01:0a", "pod.default/b.mac=0a:58:0a:f4:02:14"],
        };
        ClusterSnapshot snapshot = ManifestReader.ReadText(manifests, "rig.yaml");
        NetworkModel model = CniProfiles.Compile("flannel", snapshot, EmulationSettings.Parse(options.Settings)) with
        {
            Tunnel = tunnel,
        };
        model = model with
        {
            Nodes = [.. model.Nodes.Select((node, index) =>
                node with { UnderlayMac = MacAddress.Parse($"02:00:c0:a8:38:0{(index == 0 ? 'b' : 'c')}") })],
        };
        return new TunnelRig(change is null ? model : change(model), options);
    }

    /// <summary>The frame as it leaves the node for the other.</summary>
    public unsafe byte[] Encapsulate(byte[] frame, int node = 0)
    {
        PacketBurst burst = Parse(frame);
        ref Lane lane = ref burst.Lanes[0];
        AdmitStage.Locate(ref lane, _emulation.Topology);
        lane.Entry = Entry.PodVeth;
        lane.Exit = Exit.Tunnel;
        lane.Node = (ushort)node;
        lane.NextNode = (ushort)(1 - node);
        var sink = default(NullSink);
        EncapStage.Run(burst, _emulation.State, ref sink);
        return new ReadOnlySpan<byte>(lane.Frame, lane.Length).ToArray();
    }

    /// <summary>
    /// The frame that comes out of the tunnel at the node, if one does; and why it is dropped there, if it is.
    /// </summary>
    public unsafe (byte[]? Frame, DropReason Drop) Decapsulate(byte[] frame, int node = 0)
    {
        PacketBurst burst = Parse(frame);
        ref Lane lane = ref burst.Lanes[0];
        if (lane.Defect != DropReason.None || lane.Drop != DropReason.None)
            return (null, lane.Drop == DropReason.None ? lane.Defect : lane.Drop);

        AdmitStage.Locate(ref lane, _emulation.Topology);
        lane.Entry = Entry.Underlay;
        lane.Node = (ushort)node;
        burst.HasArrivals = true;
        List<byte[]> seen = [];
        var sink = new TunnelSink(seen);
        DecapStage.Run(burst, _emulation.State, ref sink);
        return (seen.SingleOrDefault(), lane.Drop);
    }

    public void Dispose() => _emulation.Dispose();

    private unsafe PacketBurst Parse(byte[] frame)
    {
        PacketBurst burst = _emulation.Burst;
        burst.Clear();
        GCHandle pinned = GCHandle.Alloc(frame, GCHandleType.Pinned);
        try
        {
            var record = new CaptureRecord
            {
                Data = (byte*)pinned.AddrOfPinnedObject(),
                CapturedLength = frame.Length,
                OriginalLength = frame.Length,
                LinkType = LinkType.Ethernet,
            };
            ParseStage.Run(burst, [record], _emulation.State);
            ParseStage.Name(burst, _emulation.State);
        }
        finally
        {
            pinned.Free();
        }

        return burst;
    }

    /// <summary>What is seen on the tunnel's device.</summary>
    private readonly struct TunnelSink(List<byte[]> seen) : IFrameSink
    {
        public bool Observes(ObservationPoint point) => point == ObservationPoint.Tunnel;

        public unsafe void Take(in Lane lane, ObservationPoint point, int place, byte* frame, int length) =>
            seen.Add(new ReadOnlySpan<byte>(frame, length).ToArray());

        public void EndBurst(PacketBurst burst)
        {
        }
    }
}
