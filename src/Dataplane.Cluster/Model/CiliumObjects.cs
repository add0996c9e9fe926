using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Cluster.Model;

/// <summary>What Cilium keeps in cilium.io/v2.</summary>
public sealed record CiliumObjects
{
    public static readonly CiliumObjects None = new();

    public ImmutableArray<CiliumNode> Nodes { get; init; } = [];

    public ImmutableArray<CiliumEndpoint> Endpoints { get; init; } = [];

    public ImmutableArray<CiliumIdentity> Identities { get; init; } = [];

    public ImmutableArray<CiliumEgressPolicy> EgressPolicies { get; init; } = [];
}

/// <summary>CiliumNode.</summary>
public sealed record CiliumNode(string Name, SourceLine Source)
{
    public ImmutableArray<IpAddress> InternalIps { get; init; } = [];

    /// <summary>Addresses of cilium_host, the router that pods have as their gateway.</summary>
    public ImmutableArray<IpAddress> RouterIps { get; init; } = [];

    /// <summary>spec.ipam.podCIDRs, and the CIDRs of spec.ipam.pools.</summary>
    public ImmutableArray<IpPrefix> PodCidrs { get; init; } = [];
}

/// <summary>CiliumEndpoint: a pod as its agent has it.</summary>
public sealed record CiliumEndpoint(string Namespace, string Name, SourceLine Source)
{
    /// <summary>status.identity.id; 0 where it is absent.</summary>
    public uint Identity { get; init; }

    /// <summary>metadata.uid, of the CiliumEndpoint and not of its pod; empty where it is absent.</summary>
    public string Uid { get; init; } = "";
}

/// <summary>CiliumIdentity: a number for a set of labels, with their source (<c>k8s:app</c>).</summary>
public sealed record CiliumIdentity(uint Id, SourceLine Source)
{
    public ImmutableDictionary<string, string> SecurityLabels { get; init; } =
        ImmutableDictionary<string, string>.Empty;
}
