using System.Collections.Immutable;

namespace Dataplane.Cluster.Model;

/// <summary>Everything that the manifests said, once, immutable. Lists are in the order of the manifests.</summary>
public sealed record ClusterSnapshot
{
    public static readonly ClusterSnapshot Empty = new();

    public ImmutableArray<Node> Nodes { get; init; } = [];

    public ImmutableArray<Namespace> Namespaces { get; init; } = [];

    public ImmutableArray<Pod> Pods { get; init; } = [];

    public ImmutableArray<Service> Services { get; init; } = [];

    /// <summary>EndpointSlices, and Endpoints objects of services that have no slice, in one shape.</summary>
    public ImmutableArray<EndpointSlice> EndpointSlices { get; init; } = [];

    public ImmutableArray<NetworkPolicy> NetworkPolicies { get; init; } = [];

    public ImmutableArray<AdminNetworkPolicy> AdminNetworkPolicies { get; init; } = [];

    /// <summary>The API allows one, named <c>default</c>.</summary>
    public ImmutableArray<AdminNetworkPolicy> BaselineAdminNetworkPolicies { get; init; } = [];

    /// <summary>ConfigMaps are kept only where a CNI profile reads them (kube-flannel-cfg and the like).</summary>
    public ImmutableArray<ConfigMap> ConfigMaps { get; init; } = [];

    public CalicoObjects Calico { get; init; } = CalicoObjects.None;

    public CiliumObjects Cilium { get; init; } = CiliumObjects.None;

    public OpenShiftObjects OpenShift { get; init; } = OpenShiftObjects.None;

    public OvnObjects Ovn { get; init; } = OvnObjects.None;

    /// <summary>
    /// Kinds that were present and are not modelled, with how often, where first, and whether
    /// they could change a verdict.
    /// </summary>
    public ImmutableArray<UnmodelledKind> Unmodelled { get; init; } = [];

    /// <summary>What was odd: contradictions, missing or misspelt fields. Each names file and line.</summary>
    public ImmutableArray<Finding> Findings { get; init; } = [];
}

/// <summary>Where in the manifests something stands: <c>file:line</c>, line from 1.</summary>
public readonly record struct SourceLine(string File, int Line)
{
    public override string ToString() => $"{File}:{Line}";
}

/// <summary>
/// How bad a finding is. Damage means that an object could not be used: the run ends with exit code 3.
/// </summary>
public enum Severity : byte
{
    Note,
    Warning,
    Damage,
}

public sealed record Finding(Severity Severity, SourceLine Source, string Text)
{
    public override string ToString() => $"{Source}: {Text}";
}

public sealed record UnmodelledKind(string ApiVersion, string Kind, int Count, SourceLine First, bool CanChangeVerdict);
