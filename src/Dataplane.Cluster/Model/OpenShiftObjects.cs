using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Cluster.Model;

/// <summary>What OpenShift SDN keeps in network.openshift.io/v1.</summary>
public sealed record OpenShiftObjects
{
    public static readonly OpenShiftObjects None = new();

    public ImmutableArray<HostSubnet> HostSubnets { get; init; } = [];

    public ImmutableArray<NetNamespace> NetNamespaces { get; init; } = [];

    public ImmutableArray<OpenShiftNetwork> ClusterNetworks { get; init; } = [];

    public ImmutableArray<EgressPolicy> EgressNetworkPolicies { get; init; } = [];
}

/// <summary>HostSubnet: a node's pod subnet and the address of its tunnel.</summary>
public sealed record HostSubnet(string Host, SourceLine Source)
{
    public IpAddress HostIp { get; init; }

    public IpPrefix Subnet { get; init; }

    /// <summary>Egress addresses that the node holds.</summary>
    public ImmutableArray<IpAddress> EgressIps { get; init; } = [];

    /// <summary>Of which the master gives it what NetNamespaces ask for.</summary>
    public ImmutableArray<IpPrefix> EgressCidrs { get; init; } = [];
}

/// <summary>NetNamespace: a namespace's NetID, the VNI of what its pods send.</summary>
public sealed record NetNamespace(string Namespace, uint NetId, SourceLine Source)
{
    /// <summary>What its pods leave the cluster with; empty: their nodes' addresses.</summary>
    public ImmutableArray<IpAddress> EgressIps { get; init; } = [];
}

/// <summary>ClusterNetwork <c>default</c>.</summary>
public sealed record OpenShiftNetwork(string Name, SourceLine Source)
{
    public ImmutableArray<IpPrefix> Cidrs { get; init; } = [];

    /// <summary>redhat/openshift-ovs-subnet, -multitenant or -networkpolicy; empty where absent.</summary>
    public string Plugin { get; init; } = "";

    public ushort? VxlanPort { get; init; }

    public int? Mtu { get; init; }
}
