using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Network;

/// <summary>
/// Who leaves the cluster with addresses of his own, by which nodes: what pods send outside goes to a node that holds
/// one, and from there with it as its source.
/// </summary>
/// <param name="Owner">Who asked for it: <c>EgressIP prod</c>, <c>NetNamespace shop</c>.</param>
/// <param name="Source">Where that stands.</param>
public sealed record EgressAssignment(string Owner, SourceLine Source)
{
    /// <summary>Positions in <see cref="NetworkModel.Pods"/>.</summary>
    public required ImmutableArray<int> Pods { get; init; }

    /// <summary>Empty: nobody holds one, and what the pods send outside is dropped.</summary>
    public ImmutableArray<EgressAddress> Addresses { get; init; } = [];

    /// <summary>
    /// IPv4 destinations that it is for: the longest prefix of all of a pod's assignments
    /// decides. Empty: all, and no other's.
    /// </summary>
    public ImmutableArray<IpPrefix> Destinations { get; init; } = [];

    /// <summary>Destinations that go as other pods' do.</summary>
    public ImmutableArray<IpPrefix> Excluded { get; init; } = [];

    /// <summary>Nodes are chosen, not addresses: without one, it is the gateway that is missing.</summary>
    public bool IsByGateway { get; init; }

    /// <summary>A pod whose own node holds an address takes that; otherwise all share the traffic.</summary>
    public bool PrefersOwnNode { get; init; }
}

/// <summary>An address, and the node that holds it: position in <see cref="NetworkModel.Nodes"/>.</summary>
public readonly record struct EgressAddress(IpAddress Address, int Node);

/// <summary>
/// Rules for what a namespace's pods send to where the network of pods is not: asked in order, behind all other
/// policies; what none matches may pass.
/// </summary>
public sealed record EgressRuleSet(string Kind, string Namespace, string Name, SourceLine Source)
{
    public ImmutableArray<EgressRule> Rules { get; init; } = [];
}

/// <summary>One rule of it: a destination in one of the blocks, to one of the ports.</summary>
public sealed record EgressRule(bool IsAllow, SourceLine Source)
{
    public ImmutableArray<EgressBlock> Blocks { get; init; } = [];

    /// <summary>Empty: all.</summary>
    public ImmutableArray<EgressPolicyPort> Ports { get; init; } = [];
}

/// <summary>Addresses; the node whose they are, if they were chosen by nodes' labels.</summary>
public readonly record struct EgressBlock(IpPrefix Block, string? Node = null);
