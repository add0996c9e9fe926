using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Cluster.Model;

/// <summary>
/// CiliumEgressGatewayPolicy (cilium.io/v2): what the selected pods send to the destinations leaves by a gateway node.
/// </summary>
public sealed record CiliumEgressPolicy(string Name, SourceLine Source)
{
    /// <summary>One that matches is enough.</summary>
    public ImmutableArray<CiliumEgressSelector> Selectors { get; init; } = [];

    public ImmutableArray<IpPrefix> Destinations { get; init; } = [];

    public ImmutableArray<IpPrefix> Excluded { get; init; } = [];

    public ImmutableArray<CiliumEgressGateway> Gateways { get; init; } = [];
}

/// <summary>
/// Pods by their labels, their namespace's and their node's; null: any. Not both of the first two are.
/// </summary>
public sealed record CiliumEgressSelector
{
    public LabelSelector? Namespaces { get; init; }

    public LabelSelector? Pods { get; init; }

    public LabelSelector? Nodes { get; init; }
}

/// <summary>The nodes of which the first by name is the gateway, and the address that it gives.</summary>
public sealed record CiliumEgressGateway(LabelSelector Nodes, SourceLine Source)
{
    /// <summary>The device whose address it is; empty where none is named.</summary>
    public string Interface { get; init; } = "";

    /// <summary>The address itself; none where it is a device's.</summary>
    public IpAddress Address { get; init; }
}
