using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Engines.Ipvs;

/// <summary>What kube-proxy's configuration says where its mode is ipvs.</summary>
public sealed record KubeProxyIpvsOptions
{
    public static readonly KubeProxyIpvsOptions Default = new();

    /// <summary><c>--ipvs-scheduler</c>; with mh, kube-proxy asks for the port to be hashed, too.</summary>
    public IpvsScheduler Scheduler { get; init; } = IpvsScheduler.RoundRobin;

    public bool MasqueradeAll { get; init; }

    /// <summary><c>--cluster-cidr</c>: what is not from here to a cluster IP is masqueraded.</summary>
    public ImmutableArray<IpPrefix> ClusterCidrs { get; init; } = [];

    /// <summary>MASQUERADE --random-fully, which kube-proxy writes wherever iptables knows it (from 1.6.2).</summary>
    public bool RandomFully { get; init; } = true;

    /// <summary>The addresses that serve node ports (<c>--nodeport-addresses</c>); empty: all of the node.</summary>
    public ImmutableArray<IpPrefix> NodePortAddresses { get; init; } = [];
}
