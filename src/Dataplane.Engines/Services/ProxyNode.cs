using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Engines.Services;

/// <summary>What a proxy knows of the node that it runs on.</summary>
public sealed record ProxyNode(string Name)
{
    /// <summary>InternalIPs, then ExternalIPs, of both families.</summary>
    public ImmutableArray<IpAddress> Addresses { get; init; } = [];

    public ImmutableArray<IpPrefix> PodCidrs { get; init; } = [];

    /// <summary>topology.kubernetes.io/zone; empty where the node has none.</summary>
    public string Zone { get; init; } = "";

    public static ProxyNode Of(Node node) => new(node.Name)
    {
        Addresses = node.InternalIps.AddRange(node.ExternalIps),
        PodCidrs = node.PodCidrs,
        Zone = node.Zone,
    };
}
