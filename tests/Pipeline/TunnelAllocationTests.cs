using Dataplane.Bench.Fixtures;
using Dataplane.Cluster.Manifests;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Tests.Packets;
using Dataplane.Tests.Scenarios;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Scenarios.DualStackCluster;

namespace Dataplane.Tests.Pipeline;

/// <summary>
/// No CNI's tunnel makes the collector work, on either side, nor for what is fragmented, segmented or answered.
/// </summary>
[Collection(AllocationTests.Name)]
public sealed class TunnelAllocationTests
{
    private const int Count = 64;
    private const int Passes = 100;
    private const int WarmUpPasses = 12;
    private const int OverEveryTunnel = 1470;

    /// <summary>The columns of <see cref="TunnelRoundTripTests.Tunnels"/> that this needs.</summary>
    public static IEnumerable<TheoryDataRow<string, int, string, string[]>> Tunnels =>
        TunnelRoundTripTests.Tunnels.Select(row => new TheoryDataRow<string, int, string, string[]>(
            row.Data.Item1, row.Data.Item2, row.Data.Item3, row.Data.Item4));

    [Theory]
    [MemberData(nameof(Tunnels))]
    public void Into_the_tunnel_and_out_of_it_nothing_is_allocated(
        string cni, int family, string manifests, string[] settings)
    {
        AssertNothing(
            cni, manifests, settings, Many(i => From(family).Udp(4000 + i, 9).Payload(100)), Verdict.Forwarded);
        AssertNothing(
            cni, manifests, settings, Many(i => From(family).Tcp(i + 1, 80, TcpFlags.Syn)), Verdict.Forwarded);
    }

    [Theory]
    [MemberData(nameof(Tunnels))]
    public void Segments_fragments_and_answers_of_the_sending_node_allocate_nothing(
        string cni, int family, string manifests, string[] settings)
    {
        AssertNothing(
            cni, manifests, settings, Many(i => From(family).Tcp(i + 1, 80).Payload(5000)), Verdict.Forwarded);
        AssertNothing(cni, manifests, settings, Many(i =>
            From(family, Ipv4Header.DontFragmentFlag).Udp(4000 + i, 9).Payload(OverEveryTunnel)), Verdict.Dropped);
        if (family == 4)
            AssertNothing(cni, manifests, settings,
                Many(i => From(family).Udp(4000 + i, 9).Payload(OverEveryTunnel)), Verdict.Forwarded);
        if (cni != "openshift-sdn")
            AssertNothing(
                cni, manifests, settings, Many(i => From(family, hopLimit: 1).Udp(4000 + i, 9)), Verdict.Dropped);
    }

    [Theory]
    [MemberData(nameof(Tunnels))]
    public void A_node_that_only_receives_allocates_nothing(string cni, int family, string manifests, string[] settings)
    {
        byte[][] sent = Many(i => From(family).Udp(4000 + i, 9).Payload(100));
        using var first = new CniRun(cni, "n1", manifests, settings);
        List<byte[]> wire = first.Run(sent, ObservationPoint.Wire);

        AssertNothing(cni, manifests, settings, [.. wire], Verdict.Forwarded, "n2");
        AssertNothing(cni, manifests, settings, [.. wire.Select(Cut)], Verdict.Dropped, "n2");
    }

    /// <summary>By the holder of its address, past rules for what leaves, or against them.</summary>
    [Fact]
    public void What_leaves_the_cluster_with_an_egress_address_allocates_nothing()
    {
        const string Firewall = """
            ---
            apiVersion: network.openshift.io/v1
            kind: EgressNetworkPolicy
            metadata: {name: out, namespace: shop}
            spec: {egress: [{type: Allow, to: {cidrSelector: 198.51.100.0/24}}, {type: Deny, to: {cidrSelector: 0.0.0.0/0}}]}
            """;
        string manifests = EgressCluster.OpenShift + Firewall;
        AssertNothing(
            "openshift-sdn", manifests, [], Many(i => FromWeb("198.51.100.7").Udp(4000 + i, 9)), Verdict.Forwarded);
        AssertNothing(
            "openshift-sdn", manifests, [], Many(i => FromWeb("203.0.113.1").Udp(4000 + i, 9)), Verdict.Dropped);
        AssertNothing("openshift-sdn", manifests, ["openshift-sdn.mode=multitenant"],
            Many(i => FromWeb("10.129.0.20").Udp(4000 + i, 9)), Verdict.Dropped);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Direct_server_return_allocates_nothing(bool isByGeneve)
    {
        string manifests = DirectReturnCluster.Manifests(
            [.. isByGeneve ? DirectReturnCluster.ByGeneve : DirectReturnCluster.ByOption,
                "enable-pmtu-discovery: \"true\""]);
        PacketBuilder From(int port) =>
            new PacketBuilder().Eth().Ipv4(DirectReturnCluster.Client, DirectReturnCluster.Frontend).Udp(port, 80);
        AssertNothing("cilium", manifests, [], Many(i => From(4000 + i).Payload(100)), Verdict.Forwarded);
        AssertNothing(
            "cilium", manifests, [], Many(i => From(4000 + i).Payload(1472)), Verdict.Dropped, node: "lb", entry: "lb");
    }

    private static PacketBuilder FromWeb(string to) =>
        new PacketBuilder().Eth("0a:58:0a:80:00:0a", "0a:58:0a:80:00:01").Ipv4("10.128.0.10", to);

    private static void AssertNothing(string cni, string manifests, string[] settings, byte[][] sent, Verdict expected,
        string? node = null, string? entry = null)
    {
        using var emulation = Emulation.Compile(
            ManifestReader.ReadText(manifests, "two-nodes.yaml"),
            new ReplayOptions { Cni = cni, Node = node, Entry = entry, Proxy = "ebpf", Settings = [.. settings] });
        IPipeline pipeline = PipelineCatalog.Create(emulation, default(NullSink));
        using var frames = new FrameSet(sent);
        for (int pass = 0; pass < WarmUpPasses; pass++) Pass(pipeline, frames);

        long allocated = AllocationTests.Measure(() =>
        {
            for (int pass = 0; pass < Passes; pass++) Pass(pipeline, frames);
        });

        RunCounters counters = emulation.State.Counters;
        Assert.True(counters[expected] == counters.Records,
            $"{counters[expected]} of {counters.Records} {expected}: {string.Join(", ", counters.Drops())}");
        Assert.Equal(0, allocated);
    }

    private static void Pass(IPipeline pipeline, FrameSet frames)
    {
        ReadOnlySpan<CaptureRecord> records = frames.Records;
        while (!records.IsEmpty) records = records[pipeline.Process(records)..];
        frames.Advance();
    }

    private static byte[][] Many(Func<int, PacketBuilder> frame) =>
        [.. Enumerable.Range(0, Count).Select(i => frame(i).Build())];

    private static PacketBuilder From(int family, ushort flags = 0, byte hopLimit = 64)
    {
        PacketBuilder frame = new PacketBuilder().Eth("0a:58:0a:f4:01:0a", "0a:58:0a:f4:01:01");
        return family == 4 ? frame.Ipv4(PodA4, PodB4, hopLimit, fragment: flags) : frame.Ipv6(PodA6, PodB6, hopLimit);
    }

    // The last bytes are gone, and the outer length says so no longer.
    private static byte[] Cut(byte[] frame) => frame[..^20];
}
