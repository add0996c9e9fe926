using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;

namespace Dataplane.Cluster.Cni;

/// <summary>What a profile compiles from, and where it says what it made up.</summary>
internal sealed record CniRequest(ClusterSnapshot Snapshot, EmulationSettings Settings, PolicyEnforcement Enforcement)
{
    /// <summary>One line each, in the order in which things were decided.</summary>
    public List<string> Notes { get; } = [];

    public void Note(string line) => Notes.Add(line);
}
