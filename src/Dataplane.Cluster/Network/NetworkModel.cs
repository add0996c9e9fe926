using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Network;

/// <summary>
/// What a CNI makes of a cluster: nodes with their devices and addresses, pods with their places, one tunnel. A profile
/// compiles it from a snapshot; the pipeline's tables are compiled from it. Immutable.
/// </summary>
public sealed record NetworkModel
{
    /// <summary>The profile's name, as <c>--cni</c> takes it.</summary>
    public required string Cni { get; init; }

    public required ClusterSnapshot Snapshot { get; init; }

    /// <summary>A node's position is its number everywhere else.</summary>
    public required ImmutableArray<NodeNetwork> Nodes { get; init; }

    /// <summary>Pods that have an address of their own (neither hostNetwork nor terminated), one entry a pod.</summary>
    public required ImmutableArray<PodNetwork> Pods { get; init; }

    public required PodAttachment Attachment { get; init; }

    /// <summary>
    /// The tunnel for IPv4 packets, and for IPv6 ones without one of their own; null where the CNI only routes.
    /// </summary>
    public TunnelSettings? Tunnel { get; init; }

    /// <summary>The tunnel for IPv6 packets, where it is another (flannel-v6.1).</summary>
    public TunnelSettings? TunnelV6 { get; init; }

    /// <summary>
    /// The tunnel to nodes of another kind (<see cref="NodeNetwork.IsBeside"/>):
    /// OVN-Kubernetes' hybrid overlay to Windows.
    /// </summary>
    public TunnelSettings? Beside { get; init; }

    /// <summary>How many hops a pod's packet loses, and where.</summary>
    public HopCosts Hops { get; init; } = new();

    /// <summary>When two nodes reach each other's pods by a plain route.</summary>
    public required DirectRouting Direct { get; init; }

    /// <summary>
    /// The same for IPv6, where it is another (Calico's pools have a mode each); null: as <see cref="Direct"/>.
    /// </summary>
    public DirectRouting? DirectV6 { get; init; }

    /// <summary>
    /// flanneld --ip-masq: what pods send outside <see cref="ClusterCidrs"/> leaves with the node's address.
    /// </summary>
    public required bool Masquerade { get; init; }

    /// <summary>The network of all pods (flannel's Network), of each family as many as there are pools.</summary>
    public required ImmutableArray<IpPrefix> ClusterCidrs { get; init; }

    /// <summary>
    /// Deliver to addresses in a podCIDR that no Pod object has, instead of answering host-unreachable.
    /// </summary>
    public bool ForwardUnlisted { get; init; }

    /// <summary>Pods that leave the cluster with addresses of their own.</summary>
    public ImmutableArray<EgressAssignment> EgressAddresses { get; init; } = [];

    /// <summary>What namespaces may send out of the cluster, one set for each.</summary>
    public ImmutableArray<EgressRuleSet> EgressRules { get; init; } = [];

    /// <summary>How backends' nodes come to answer the outside by themselves; null: they do not.</summary>
    public ReturnSettings? DirectReturn { get; init; }

    /// <summary>What was made up, assumed, or has no effect under this CNI: one line each, for the user.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];
}

/// <summary>How pods hang on their node.</summary>
public enum PodAttachment : byte
{
    /// <summary>veths on a bridge (cni0): same-node traffic stays at layer 2.</summary>
    Bridge,

    /// <summary>veths with a host route each: same-node traffic is routed and loses one TTL.</summary>
    Routed,
}

/// <summary>
/// TTL that a packet loses on its way: one for each router that it passes, none where the CNI switches (OpenShift SDN)
/// or leaves that to the receiving side (Cilium).
/// </summary>
public sealed record HopCosts
{
    /// <summary>From a pod into the tunnel.</summary>
    public int PodToTunnel { get; init; } = 1;

    /// <summary>From the tunnel to a pod.</summary>
    public int TunnelToPod { get; init; } = 1;

    /// <summary>
    /// From the tunnel to nodes of another kind to a pod: out of the node's port on the pod's own switch.
    /// </summary>
    public int BesideToPod { get; init; }

    /// <summary>From outside into the tunnel.</summary>
    public int OutsideToTunnel { get; init; } = 1;

    /// <summary>Between two pods of one node, where they are not on a bridge.</summary>
    public int PodToPod { get; init; } = 1;
}

/// <summary>When pod traffic between two nodes goes without a tunnel.</summary>
public enum DirectRouting : byte
{
    Never,

    /// <summary>Where both nodes share a layer-2 segment (<see cref="NodeNetwork.Segment"/>).</summary>
    SameSegment,

    Always,
}
