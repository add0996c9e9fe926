using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Engines.Services;

namespace Dataplane.Replay.Proxies;

/// <summary>All that a proxy's tables may be made from.</summary>
public sealed record ProxyRequest(ClusterSnapshot Snapshot, ServiceModel Services, NetworkModel Network,
    EmulationSettings Settings, Topology Topology)
{
    /// <summary>Dumps in the place of generated rules: a node's name (or none, for every node) and the file.</summary>
    public ImmutableArray<(string? Node, string Path)> Rules { get; init; } = [];

    public ProxyNode NodeAt(int index) =>
        ProxyNode.Of(Snapshot.Nodes.First(node => node.Name == Network.Nodes[index].Name));
}
