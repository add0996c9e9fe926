namespace Dataplane.Cluster.Synthetic;

/// <summary>How large a made-up cluster is; the same options give the same cluster.</summary>
public sealed record SyntheticOptions
{
    /// <summary>1 to 250 in memory; what <see cref="ClusterPlan"/> has room for in files.</summary>
    public int Nodes { get; init; } = 10;

    /// <summary>1 to 250 in memory; what <see cref="ClusterPlan"/> has room for in files.</summary>
    public int PodsPerNode { get; init; } = 100;

    /// <summary>Services with a ClusterIP and one port each, up to a million.</summary>
    public int Services { get; init; } = 10;

    /// <summary>Of each Service; no more than there are pods.</summary>
    public int Endpoints { get; init; } = 10;

    /// <summary>Beside kube-system; in files alone.</summary>
    public int Namespaces { get; init; } = 4;

    /// <summary>NetworkPolicies; in files alone.</summary>
    public int Policies { get; init; }

    /// <summary>IPv6 beside IPv4; in files alone.</summary>
    public bool DualStack { get; init; }

    /// <summary>Where each Service's endpoints begin among the pods.</summary>
    public ulong Seed { get; init; } = 1;
}
