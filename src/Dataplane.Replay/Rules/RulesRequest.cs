using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Engines.Services;

namespace Dataplane.Replay.Rules;

/// <summary>All that a printer may need: the cluster's Services, the node, the CNI's network, the settings.</summary>
public sealed record RulesRequest(
    ServiceModel Services, ProxyNode Node, NetworkModel Network, EmulationSettings Settings)
{
    public int Family { get; init; } = 4;

    /// <summary>With the ipsets and iptables rules that ipvs mode has beside its virtual servers.</summary>
    public bool WithSets { get; init; }
}
