using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Wire;

namespace Dataplane.Bench.Fixtures;

/// <summary>
/// A made-up cluster with policies: pods go round over nodes, namespaces and apps; each policy lets one app of its
/// namespace be reached by another on a port, and by a block outside. Policies go round over the apps, so that pods
/// have more the more there are.
/// </summary>
public sealed class PolicyCluster : IDisposable
{
    public const int Namespaces = 10;
    public const int AppsOfEach = 10;

    private const int Nodes = 50;
    private const uint FirstPod = 0x0A80_0000;
    private const uint FirstNode = 0xC0A8_3801;
    private const ushort FirstPort = 8000;
    private const int PortCount = 32;

    private static readonly SourceLine Here = new("policies.yaml", 1);
    private static readonly IpPrefix Partners = IpPrefix.Parse("203.0.113.0/24");

    /// <param name="pods">All of them.</param>
    /// <param name="policies">All of them.</param>
    public PolicyCluster(int pods, int policies)
    {
        Snapshot = new ClusterSnapshot
        {
            Nodes = [.. Enumerable.Range(0, Nodes).Select(NodeOf)],
            Namespaces =
                [.. Enumerable.Range(0, Namespaces).Select(number => new Namespace(NamespaceName(number), Here))],
            Pods = [.. Enumerable.Range(0, pods).Select(PodOf)],
            NetworkPolicies = [.. Enumerable.Range(0, policies).Select(PolicyOf)],
        };
        Model = PolicyModelCompiler.Compile(Snapshot);
        Network = NetworkOf(Snapshot);
        Topology = TopologyOf(Network);
    }

    public ClusterSnapshot Snapshot { get; }

    public PolicyModel Model { get; }

    public NetworkModel Network { get; }

    public Topology Topology { get; }

    public static uint PodAddress(int pod) => FirstPod + (uint)pod;

    /// <summary>A port that some policies allow.</summary>
    public static ushort Port(int number) => (ushort)(FirstPort + number % PortCount);

    public void Dispose()
    {
        Topology.Names.Dispose();
        Topology.Nodes.Dispose();
        Topology.Peers.Dispose();
        Topology.Endpoints.Dispose();
        Topology.NodeAddresses.Dispose();
    }

    private static string NamespaceName(int number) => $"ns{number}";

    private static string NodeName(int number) => $"node{number}";

    private static Node NodeOf(int number) =>
        new(NodeName(number), Here) { InternalIps = [IpAddress.FromV4(FirstNode + (uint)number)] };

    private static Pod PodOf(int number) => new(NamespaceName(number % Namespaces), $"pod{number}", Here)
    {
        NodeName = NodeName(number % Nodes),
        Phase = "Running",
        Labels = App(number / Namespaces),
        Addresses = [IpAddress.FromV4(PodAddress(number))],
    };

    private static ImmutableDictionary<string, string> App(int number) =>
        ImmutableDictionary<string, string>.Empty.Add("app", $"app{number % AppsOfEach}");

    private static NetworkPolicy PolicyOf(int number)
    {
        int app = number / Namespaces;
        return new NetworkPolicy(NamespaceName(number % Namespaces), $"policy{number}", Here)
        {
            PodSelector = new LabelSelector { MatchLabels = App(app) },
            PolicyTypesGiven = true,
            HasIngressType = true,
            Ingress =
            [
                new PolicyRule(
                    [new PolicyPeer(Here)
                    {
                        PodSelector = new LabelSelector { MatchLabels = App(app + 1 + app / AppsOfEach) },
                    }],
                    [new PolicyPort(IpProtocol.Tcp, new PortReference(Port(number), null), 0, Here)],
                    Here),
                new PolicyRule([new PolicyPeer(Here) { Block = Partners }],
                    [new PolicyPort(IpProtocol.Tcp, new PortReference(443, null), 0, Here)], Here),
            ],
        };
    }

    private static NetworkModel NetworkOf(ClusterSnapshot snapshot) => new()
    {
        Cni = "sample",
        Snapshot = snapshot,
        Nodes =
            [.. snapshot.Nodes.Select(node => new NodeNetwork { Name = node.Name, OwnAddresses = node.InternalIps })],
        Pods = [.. snapshot.Pods.Select((pod, number) =>
            new PodNetwork { Pod = pod, Node = number % Nodes, V4 = pod.Addresses[0] })],
        Attachment = PodAttachment.Routed,
        Direct = DirectRouting.Always,
        Masquerade = false,
        ClusterCidrs = [],
    };

    private static Topology TopologyOf(NetworkModel network)
    {
        var endpoints = new NativeArray<EndpointEntry>(network.Pods.Length);
        for (int pod = 0; pod < network.Pods.Length; pod++)
            endpoints[pod] = new EndpointEntry { Pod = pod, Node = (ushort)network.Pods[pod].Node };
        AddressMap map = AddressMap.Build(
            network.Pods.Select((pod, index) => (new IpPrefix(pod.V4, 32), new Place(PlaceKind.Pod, index))));
        return new Topology
        {
            Map = map,
            Names = new AddressNames(map),
            Nodes = new NativeArray<NodeEntry>(0),
            Peers = new NativeArray<PeerEntry>(0),
            Endpoints = endpoints,
            NodeAddresses = new NativeArray<NodeAddress>(0),
            ClusterNetwork = new PrefixTest([]),
        };
    }
}
