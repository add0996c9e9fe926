namespace Dataplane.Cluster.Synthetic;

/// <summary>How large a made-up cluster is; the same options give the same cluster.</summary>
public sealed record SyntheticOptions
{
    /// <summary>1 to 250.</summary>
    public int Nodes { get; init; } = 10;

    /// <summary>1 to 250.</summary>
    public int PodsPerNode { get; init; } = 100;

    /// <summary>Services with a ClusterIP and one port each, up to a million.</summary>
    public int Services { get; init; } = 10;

    /// <summary>Of each Service; no more than there are pods.</summary>
    public int Endpoints { get; init; } = 10;

    /// <summary>Where each Service's endpoints begin among the pods.</summary>
    public ulong Seed { get; init; } = 1;
}
