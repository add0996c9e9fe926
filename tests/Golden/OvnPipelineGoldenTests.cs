using System.Runtime.InteropServices;
using System.Text.Json;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Replay;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>
/// <c>21-ovn</c> through all stages: what the pods sent goes in, and what the chassis put on the wire and what the pods
/// got comes out, nothing masked. Connections to the load balancer, whose frames have the port of the frame to its
/// address; and what a switch floods.
/// </summary>
public sealed class OvnPipelineGoldenTests : IDisposable
{
    private const string Vip = "10.96.0.80";
    private const string LoadBalancer = """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: default}
        spec: {type: ClusterIP, clusterIP: 10.96.0.80, ports: [{port: 80, targetPort: 8080, protocol: TCP}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: web-1, namespace: default, labels: {kubernetes.io/service-name: web}}
        addressType: IPv4
        ports: [{port: 8080, protocol: TCP}]
        endpoints: [{addresses: [10.244.1.12]}, {addresses: [10.244.2.21]}]
        """;

    private readonly JsonDocument _json = JsonDocument.Parse(GoldenFolder.Read("21-ovn/ovn.json"));
    private readonly Emulation _emulation;

    public OvnPipelineGoldenTests() => _emulation = Compile(_json.RootElement);

    [Fact]
    public void Connections_to_the_load_balancer_are_ovn_s_on_the_wire_and_at_both_pods()
    {
        byte[][] sent = [.. Captured("a", "w2").Where(frame =>
            frame.Pod == "a" ? IsTo(frame.Bytes, Vip) && IsFar(frame.Bytes) : IsTo(frame.Bytes, "10.244.1.10"))
            .Select(frame => frame.Bytes)];
        byte[][] wire = Wire(frame => frame[OvnGoldenTests.OuterSize + 13] != 6
            && IsBetween(frame[OvnGoldenTests.OuterSize..], "10.244.1.10", "10.244.2.21"));
        byte[][] replies = [.. Captured("a")
            .Where(frame => IsFrom(frame.Bytes, Vip) && IsFar(frame.Bytes)).Select(frame => frame.Bytes)];
        byte[][] received =
            [.. Captured("w2").Where(frame => IsFrom(frame.Bytes, "10.244.1.10")).Select(frame => frame.Bytes)];

        ILookup<string, byte[]> got = Run(sent);

        AssertSame("on the wire", wire, [.. got["wire"]]);
        AssertSame("at pod a", replies, [.. got["a"]]);
        AssertSame("at pod w2", received, [.. got["w2"]]);
        Assert.Equal((22, 22, 10, 12), (sent.Length, wire.Length, replies.Length, received.Length));
    }

    [Fact]
    public void A_question_for_an_unknown_address_goes_to_the_other_chassis_s_pods_of_the_switch()
    {
        byte[][] sent =
            [.. Captured("a").Select(frame => frame.Bytes).Where(frame => frame[13] == 6 && frame[41] == 250)];
        byte[][] wire = Wire(frame => frame[OvnGoldenTests.OuterSize + 13] == 6);
        byte[][] received =
            [.. Captured("b").Select(frame => frame.Bytes).Where(frame => frame[13] == 6 && frame[41] == 250)];

        ILookup<string, byte[]> got = Run(sent);

        AssertSame("on the wire", wire, [.. got["wire"]]);
        AssertSame("at pod b", received, [.. got["b"]]);
        Assert.Empty(got["c"].Concat(got["w2"]));
        Assert.Equal((3, 3), (wire.Length, received.Length));
    }

    [Fact]
    public void A_flood_that_was_captured_on_the_wire_reaches_the_pods_of_the_switch()
    {
        byte[][] wire = Wire(frame => frame[OvnGoldenTests.OuterSize + 13] == 6);

        ILookup<string, byte[]> got = Run(wire);

        AssertSame("at pod b", [.. wire.Select(frame => frame[OvnGoldenTests.OuterSize..])], [.. got["b"]]);
    }

    public void Dispose()
    {
        _emulation.Dispose();
        _json.Dispose();
    }

    private static Emulation Compile(JsonElement lab)
    {
        var options = new ReplayOptions { Cni = "flannel", Proxy = "ebpf" };
        ClusterSnapshot snapshot = ManifestReader.ReadText(OvnLab.Manifests(lab) + LoadBalancer, "lab.yaml");
        NetworkModel model = CniProfiles.Compile("flannel", snapshot, EmulationSettings.Parse([])) with
        {
            Tunnel = OvnLab.Geneve,
            Hops = new HopCosts { PodToTunnel = 1, TunnelToPod = 0, PodToPod = 0 },
        };
        model = OvnLab.WithKeys(model, lab);
        model = model with
        {
            Nodes = [.. model.Nodes.Select((node, at) =>
                node with { UnderlayMac = MacAddress.Parse($"02:00:c0:a8:38:0{(at == 0 ? 'b' : 'c')}") })],
        };
        var enforcement = PolicyEnforcement.Of(snapshot, "flannel", new EmulationSettings());
        return Emulation.Compile(model, enforcement, options, [], _ => new FarBackend());
    }

