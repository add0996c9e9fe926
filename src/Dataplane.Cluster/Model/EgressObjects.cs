using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Cluster.Model;

/// <summary>What ovn-kubernetes keeps in k8s.ovn.org/v1.</summary>
public sealed record OvnObjects
{
    public static readonly OvnObjects None = new();

    public ImmutableArray<EgressPolicy> EgressFirewalls { get; init; } = [];

    public ImmutableArray<EgressIp> EgressIps { get; init; } = [];
}

/// <summary>
/// EgressFirewall (k8s.ovn.org/v1) or EgressNetworkPolicy (network.openshift.io/v1): what pods of its namespace may
/// send out of the cluster, by the first rule that matches.
/// </summary>
public sealed record EgressPolicy(string Kind, string Namespace, string Name, SourceLine Source)
{
    public ImmutableArray<EgressPolicyRule> Rules { get; init; } = [];
}

/// <summary>One rule of it: exactly one of its destinations is given.</summary>
public sealed record EgressPolicyRule(bool IsAllow, SourceLine Source)
{
    public IpPrefix? Cidr { get; init; }

    /// <summary>Nobody can resolve it offline.</summary>
    public string? DnsName { get; init; }

    /// <summary>The addresses of nodes with such labels.</summary>
    public LabelSelector? Nodes { get; init; }

    /// <summary>Empty: all.</summary>
    public ImmutableArray<EgressPolicyPort> Ports { get; init; } = [];
}

/// <param name="Protocol">IP protocol number.</param>
/// <param name="Port">0: all of the protocol.</param>
public readonly record struct EgressPolicyPort(byte Protocol, ushort Port);

/// <summary>EgressIP (k8s.ovn.org/v1): addresses that the selected pods leave the cluster with.</summary>
public sealed record EgressIp(string Name, SourceLine Source)
{
    public ImmutableArray<IpAddress> Addresses { get; init; } = [];

    public required LabelSelector NamespaceSelector { get; init; }

    public LabelSelector PodSelector { get; init; } = LabelSelector.Everything;

    /// <summary>status.items: which node holds which address.</summary>
    public ImmutableArray<EgressIpItem> Items { get; init; } = [];
}

/// <summary>An address, and the node that holds it.</summary>
public readonly record struct EgressIpItem(IpAddress Address, string Node);
