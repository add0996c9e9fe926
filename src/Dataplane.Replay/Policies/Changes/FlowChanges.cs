using System.Collections.Immutable;
using Dataplane.Cluster.Model;

namespace Dataplane.Replay.Policies.Changes;

/// <summary>Replays captures under two sets of policies: what one of them alone drops has changed.</summary>
public static class FlowChanges
{
    /// <param name="old">Before.</param>
    /// <param name="new">After.</param>
    /// <param name="options">Captures, CNI and settings; the manifests are the snapshots.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="InvalidDataException">A capture cannot be read, or a side has no Node.</exception>
    public static ImmutableArray<FlowChange> Compare(
        ClusterSnapshot old, ClusterSnapshot @new, ReplayOptions options, CancellationToken cancellation)
    {
        if (old.Nodes.IsEmpty || @new.Nodes.IsEmpty)
            throw new InvalidDataException("to replay a capture, both sides need the cluster's Nodes: name what they share with -f PATH");

        IReadOnlyDictionary<long, PolicyDrop> before = FlowReplay.Run(old, options, cancellation);
        IReadOnlyDictionary<long, PolicyDrop> after = FlowReplay.Run(@new, options, cancellation);
        return [.. OnlyIn(after, before, isDropped: true), .. OnlyIn(before, after, isDropped: false)];
    }

    private static IEnumerable<FlowChange> OnlyIn(
        IReadOnlyDictionary<long, PolicyDrop> drops, IReadOnlyDictionary<long, PolicyDrop> others, bool isDropped) => drops
        .Where(drop => !others.ContainsKey(drop.Key))
        .OrderBy(drop => drop.Key)
        .GroupBy(drop => (drop.Value.From, drop.Value.To, drop.Value.Port, drop.Value.Cause), drop => drop.Value.FromPort)
        .Select(group => new FlowChange(
            group.Key.From, group.Key.To, group.Key.Port, group.Distinct().Count(), group.LongCount(), isDropped, group.Key.Cause));
}
