using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Cluster.Model;

/// <summary>
/// policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy, or BaselineAdminNetworkPolicy, which has the same shape
/// without a priority; as it was written.
/// </summary>
public sealed record AdminNetworkPolicy(string Name, SourceLine Source)
{
    /// <summary>0 to 1000, lower is asked first; 0 for the baseline.</summary>
    public int Priority { get; init; }

    /// <summary>Whom it is about; pods of the host's network are never among them.</summary>
    public AdminPodSelector Subject { get; init; } = AdminPodSelector.Everything;

    public ImmutableArray<AdminPolicyRule> Ingress { get; init; } = [];

    public ImmutableArray<AdminPolicyRule> Egress { get; init; } = [];

    public override string ToString() => Name;
}

/// <summary>
/// Pods by the labels of their namespaces and their own: <c>namespaces</c> alone means all pods of those.
/// </summary>
public sealed record AdminPodSelector(LabelSelector NamespaceSelector, LabelSelector PodSelector)
{
    public static readonly AdminPodSelector Everything = new(LabelSelector.Everything, LabelSelector.Everything);
}

/// <summary>What becomes of what a rule matches; a baseline has no Pass.</summary>
public enum AdminPolicyAction : byte
{
    Allow,
    Deny,

    /// <summary>No other admin policy is asked; NetworkPolicies and the baseline are.</summary>
    Pass,
}

/// <summary>One entry of ingress or egress: a peer and a port must match. Empty ports do not restrict.</summary>
public sealed record AdminPolicyRule(AdminPolicyAction Action, SourceLine Source)
{
    public string Name { get; init; } = "";

    public ImmutableArray<AdminPolicyPeer> Peers { get; init; } = [];

    public ImmutableArray<AdminPolicyPort> Ports { get; init; } = [];
}

/// <summary>Exactly one of pods (or namespaces), nodes and networks; the latter two in egress alone.</summary>
public sealed record AdminPolicyPeer(SourceLine Source)
{
    public AdminPodSelector? Pods { get; init; }

    public LabelSelector? Nodes { get; init; }

    public ImmutableArray<IpPrefix> Networks { get; init; } = [];
}

/// <summary>
/// Ports from first to last of a protocol, or a name that stands for whatever the destination pod calls so.
/// </summary>
public sealed record AdminPolicyPort(byte Protocol, ushort First, ushort Last, string? Name, SourceLine Source);
