using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies;

/// <summary>
/// Who is who, for every style of enforcement: a topology's endpoints and their identities, and whom no policy judges.
/// Endpoints without a Pod object have no identity; nobody selects them.
/// </summary>
public sealed class PolicyPlaces : IDisposable
{
    /// <summary>What an endpoint has that no policy can select.</summary>
    public const int NoIdentity = -1;

    private readonly NativeArray<EndpointFacts> _endpoints;
    private readonly NativeArray<ushort> _addressNodes;
    private readonly IpAddress[][] _addresses;

    private PolicyPlaces(PolicyModel model, NetworkModel network, Topology topology)
    {
        Names = topology.Names;
        _endpoints = new NativeArray<EndpointFacts>(topology.Endpoints.Length);
        _addressNodes = new NativeArray<ushort>(topology.NodeAddresses.Length);
        for (int index = 0; index < topology.NodeAddresses.Length; index++)
            _addressNodes[index] = topology.NodeAddresses[index].Node;
        NodeAddresses = [.. network.Nodes.SelectMany(AddressesOf).Distinct()];
        int[] identities = IdentitiesOf(model, network);
        for (int endpoint = 0; endpoint < topology.Endpoints.Length; endpoint++)
        {
            ref readonly EndpointEntry entry = ref topology.Endpoints[endpoint];
            int identity = entry.Pod < 0 ? NoIdentity : identities[entry.Pod];
            _endpoints[endpoint] = new EndpointFacts(identity, entry.Node);
        }

        var addresses = new List<IpAddress>[model.Identities.Length];
        for (int identity = 0; identity < addresses.Length; identity++) addresses[identity] = [];
        for (int pod = 0; pod < network.Pods.Length; pod++)
        {
            if (identities[pod] == NoIdentity) continue;

            if (!network.Pods[pod].V4.IsNone) addresses[identities[pod]].Add(network.Pods[pod].V4);
            if (!network.Pods[pod].V6.IsNone) addresses[identities[pod]].Add(network.Pods[pod].V6);
        }

        _addresses = [.. addresses.Select(list => list.ToArray())];
        IdentityOfNetworkPod = [.. identities];
    }

    /// <summary>What keys hold for IPv6 addresses.</summary>
    public AddressNames Names { get; }

    /// <summary>Addresses of all nodes, each once.</summary>
    public ImmutableArray<IpAddress> NodeAddresses { get; }

    /// <summary>By position in <see cref="NetworkModel.Pods"/>.</summary>
    public ImmutableArray<int> IdentityOfNetworkPod { get; }

    public static PolicyPlaces Of(PolicyModel model, NetworkModel network, Topology topology) =>
        new(model, network, topology);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int IdentityOf(int endpoint) => _endpoints[endpoint].Identity;

    /// <summary>Addresses of the pods that have the identity, both families.</summary>
    public ReadOnlySpan<IpAddress> AddressesOf(int identity) => _addresses[identity];

    /// <summary>
    /// What no policy judges: what a pod's own node sends to it (kubelet's probes), and a pod to itself. What a pod
    /// sends to its node is judged like any other egress.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsNeverJudged(in PolicyQuery query)
    {
        Place peer = query.Peer;
        if (peer.Kind == PlaceKind.Pod) return peer.Index == query.Endpoint;

        return peer.Kind == PlaceKind.Node && query.Direction == PolicyDirection.Ingress
            && _addressNodes[peer.Index] == _endpoints[query.Endpoint].Node;
    }

    public void Dispose()
    {
        _endpoints.Dispose();
        _addressNodes.Dispose();
    }

    private static IEnumerable<IpAddress> AddressesOf(NodeNetwork node) =>
        node.OwnAddresses
            .Concat([node.UnderlayV4, node.UnderlayV6, node.BridgeV4, node.BridgeV6, node.TunnelV4, node.TunnelV6])
            .Where(address => !address.IsNone);

    private static int[] IdentitiesOf(PolicyModel model, NetworkModel network)
    {
        var byPod = new Dictionary<Pod, int>(ReferenceEqualityComparer.Instance);
        var byName = new Dictionary<(string Namespace, string Name), int>();
        for (int pod = 0; pod < model.Snapshot.Pods.Length; pod++)
        {
            Pod found = model.Snapshot.Pods[pod];
            byPod[found] = model.IdentityOfPod[pod];
            byName[(found.Namespace, found.Name)] = model.IdentityOfPod[pod];
        }

        return [.. network.Pods.Select(pod => byPod.TryGetValue(pod.Pod, out int identity) ? identity
            : byName.GetValueOrDefault((pod.Pod.Namespace, pod.Pod.Name), NoIdentity))];
    }

    private readonly record struct EndpointFacts(int Identity, ushort Node);
}
