using System.Runtime.InteropServices;
using Dataplane.Cluster.Manifests;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Replay;
using Dataplane.Wire;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// Two nodes with a pod each under some CNI, or one of them alone; frames in, and what is seen of them.
/// </summary>
internal sealed class CniRun : IDisposable
{
    public const string Yaml = """
        apiVersion: v1
        kind: Node
        metadata: {name: n1}
        spec: {podCIDR: 10.244.1.0/24, podCIDRs: [10.244.1.0/24]}
        status: {addresses: [{type: InternalIP, address: 192.168.56.11}]}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: n2}
        spec: {podCIDR: 10.244.2.0/24, podCIDRs: [10.244.2.0/24]}
        status: {addresses: [{type: InternalIP, address: 192.168.56.12}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: a, namespace: default}
        spec: {nodeName: n1}
        status: {phase: Running, podIP: 10.244.1.10, podIPs: [{ip: 10.244.1.10}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: b, namespace: default}
        spec: {nodeName: n2}
        status: {phase: Running, podIP: 10.244.2.20, podIPs: [{ip: 10.244.2.20}]}
        """;

    private readonly Emulation _emulation;

    public CniRun(string cni, string? node = null, params string[] settings)
        : this(cni, node, Yaml, settings)
    {
    }

    /// <summary>In a cluster of one's own.</summary>
    public CniRun(string cni, string? node, string manifests, string[] settings) => _emulation = Emulation.Compile(
        ManifestReader.ReadText(manifests, "two-nodes.yaml"),
        new ReplayOptions { Cni = cni, Node = node, Proxy = "ebpf", Settings = [.. settings] });

    public RunCounters Counters => _emulation.State.Counters;

    /// <summary>All frames that were seen at such points because of the inputs, in order.</summary>
    public List<byte[]> Run(IEnumerable<byte[]> inputs, ObservationPoint point)
    {
        List<byte[]> seen = [];
        IPipeline pipeline = _emulation.Proxy.CreatePipeline(_emulation.State, _emulation.Burst, new Sink(seen, point));
        foreach (byte[] input in inputs) Send(pipeline, input);
        return seen;
    }

    public void Dispose() => _emulation.Dispose();

    private unsafe void Send(IPipeline pipeline, byte[] frame)
    {
        GCHandle pinned = GCHandle.Alloc(frame, GCHandleType.Pinned);
        try
        {
            var record = new CaptureRecord
            {
                Data = (byte*)pinned.AddrOfPinnedObject(),
                CapturedLength = frame.Length,
                OriginalLength = frame.Length,
                Timestamp = 1_700_000_000_000_000_000 + _emulation.Burst.FirstRecord,
                LinkType = LinkType.Ethernet,
            };
            pipeline.Process([record]);
        }
        finally
        {
            pinned.Free();
        }
    }

    private readonly struct Sink(List<byte[]> seen, ObservationPoint wanted) : IFrameSink
    {
        public bool Observes(ObservationPoint point) => point == wanted;

        public unsafe void Take(in Lane lane, ObservationPoint point, int place, byte* frame, int length) =>
            seen.Add(new ReadOnlySpan<byte>(frame, length).ToArray());

        public void EndBurst(PacketBurst burst)
        {
        }
    }
}
