using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Engines.KubeProxy;

/// <summary>
/// What kube-proxy's configuration (kubeproxy.config.k8s.io/v1alpha1) and the node's kernel decide about its rules.
/// </summary>
public sealed record KubeProxyOptions
{
    public static readonly KubeProxyOptions Default = new();

    /// <summary>Masquerade everything that is sent to a cluster IP.</summary>
    public bool MasqueradeAll { get; init; }

    /// <summary>The bit of the packet's mark that asks for masquerading.</summary>
    public int MasqueradeBit { get; init; } = 14;

    public LocalDetection DetectLocal { get; init; }

    /// <summary>The network of all pods, one prefix for each family at most.</summary>
    public ImmutableArray<IpPrefix> ClusterCidrs { get; init; } = [];

    /// <summary>The bridge, or what pods' interfaces begin with.</summary>
    public string LocalInterface { get; init; } = "";

    /// <summary>Which of the node's addresses take node ports; all where it is empty.</summary>
    public ImmutableArray<IpPrefix> NodePortAddresses { get; init; } = [];

    /// <summary>Whether 127.0.0.1 takes node ports, which needs route_localnet; ::1 never does.</summary>
    public bool LocalhostNodePorts { get; init; } = true;

    /// <summary>MASQUERADE --random-fully, which kube-proxy writes wherever iptables knows it (from 1.6.2).</summary>
    public bool RandomFully { get; init; } = true;

    /// <summary>nf_conntrack_tcp_be_liberal is set: INVALID packets are not dropped.</summary>
    public bool TcpBeLiberal { get; init; }
}

/// <summary>How kube-proxy tells pods' traffic from others': its <c>--detect-local-mode</c>.</summary>
public enum LocalDetection : byte
{
    /// <summary>By the source address: the network of all pods.</summary>
    ClusterCidr,

    /// <summary>By the source address: the node's own podCIDR.</summary>
    NodeCidr,

    BridgeInterface,

    InterfaceNamePrefix,

    /// <summary>Not at all: nothing is masqueraded for not being local.</summary>
    None,
}