    /// <summary>What the pods' captures hold, by time.</summary>
    private static IEnumerable<(string Pod, byte[] Bytes)> Captured(params string[] pods) => pods
        .SelectMany(pod => PcapFile.Golden($"21-ovn/pod-{pod}.pcap").Frames.Select(frame => (pod, frame)))
        .OrderBy(entry => entry.frame.Timestamp).Select(entry => (entry.pod, entry.frame.Bytes));

    private byte[][] Wire(Func<byte[], bool> isWanted) =>
    [
        .. _json.RootElement.GetProperty("cases").EnumerateArray()
            .SelectMany(given => given.GetProperty("geneve").EnumerateArray())
            .Select(packet => Convert.FromHexString(packet.GetProperty("frame").GetString()!)).Where(isWanted),
    ];

    private static bool IsFrom(byte[] frame, string address) => IsIp(frame) && IsAt(frame, 26, address);

    private static bool IsTo(byte[] frame, string address) => IsIp(frame) && IsAt(frame, 30, address);

    private static bool IsBetween(byte[] frame, string one, string other) =>
        (IsFrom(frame, one) && IsTo(frame, other)) || (IsFrom(frame, other) && IsTo(frame, one));

    private static bool IsIp(byte[] frame) => frame[12] == 8 && frame[13] == 0;

    private static bool IsAt(byte[] frame, int offset, string address) => IpAddress.FromV4(
        System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(offset))).ToString() == address;

    /// <summary>Of the five connections those that OVN gave to w2.</summary>
    private static bool IsFar(byte[] frame) =>
        FarBackend.Ports.Contains((ushort)(frame[34] << 8 | frame[35]))
        || FarBackend.Ports.Contains((ushort)(frame[36] << 8 | frame[37]));

    private static void AssertSame(string what, IReadOnlyList<byte[]> expected, IReadOnlyList<byte[]> got)
    {
        string? difference = FrameDifference.Describe(what, expected, got);
        Assert.True(difference is null, difference);
    }

    private ILookup<string, byte[]> Run(byte[][] frames)
    {
        List<(string Point, byte[] Bytes)> seen = [];
        IPipeline pipeline = _emulation.Proxy.CreatePipeline(
            _emulation.State, _emulation.Burst, new Sink(seen, _emulation));
        List<GCHandle> pinned = [.. frames.Select(frame => GCHandle.Alloc(frame, GCHandleType.Pinned))];
        CaptureRecord[] records = [.. pinned.Select((handle, number) => Record(handle, frames[number].Length, number))];
        try
        {
            for (int done = 0; done < records.Length;) done += pipeline.Process(records.AsSpan(done));
        }
        finally
        {
            pinned.ForEach(handle => handle.Free());
        }

        return seen.ToLookup(frame => frame.Point, frame => frame.Bytes);
    }

    private static unsafe CaptureRecord Record(GCHandle frame, int length, int number) => new()
    {
        Data = (byte*)frame.AddrOfPinnedObject(),
        CapturedLength = length,
        OriginalLength = length,
        Timestamp = number * 1_000_000L,
        LinkType = LinkType.Ethernet,
    };

    private sealed class FarBackend : IBackendChoice
    {
        public static readonly ushort[] Ports = [0xE45C, 0xE46A];

        public bool TryChoose(in FlowKey key, out uint address, out ushort port)
        {
            (address, port) = (IpAddress.Parse("10.244.2.21").V4, 8080);
            return true;
        }

        public bool TryChooseSourcePort(in FlowKey key, out ushort port)
        {
            port = 0;
            return false;
        }
    }

    private readonly struct Sink(List<(string Point, byte[] Bytes)> seen, Emulation emulation) : IFrameSink
    {
        public bool Observes(ObservationPoint point) => point is ObservationPoint.Wire or ObservationPoint.Pod;

        public unsafe void Take(in Lane lane, ObservationPoint point, int place, byte* frame, int length) => seen.Add((
            point == ObservationPoint.Wire
                ? "wire"
                : emulation.Model.Pods[emulation.Topology.Endpoints[place].Pod].Pod.Name,
            new ReadOnlySpan<byte>(frame, length).ToArray()));

        public void EndBurst(PacketBurst burst)
        {
        }
    }
}
