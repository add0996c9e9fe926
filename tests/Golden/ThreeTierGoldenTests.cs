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

/// <summary>What the pods of <c>50-three-tier</c> sent, through the emulated cluster, is what its pods received.</summary>
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
            ["ARP"] = 4,
            ["LoadBalancer, and replies to its masqueraded clients (the issue on services)"] = 3_602,
            ["no endpoint: rejected by the lab (the issue on services)"] = 3,
            ["policies dropped it in the lab (the issue on policy)"] = 602,
            ["sent outside"] = 14,
            ["to a node's address"] = 12,
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
        Assert.Equal([4, 3, 742, 14, 12], compared.LeftOut.Values);
    }

    private static Comparison Compare(string proxy)
    {
        ThreeTier lab = ThreeTier.Load();
        ClusterSnapshot snapshot = ManifestReader.Read([ThreeTier.ManifestsPath]);
        var options = new ReplayOptions { Proxy = proxy, Settings = ["pod.attach=routed", .. snapshot.Pods.Where(HasVeth).Select(VethMac)] };
        using Emulation emulation = Emulation.Compile(snapshot, options, names => new LabsChoice(lab));
        ObservedRun run = ObservedRun.Of(emulation, lab.Sent);
        ILookup<int, ObservedFrame> delivered = run.Frames
            .Where(frame => frame.Point == ObservationPoint.Pod && !frame.IsAnswer).ToLookup(frame => frame.Record);

        var comparison = new Comparison { Drops = [.. emulation.State.Counters.Drops()], KnowsLoadBalancers = proxy != "ebpf" };
        foreach (FrameMapRow row in lab.Map) comparison.Judge(row, lab, emulation, delivered[row.Sent]);
        return comparison;
    }

    private static bool HasVeth(Pod pod) => !pod.HostNetwork && pod.Addresses.Length > 0;

    // The lab gave the node's end of each veth a MAC of 02:fe and the pod's address.
    private static string VethMac(Pod pod) => $"veth.{pod}.mac=02:fe:{string.Join(':', pod.Addresses[0].ToString().Split('.').Select(part => $"{int.Parse(part, null):x2}"))}";

    private static IpAddress Source(byte[] frame) => IpAddress.FromBytes(frame.AsSpan(EthernetHeader.Size + Ipv4Header.SourceOffset, 4));

    private static IpAddress Destination(byte[] frame) => IpAddress.FromBytes(frame.AsSpan(EthernetHeader.Size + Ipv4Header.DestinationOffset, 4));

    private static bool IsIpv4(byte[] frame) => BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12)) == EtherType.Ipv4;

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
                if (reason.StartsWith("policies", StringComparison.Ordinal) && frame is not null) DeliveredAgainstPolicy++;
                return;
            }

            byte[] expected = lab.Delivered[row.Delivered!.Value].Bytes;
            string receiver = frame is null ? "nobody" : emulation.Model.Pods[emulation.Topology.Endpoints[frame.Place].Pod].Pod.ToString();
            if (frame is not null && receiver == lab.Pods[row.ReceivingPod!.Value] && frame.Bytes.AsSpan().SequenceEqual(expected))
            {
                Equal++;
            }
            else if (Different.Count < Shown)
            {
                Different.Add($"frame {row.Sent} at {receiver}: expected {Convert.ToHexString(expected)} got {Convert.ToHexString(frame?.Bytes ?? [])}");
            }
        }

        private string? WhyNot(FrameMapRow row, ThreeTier lab, Emulation emulation)
        {
            byte[] sent = lab.Sent[row.Sent].Bytes;
            if (!IsIpv4(sent)) return "ARP";

            bool isAnswered = row.Delivered is int delivered && Source(lab.Delivered[delivered].Bytes) == LoadBalancer;
            IpAddress to = Destination(sent);
            bool isMasqueraded = emulation.Model.Nodes.Any(node => node.BridgeV4 == to || node.TunnelV4 == to);
            bool isBalanced = to == LoadBalancer || isAnswered || isMasqueraded;
            if (isBalanced && !KnowsLoadBalancers) return "LoadBalancer, and replies to its masqueraded clients (the issue on services)";
            if (row.Delivered is not null) return null;

            if (emulation.Model.Nodes.Any(node => node.UnderlayV4 == to)) return "to a node's address";
            if (to == IpAddress.Parse("198.51.100.23")) return "sent outside";
            return to == IpAddress.Parse("10.96.15.1")
                ? "no endpoint: rejected by the lab (the issue on services)"
                : "policies dropped it in the lab (the issue on policy)";
        }
    }

    /// <summary>The backend that each connection to a ClusterIP had, from the frames that arrived.</summary>
    private sealed class LabsChoice : IBackendChoice
    {
        private readonly Dictionary<(ulong, ulong), (uint Address, ushort Port)> _backends = [];
        private readonly Dictionary<(ulong, ulong), ushort> _sourcePorts = [];

        public LabsChoice(ThreeTier lab)
        {
            foreach (FrameMapRow row in lab.Map)
            {
                if (row.Delivered is not int delivered || !TryKey(lab.Sent[row.Sent].Bytes, out FlowKey sent)) continue;
                if (!TryKey(lab.Delivered[delivered].Bytes, out FlowKey arrived)) continue;

                _backends[(sent.Addresses, sent.Rest)] = (arrived.Destination, arrived.DestinationPort);
                if (sent.Source != arrived.Source) _sourcePorts[(sent.Addresses, sent.Rest)] = arrived.SourcePort;
            }
        }

        public bool TryChoose(in FlowKey key, out uint address, out ushort port)
        {
            FlowKey anywhere = key;
            anywhere.Zone = 0;
            bool isKnown = _backends.TryGetValue((anywhere.Addresses, anywhere.Rest), out (uint Address, ushort Port) backend);
            (address, port) = backend;
            return isKnown;
        }

        public bool TryChooseSourcePort(in FlowKey key, out ushort port)
        {
            FlowKey anywhere = key;
            anywhere.Zone = 0;
            return _sourcePorts.TryGetValue((anywhere.Addresses, anywhere.Rest), out port);
        }

        private static bool TryKey(byte[] frame, out FlowKey key)
        {
            key = default;
            if (!IsIpv4(frame) || Ipv4View.TryParse(frame.AsSpan(EthernetHeader.Size), out Ipv4View ip) != WireError.None) return false;
            if (ip.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp) || ip.Payload.Length < 4) return false;

            key = new FlowKey
            {
                Source = Source(frame).V4,
                Destination = Destination(frame).V4,
                SourcePort = BinaryPrimitives.ReadUInt16BigEndian(ip.Payload),
                DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(ip.Payload[2..]),
                Protocol = ip.Protocol,
                Family = 4,
            };
            return true;
        }
    }
}
