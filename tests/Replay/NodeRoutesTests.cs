using Dataplane.Cluster.Manifests;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Replay.Tracing;
using Dataplane.Tests.Capture;
using Dataplane.Tests.Golden;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.DualStackCluster;

namespace Dataplane.Tests.Replay;

/// <summary><c>--routes</c>: a real node's routes say how it reaches the pods of another.</summary>
public sealed class NodeRoutesTests
{
    private const int Ttl = 22;

    /// <summary>What the sending node says, and where a packet to the other node's pod is then seen.</summary>
    public static TheoryData<string, string[], string, string> Ways => new()
    {
        { "flannel", [], "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink", "VXLAN" },
        { "flannel", [], "10.244.2.0/24 via 192.168.56.12 dev eth0", "direct" },
        { "flannel", [], "default via 192.168.56.1 dev eth0\n10.244.0.0/16 via 192.168.56.12 dev ens3 proto static",
            "direct" },
        { "flannel", [],
            "default via 192.168.56.1 dev eth0\n10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1",
            "outside" },
        { "flannel", [], "10.244.1.0/24 dev cni0", "no-route" },
        { "flannel", [], "blackhole 10.244.2.0/24", "host-unreachable" },
        { "flannel", [], "unreachable 10.244.2.0/24", "host-unreachable answered" },
        { "flannel", ["flannel.backend=host-gw"], "10.244.2.0/24 via 192.168.56.12 dev eth0", "direct" },
        { "flannel", ["flannel.backend=host-gw"], "unreachable 10.244.2.0/24", "host-unreachable answered" },
        { "calico", [], "10.244.2.0/24 via 192.168.56.12 dev tunl0 proto bird onlink", "IPIP" },
        { "calico", [], "10.244.2.0/24 via 192.168.56.12 dev eth0 proto bird", "direct" },
        { "calico", [],
            "BIRD 2.0.8 ready.\nTable master4:\n10.244.2.0/24  unicast [Mesh_192_168_56_12 10:12:04.001] * (100) [i]\n"
            + "\tvia 192.168.56.12 on tunl0",
            "IPIP" },
        { "calico", [],
            "BIRD v0.3.3+birdv1.6.8 ready.\n"
            + "10.244.2.0/24 via 192.168.56.12 on eth0 [Mesh_192_168_56_12 10:12:04] * (100/0) [i]",
            "direct" },
        { "calico", ["calico.vxlan=Always"], "10.244.2.0/24 via 10.244.2.0 dev vxlan.calico onlink", "VXLAN" },
        { "flannel", [],
            "10.244.2.0/24 proto static\n\tnexthop via 192.168.56.12 dev eth0 weight 1 linkdown\n"
            + "\tnexthop via 10.244.2.0 dev flannel.1 weight 1",
            "VXLAN" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_node_s_own_routes_go_before_computed_ones(
        string cni, string[] settings, string routes, string expected)
    {
        using var file = new TemporaryFile(".routes");
        File.WriteAllText(file.Path, routes);
        using Emulation emulation = Compile(cni, settings, ("n1", file.Path));
        byte[] frame = Eth("0a:58:0a:f4:01:0a", "0a:58:0a:f4:01:01").Ipv4(PodA4, PodB4).Udp(4000, 9).Payload(20);

        var run = ObservedRun.Of(emulation, [new CapturedFrame(1, frame)]);

        Assert.Equal(expected, WayOf(run));
        byte[]? quoted = run.Frames.FirstOrDefault(seen => seen.IsAnswer)?.Bytes;
        Assert.Equal(
            expected.EndsWith("answered", StringComparison.Ordinal) || expected == "no-route", quoted is not null);
        // asked in front of forwarding: the TTL as it came
        if (quoted is not null) Assert.Equal(64, quoted[34 + 8 + 8]);
    }

    [Fact]
    public void Only_the_node_whose_routes_they_are_goes_by_them()
    {
        using var file = new TemporaryFile(".routes");
        File.WriteAllText(file.Path, "10.244.2.0/24 via 192.168.56.12 dev eth0");
        using Emulation emulation = Compile("flannel", [], ("n1", file.Path));
        byte[] back = Eth("0a:58:0a:f4:02:14", "0a:58:0a:f4:02:01").Ipv4(PodB4, PodA4).Udp(9, 4000);

        Assert.Equal("VXLAN", WayOf(ObservedRun.Of(emulation, [new CapturedFrame(1, back)])));
        Assert.Contains(emulation.Notes,
            note => note == $"n1's routes are those of {file.Path}; ways to other nodes' pods: direct 1");
    }

    [Fact]
    public void Ipv6_routes_are_asked_for_ipv6_alone()
    {
        using var file = new TemporaryFile(".routes");
        File.WriteAllText(file.Path, "fd00:10:244:2::/64 via fd00:56::2 dev eth0 metric 1024 pref medium");
        using Emulation emulation = Compile("flannel", [], ("n1", file.Path));
        byte[] six = Eth("0a:58:0a:f4:01:0a", "0a:58:0a:f4:01:01").Ipv6(PodA6, PodB6).Udp(4000, 9);
        byte[] four = Eth("0a:58:0a:f4:01:0a", "0a:58:0a:f4:01:01").Ipv4(PodA4, PodB4).Udp(4000, 9);

        Assert.Equal("direct", WayOf(ObservedRun.Of(emulation, [new CapturedFrame(1, six)])));
        Assert.Equal("VXLAN", WayOf(ObservedRun.Of(emulation, [new CapturedFrame(2, four)])));
    }

    [Theory]
    [InlineData("10.244.2.0/24 via 10.9.9.9 dev eth0",
        ":1: 10.244.2.0/24: the gateway 10.9.9.9 is no node's address: give the routes of this cluster's node")]
    [InlineData("10.244.2.0/24 via 192.168.56.12 dev tunl0 onlink",
        ":1: 10.244.2.0/24: device tunl0 leads to no other node here (the tunnel is flannel.1): "
        + "choose the CNI's settings as the node has them")]
    [InlineData("10.244.0.0/16 dev docker0",
        ":1: 10.244.0.0/16: device docker0 leads to no other node here (the tunnel is flannel.1): "
        + "choose the CNI's settings as the node has them")]
    [InlineData("10.244.2.0/24 via 192.168.56.11 dev eth0",
        ":1: 10.244.2.0/24: the gateway 192.168.56.11 is this node itself")]
    [InlineData("prohibit 10.244.2.0/24", ":1: 10.244.2.0/24: a prohibit route to pods of node n2 is not emulated")]
    [InlineData("10.244.2.0/24 via there", ":1: via is \"there\", not an IP address")]
    public void A_route_that_leads_nowhere_here_is_one_line_with_file_and_line(string routes, string expected)
    {
        using var file = new TemporaryFile(".routes");
        File.WriteAllText(file.Path, routes);
        Assert.Equal(file.Path + expected,
            Assert.Throws<InvalidDataException>(() => Compile("flannel", [], ("n1", file.Path))).Message);
    }

    [Fact]
    public void An_unknown_node_and_a_node_given_twice_are_named()
    {
        using var file = new TemporaryFile(".routes");
        File.WriteAllText(file.Path, "10.244.2.0/24 via 192.168.56.12 dev eth0");
        Assert.Equal("--routes n11: the manifests have no such node: did you mean n1?",
            Assert.Throws<InvalidDataException>(() => Compile("flannel", [], ("n11", file.Path))).Message);
        Assert.Equal(
            $"--routes n1={file.Path}: this node's routes are given twice",
            Assert.Throws<InvalidDataException>(() =>
                Compile("flannel", [], ("n1", file.Path), ("n1", file.Path))).Message);
    }

    [Theory]
    [InlineData("cilium")]
    [InlineData("openshift-sdn")]
    [InlineData("ovn-kubernetes")]
    public void Where_pods_do_not_ask_the_node_the_routes_have_no_effect_and_it_is_said(string cni)
    {
        using var file = new TemporaryFile(".routes");
        File.WriteAllText(file.Path, "blackhole 10.244.2.0/24");
        using Emulation emulation = Compile(cni, [], ("n1", file.Path));
        byte[] frame = Eth("0a:58:0a:f4:01:0a", "0a:58:0a:f4:01:01").Ipv4(PodA4, PodB4).Udp(4000, 9);

        Assert.Contains(
            $"--routes has no effect under {cni}: what its pods send does not pass the node's routes", emulation.Notes);
        Assert.Equal(Verdict.Forwarded, ObservedRun.Of(emulation, [new CapturedFrame(1, frame)]).Records[0].Verdict);
    }

    [Theory]
    [InlineData("10.244.2.0/24 via 192.168.56.12 dev eth0", "to n2 over eth0, TTL 63, by 10.244.2.0/24 (FILE:1)")]
    [InlineData("default via 192.168.56.1 dev eth0\n10.244.0.0/16 via 10.244.2.0 dev flannel.1 onlink",
        "to n2 through flannel.1, TTL 63, by 10.244.0.0/16 (FILE:2)")]
    [InlineData("unreachable 10.244.2.0/24",
        "host-unreachable: n1 refuses it by the unreachable route 10.244.2.0/24 (FILE:1)")]
    [InlineData("blackhole 10.244.2.0/24",
        "host-unreachable: n1 refuses it by the blackhole route 10.244.2.0/24 (FILE:1)")]
    public void A_trace_names_the_route_and_its_line(string routes, string expected)
    {
        using var file = new TemporaryFile(".routes");
        File.WriteAllText(file.Path, routes);

        TraceReport report = Trace([("n1", file.Path)]);

        Assert.Contains(expected.Replace("FILE", file.Path, StringComparison.Ordinal),
            report.Steps.Where(step => step.Stage == "route").Select(step => step.Detail));
        Assert.Equal(report.Verdict == "dropped" ? file.Path + ":1" : null, report.Source);
    }

    [Fact]
    public void Without_routes_of_one_s_own_a_trace_names_none() => Assert.Contains(
        "to n2 through flannel.1, TTL 63", Trace([]).Steps
            .Where(step => step.Stage == "route").Select(step => step.Detail));

    private static TraceReport Trace((string Node, string Path)[] routes) => TraceRunner.Run(
        ManifestReader.ReadText(Both, "two-nodes.yaml"),
        new TraceOptions
        {
            Replay = new ReplayOptions { Cni = "flannel", Proxy = "ebpf", Routes = [.. routes] },
            From = PodA4,
            To = PodB4,
            Port = 80,
        },
        CancellationToken.None);

    private static Emulation Compile(string cni, string[] settings, params (string Node, string Path)[] routes) =>
        Emulation.Compile(
            ManifestReader.ReadText(Both, "two-nodes.yaml"),
            new ReplayOptions { Cni = cni, Proxy = "ebpf", Settings = [.. settings], Routes = [.. routes] });

    private static string WayOf(ObservedRun run)
    {
        RecordState record = run.Records[^1];
        if (record.Verdict == Verdict.Dropped)
            return DropReasonText.Name(record.Drop) + (record.Drop == DropReason.HostUnreachable
                && (record.Flags & RecordFlags.Answered) != 0 ? " answered" : "");

        byte[]? pod = run.Frames.FirstOrDefault(frame => frame.Point == ObservationPoint.Pod)?.Bytes;
        byte[] wire = run.Frames.First(frame => frame.Point == ObservationPoint.Wire).Bytes;
        if (pod is null) return "outside";
        if (wire[12] == 0x86) return "direct";

        return wire[Ttl + 1] switch
        {
            IpProtocol.IpInIp => "IPIP",
            IpProtocol.Udp when wire.Length > pod.Length => "VXLAN",
            _ => "direct",
        };
    }
}
