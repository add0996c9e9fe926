using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Cluster.Settings;

/// <summary>What <c>--set proxy.…</c> says of kube-proxy's configuration (kubeproxy.config.k8s.io/v1alpha1).</summary>
public sealed record ProxySettings
{
    public static readonly ProxySettings Default = new();

    public bool MasqueradeAll { get; init; }

    /// <summary>The bit of the packet's mark that asks for masquerading.</summary>
    public int MasqueradeBit { get; init; } = 14;

    /// <summary>One prefix for each family at most; empty: the network of all pods as the CNI has it.</summary>
    public ImmutableArray<IpPrefix> ClusterCidrs { get; init; } = [];

    public LocalMode DetectLocal { get; init; } = new("ClusterCIDR", "");

    /// <summary>Which of a node's addresses take node ports; all where it is empty.</summary>
    public ImmutableArray<IpPrefix> NodePortAddresses { get; init; } = [];

    public PortRange NodePortRange { get; init; } = new(30000, 32767);

    public bool LocalhostNodePorts { get; init; } = true;

    public bool RandomFully { get; init; } = true;

    public bool TcpBeLiberal { get; init; }
}

/// <summary>kube-proxy's detectLocalMode in its own word, and the interface where the mode goes by one.</summary>
public readonly record struct LocalMode(string Mode, string Interface);
