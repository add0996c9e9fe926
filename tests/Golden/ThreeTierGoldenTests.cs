using System.Buffers.Binary;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Replay;
using Dataplane.Tests.Replay;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>
/// What the pods of <c>50-three-tier</c> sent, through the emulated cluster, is what its pods received.
/// </summary>
public sealed class ThreeTierGoldenTests
{
    private static readonly IpAddress LoadBalancer = IpAddress.Parse("203.0.113.10");
    private static readonly Lazy<Comparison> Compared = new(() => Compare("ebpf"));
    private static readonly Lazy<Comparison> Chains = new(() => Compare("iptables"));
    private static readonly Lazy<Comparison> Ipvs = new(() => Compare("ipvs"));

    public static TheoryData<string> KubeProxys => ["iptables", "ipvs"];

    [Fact]
    public void Every_frame_between_pods_and_by_cluster_IP_arrives_as_the_kernels_delivered_it()
    {
        Assert.Equal(20_893, Compared.Value.Equal);
        Assert.Empty(Compared.Value.Different);
    }

    [Fact]
    public void What_is_left_out_is_counted() => Assert.Equal(
        new SortedDictionary<string, int>
        {
            [ThreeTierFrame.Arp] = 4,
            ["LoadBalancer, and replies to its masqueraded clients (the issue on services)"] = 3_602,
            [ThreeTierFrame.WithoutEndpoint] = 3,
            [ThreeTierFrame.ByPolicy] = 602,
            [ThreeTierFrame.Outside] = 14,
            [ThreeTierFrame.ToNode] = 12,
        },
        Compared.Value.LeftOut);

    [Fact]
    public void Flannel_alone_delivers_what_the_labs_policies_dropped() =>
        Assert.Equal(602, Compared.Value.DeliveredAgainstPolicy);

    [Fact]
    public void Nothing_is_invalid_and_only_the_service_without_endpoints_drops()
    {
        (int _, Stage stage, DropReason reason, DropTally tally) = Assert.Single(Compared.Value.Drops);
        Assert.Equal((Stage.Select, DropReason.NoBackend, 3L), (stage, reason, tally.Packets));
    }

    [Theory]
    [MemberData(nameof(KubeProxys))]
    public void Under_kube_proxy_the_load_balancers_frames_arrive_as_the_kernels_delivered_them_too(string proxy)
    {
        Comparison compared = proxy == "ipvs" ? Ipvs.Value : Chains.Value;
        Assert.Empty(compared.Different);
        Assert.Equal(24_355, compared.Equal);
        Assert.Equal([4, 3, 602, 140, 14, 12], compared.LeftOut.Values);
    }

    private static Comparison Compare(string proxy)
    {
        ThreeTier lab = ThreeTier.Load();
        ClusterSnapshot snapshot = ManifestReader.Read([ThreeTier.ManifestsPath]);
        var options = new ReplayOptions
        {
            Proxy = proxy,
            Settings = ["pod.attach=routed", .. snapshot.Pods.Where(HasVeth).Select(VethMac)],
        };
        using Emulation emulation = Emulation.Compile(snapshot, options, names => new LabsChoice(lab));
        ObservedRun run = ObservedRun.Of(emulation, lab.Sent);
        ILookup<int, ObservedFrame> delivered = run.Frames
            .Where(frame => frame.Point == ObservationPoint.Pod && !frame.IsAnswer).ToLookup(frame => frame.Record);

        var comparison = new Comparison
        {
            Drops = [.. emulation.State.Counters.Drops()],
            KnowsLoadBalancers = proxy != "ebpf",
        };
        foreach (FrameMapRow row in lab.Map) comparison.Judge(row, lab, emulation, delivered[row.Sent]);
        return comparison;
    }

    private static bool HasVeth(Pod pod) => !pod.HostNetwork && pod.Addresses.Length > 0;

    // The lab gave the node's end of each veth a MAC of 02:fe and the pod's address.
    private static string VethMac(Pod pod) =>
        $"veth.{pod}.mac=02:fe:"
        + $"{string.Join(':', pod.Addresses[0].ToString().Split('.').Select(part => $"{int.Parse(part, null):x2}"))}";


    /// <summary>Rows of the map: equal, different, or left out with a reason.</summary>
    private sealed class Comparison
    {
        private const int Shown = 10;

        public int Equal { get; private set; }

        public List<string> Different { get; } = [];

        public SortedDictionary<string, int> LeftOut { get; } = [];

        public int DeliveredAgainstPolicy { get; private set; }

        public required bool KnowsLoadBalancers { get; init; }

        public required IReadOnlyList<(int Node, Stage Stage, DropReason Reason, DropTally Tally)> Drops { get; init; }

        public void Judge(FrameMapRow row, ThreeTier lab, Emulation emulation, IEnumerable<ObservedFrame> got)
        {
            ObservedFrame? frame = got.SingleOrDefault();
            string? reason = WhyNot(row, lab, emulation);
            if (reason is not null)
            {
                LeftOut[reason] = LeftOut.GetValueOrDefault(reason) + 1;
                if (reason == ThreeTierFrame.ByPolicy && frame is not null) DeliveredAgainstPolicy++;
                return;
            }

            byte[] expected = lab.Delivered[row.Delivered!.Value].Bytes;
            string receiver = frame is null
                ? "nobody"
                : emulation.Model.Pods[emulation.Topology.Endpoints[frame.Place].Pod].Pod.ToString();
            if (frame is not null && receiver == lab.Pods[row.ReceivingPod!.Value]
                && frame.Bytes.AsSpan().SequenceEqual(expected))
            {
                Equal++;
            }
            else if (Different.Count < Shown)
            {
                Different.Add(
                    $"frame {row.Sent} at {receiver}: "
                    + $"expected {Convert.ToHexString(expected)} got {Convert.ToHexString(frame?.Bytes ?? [])}");
            }
        }

        private string? WhyNot(FrameMapRow row, ThreeTier lab, Emulation emulation)
        {
            byte[] sent = lab.Sent[row.Sent].Bytes;
            if (!ThreeTierFrame.IsIpv4(sent)) return ThreeTierFrame.Arp;

            bool isAnswered = row.Delivered is int delivered
                && ThreeTierFrame.Source(lab.Delivered[delivered].Bytes) == LoadBalancer;
            IpAddress to = ThreeTierFrame.Destination(sent);
            bool isMasqueraded = emulation.Model.Nodes.Any(node => node.BridgeV4 == to || node.TunnelV4 == to);
            bool isBalanced = to == LoadBalancer || isAnswered || isMasqueraded;
            if (isBalanced && !KnowsLoadBalancers)
                return "LoadBalancer, and replies to its masqueraded clients (the issue on services)";
            return ThreeTierFrame.WhyNotDelivered(row, lab, emulation.Model);
        }
    }
}
