using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies;

/// <summary>
/// What a cluster's policies mean, before any CNI gives them its own shape: label sets as identities, selectors
/// resolved to them, rules numbered in the order in which they are asked. Compiled once from a snapshot; immutable.
/// Engines compile their tables from it, and explanations are read from it.
/// </summary>
public sealed record PolicyModel
{
    public required ClusterSnapshot Snapshot { get; init; }

    /// <summary>By number. Pods with the same namespace, labels and named ports share one.</summary>
    public required ImmutableArray<PolicyIdentity> Identities { get; init; }

    /// <summary>
    /// The identity of each of the snapshot's pods; −1 where it has none (hostNetwork, terminated, without address).
    /// </summary>
    public required ImmutableArray<int> IdentityOfPod { get; init; }

    /// <summary>What picks pods, by number: each distinct one once, however many policies write it.</summary>
    public required ImmutableArray<PolicySelector> Selectors { get; init; }

    /// <summary>
    /// In the order in which they are asked: admin by priority, then NetworkPolicies by namespace and name, baseline.
    /// </summary>
    public required ImmutableArray<CompiledPolicy> Policies { get; init; }

    /// <summary>Rules of all policies; a rule's number is its position.</summary>
    public required ImmutableArray<CompiledRule> Rules { get; init; }
}

/// <summary>A set of labels that pods have, in one namespace, with the ports that they name.</summary>
public sealed record PolicyIdentity(int Number, string Namespace, ImmutableDictionary<string, string> Labels)
{
    /// <summary>
    /// Its namespace's labels, kubernetes.io/metadata.name among them, with or without a Namespace object.
    /// </summary>
    public ImmutableDictionary<string, string> NamespaceLabels { get; init; } =
        ImmutableDictionary<string, string>.Empty;

    /// <summary>
    /// What rules that name a port find: one entry for each container port with a name, in order of their names.
    /// </summary>
    public ImmutableArray<ContainerPort> NamedPorts { get; init; } = [];

    /// <summary>Positions in the snapshot's pods.</summary>
    public ImmutableArray<int> Pods { get; init; } = [];

    /// <summary>
    /// Positions in <see cref="PolicyModel.Policies"/> of those that select it for this direction, in their order.
    /// </summary>
    public ImmutableArray<int> IngressPolicies { get; init; } = [];

    public ImmutableArray<int> EgressPolicies { get; init; } = [];

    public ImmutableArray<int> PoliciesFor(PolicyDirection direction) =>
        direction == PolicyDirection.Ingress ? IngressPolicies : EgressPolicies;
}

/// <summary>
/// Pods of one namespace, or of those that a selector matches, by their labels: a policy's
/// subject, or a peer of a rule.
/// </summary>
/// <param name="Number">Position in <see cref="PolicyModel.Selectors"/>.</param>
/// <param name="Namespace">The one namespace; empty where <paramref name="NamespaceSelector"/> chooses.</param>
/// <param name="NamespaceSelector">Null where the namespace is fixed.</param>
/// <param name="PodSelector">Everything where only namespaces were chosen.</param>
public sealed record PolicySelector(
    int Number, string Namespace, LabelSelector? NamespaceSelector, LabelSelector PodSelector)
{
    /// <summary>Identities that it matches, ascending.</summary>
    public ImmutableArray<int> Identities { get; init; } = [];
}

/// <summary>Which API object a policy is; asked in this order.</summary>
public enum PolicyTier : byte
{
    /// <summary>policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy.</summary>
    Admin,

    /// <summary>networking.k8s.io/v1 NetworkPolicy: whoever it selects is isolated.</summary>
    Namespaced,

    /// <summary>policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy.</summary>
    Baseline,

    /// <summary>
    /// A CNI's own rules for what leaves the cluster (EgressFirewall, EgressNetworkPolicy): asked of what all others
    /// let pass; the first that matches decides, and none isolates.
    /// </summary>
    Outside,
}

/// <summary>
/// One policy object with its rules' numbers; a NetworkPolicy isolates whom it selects for a direction.
/// </summary>
public sealed record CompiledPolicy(PolicyTier Tier, string Namespace, string Name, SourceLine Source)
{
    /// <summary>The object's kind, where its tier does not tell it.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Of admin policies: lower is asked first.</summary>
    public int Priority { get; init; }

    /// <summary>Whom it is about: position in <see cref="PolicyModel.Selectors"/>.</summary>
    public required int Subject { get; init; }

    public bool ForIngress { get; init; }

    public bool ForEgress { get; init; }

    /// <summary>Numbers of its rules, in their order.</summary>
    public ImmutableArray<int> Ingress { get; init; } = [];

    public ImmutableArray<int> Egress { get; init; } = [];

    public ImmutableArray<int> RulesFor(PolicyDirection direction) =>
        direction == PolicyDirection.Ingress ? Ingress : Egress;

    /// <summary><c>namespace/name</c>, or the name alone where the object has no namespace.</summary>
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}

public enum PolicyAction : byte
{
    Allow,
    Deny,

    /// <summary>Leave it to the next tier.</summary>
    Pass,
}

/// <summary>One rule: applies where a peer and a port of it match.</summary>
public sealed record CompiledRule(int Number, int Policy, PolicyDirection Direction, int Index, SourceLine Source)
{
    public PolicyAction Action { get; init; } = PolicyAction.Allow;

    /// <summary>The rule's own name (admin policies); empty where it has none.</summary>
    public string Name { get; init; } = "";

    /// <summary>Everybody, whether a pod or not.</summary>
    public bool AnyPeer { get; init; }

    /// <summary>Its peers that are selectors, as they were written.</summary>
    public ImmutableArray<PeerSelector> PeerSelectors { get; init; } = [];

    /// <summary>Identities that its selectors match, ascending.</summary>
    public ImmutableArray<int> PeerIdentities { get; init; } = [];

    /// <summary>Addresses, whatever stands behind them.</summary>
    public ImmutableArray<PeerBlock> PeerBlocks { get; init; } = [];

    /// <summary>All protocols and ports.</summary>
    public bool AnyPort { get; init; }

    public ImmutableArray<PortMatch> Ports { get; init; } = [];
}

/// <summary>A peer that is a selector: position in <see cref="PolicyModel.Selectors"/>, and where it stands.</summary>
public readonly record struct PeerSelector(int Selector, SourceLine Source);

/// <summary>An ipBlock, a network of an admin policy, or an address of a node.</summary>
public sealed record PeerBlock(IpPrefix Block, SourceLine Source)
{
    public ImmutableArray<IpPrefix> Except { get; init; } = [];

    /// <summary>
    /// The node whose address it is, chosen by the labels of nodes; null where the policy wrote the block itself.
    /// </summary>
    public string? Node { get; init; }

    public bool Contains(IpAddress address)
    {
        if (!Block.Contains(address)) return false;

        foreach (IpPrefix hole in Except)
        {
            if (hole.Contains(address)) return false;
        }

        return true;
    }
}

/// <summary>
/// A protocol with a range of destination ports, or with a port's name, which the destination pod resolves.
/// </summary>
/// <param name="Protocol">IP protocol number; 0 for the named ports of admin policies, which take
/// the container port's.</param>
/// <param name="First">First port; 0 with <paramref name="Last"/> 65535: all of the protocol.</param>
/// <param name="Last">Last port, inclusive.</param>
/// <param name="Name">The port's name; null where it is a number.</param>
public readonly record struct PortMatch(byte Protocol, ushort First, ushort Last, string? Name);
