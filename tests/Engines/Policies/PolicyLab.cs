using System.Collections.Immutable;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Tests.Policies;
using Dataplane.Wire;

namespace Dataplane.Tests.Engines.Policies;

/// <summary>
/// A snapshot's pods and nodes as the stages know them: endpoints, places, names; and its policies as a model.
/// </summary>
internal sealed class PolicyLab : IDisposable
{
    private readonly Dictionary<IpAddress, Place> _places = [];
    private readonly Dictionary<int, int> _endpointOfPod = [];

    public PolicyLab(ClusterSnapshot snapshot, PolicyModel? model = null)
    {
        Model = model ?? PolicyModelCompiler.Compile(snapshot);
        ImmutableArray<string> nodes =
            [.. snapshot.Nodes.Select(node => node.Name).Concat(snapshot.Pods.Select(pod => pod.NodeName)).Distinct()];
        Network = NetworkOf(snapshot, nodes);
        AddEndpoints(snapshot);
        List<NodeAddress> addresses = [];
        for (int node = 0; node < nodes.Length; node++)
        {
            foreach (IpAddress address in Network.Nodes[node].OwnAddresses.Where(address =>
                !_places.ContainsKey(address)))
            {
                _places.Add(address, new Place(PlaceKind.Node, addresses.Count));
                addresses.Add(new NodeAddress((ushort)node, NodeDevice.Underlay, 0, (byte)address.Family));
            }
        }

        AddressMap map = AddressMap.Build(_places.Select(pair => (new IpPrefix(pair.Key, pair.Key.Bits), pair.Value)));
        Topology = new Topology
        {
            Map = map,
            Names = new AddressNames(map),
            Nodes = new NativeArray<NodeEntry>(0),
            Peers = new NativeArray<PeerEntry>(0),
            Endpoints = EndpointsOf(Network),
            NodeAddresses = Native(addresses),
            ClusterNetwork = new PrefixTest([]),
        };
    }

    public PolicyModel Model { get; }

    public NetworkModel Network { get; }

    public Topology Topology { get; }

    public static PolicyLab Of(string manifests) => new(ManifestReader.ReadText(manifests, "policies.yaml"));

    /// <summary>The endpoint of a pod in namespace <c>shop</c>, or of <c>namespace/name</c>.</summary>
    public FlowEnd Pod(string name)
    {
        int pod = PolicySuites.FindPod(
            Model.Snapshot, name.Contains('/', StringComparison.Ordinal) ? name : "shop/" + name);
        return new FlowEnd(pod, Model.Snapshot.Pods[pod].Addresses[0]);
    }

    public static FlowEnd Address(string text) => FlowEnd.Outside(IpAddress.Parse(text));

    /// <summary>Null where the pod in question is no endpoint: an address of a node, or outside.</summary>
    public PolicyVerdict? Judge<TEngine>(in TEngine engine, in PolicyFlow flow, PolicyDirection direction)
        where TEngine : struct, IPolicyEngine
    {
        (FlowEnd subject, FlowEnd peer) = direction == PolicyDirection.Ingress
            ? (flow.Destination, flow.Source)
            : (flow.Source, flow.Destination);
        if (subject.Pod < 0 || !_endpointOfPod.TryGetValue(subject.Pod, out int endpoint)) return null;

        FlowKey key = KeyOf(in flow);
        return engine.Judge(new PolicyQuery(in key)
        {
            Direction = direction,
            Endpoint = endpoint,
            Peer = _places.GetValueOrDefault(peer.Address),
        });
    }

    /// <summary>Both directions of a connection's first packet.</summary>
    public bool IsAllowed<TEngine>(in TEngine engine, in PolicyFlow flow)
        where TEngine : struct, IPolicyEngine =>
        (Judge(in engine, in flow, PolicyDirection.Egress)?.IsAllowed ?? true)
        && (Judge(in engine, in flow, PolicyDirection.Ingress)?.IsAllowed ?? true);

    public FlowKey KeyOf(in PolicyFlow flow) => new()
    {
        Source = NameOf(flow.Source.Address),
        Destination = NameOf(flow.Destination.Address),
        SourcePort = 40_000,
        DestinationPort = flow.Port,
        Protocol = flow.Protocol,
        Family = (byte)flow.Source.Address.Family,
    };

    public bool IsPodOrNode(IpAddress address) => _places.ContainsKey(address);

    public int EndpointOf(FlowEnd end) => _endpointOfPod[end.Pod];

    public void Dispose()
    {
        Topology.Names.Dispose();
        Topology.Nodes.Dispose();
        Topology.Peers.Dispose();
        Topology.Endpoints.Dispose();
        Topology.NodeAddresses.Dispose();
    }

    private uint NameOf(IpAddress address) => address.IsV4 ? address.V4 : Topology.Names.NameOf(address);

    private static NetworkModel NetworkOf(ClusterSnapshot snapshot, ImmutableArray<string> nodes) => new()
    {
        Cni = "lab",
        Snapshot = snapshot,
        Nodes =
        [
            .. nodes.Select(name => new NodeNetwork
            {
                Name = name,
                OwnAddresses =
                [
                    .. snapshot.Nodes.Where(node => node.Name == name)
                        .SelectMany(node => node.InternalIps.Concat(node.ExternalIps)),
                ],
            }),
        ],
        Pods =
        [
            .. snapshot.Pods.Where(pod => !pod.HostNetwork && !pod.IsTerminated && !pod.Addresses.IsEmpty)
                .Select(pod => new PodNetwork
                {
                    Pod = pod,
                    Node = nodes.IndexOf(pod.NodeName),
                    V4 = pod.Addresses.FirstOrDefault(address => address.IsV4),
                    V6 = pod.Addresses.FirstOrDefault(address => address.IsV6),
                }),
        ],
        Attachment = PodAttachment.Routed,
        Direct = DirectRouting.Always,
        Masquerade = false,
        ClusterCidrs = [],
    };

    private void AddEndpoints(ClusterSnapshot snapshot)
    {
        var positions = new Dictionary<Pod, int>(ReferenceEqualityComparer.Instance);
        for (int pod = 0; pod < snapshot.Pods.Length; pod++) positions[snapshot.Pods[pod]] = pod;
        for (int endpoint = 0; endpoint < Network.Pods.Length; endpoint++)
        {
            _endpointOfPod[positions[Network.Pods[endpoint].Pod]] = endpoint;
            foreach (IpAddress address in Network.Pods[endpoint].Pod.Addresses)
                _places[address] = new Place(PlaceKind.Pod, endpoint);
        }
    }

    private static NativeArray<EndpointEntry> EndpointsOf(NetworkModel network)
    {
        var endpoints = new NativeArray<EndpointEntry>(network.Pods.Length);
        for (int pod = 0; pod < network.Pods.Length; pod++)
            endpoints[pod] = new EndpointEntry { Pod = pod, Node = (ushort)network.Pods[pod].Node };
        return endpoints;
    }

    private static NativeArray<NodeAddress> Native(List<NodeAddress> addresses)
    {
        var native = new NativeArray<NodeAddress>(addresses.Count);
        for (int index = 0; index < addresses.Count; index++) native[index] = addresses[index];
        return native;
    }
}
