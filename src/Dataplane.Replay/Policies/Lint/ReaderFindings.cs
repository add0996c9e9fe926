using Dataplane.Cluster.Model;

namespace Dataplane.Replay.Policies.Lint;

/// <summary>What the manifests' reader noticed at policies: its findings name places, not objects.</summary>
internal static class ReaderFindings
{
    public static IEnumerable<LintFinding> Of(ClusterSnapshot snapshot)
    {
        Dictionary<string, (int Line, NetworkPolicy? Policy)[]> starts = StartsByFile(snapshot);
        foreach (Finding finding in snapshot.Findings)
        {
            NetworkPolicy? policy = PolicyAt(starts, finding.Source);
            if (finding.Severity == Severity.Damage)
                yield return new LintFinding(LintRule.Unreadable, finding.Severity, finding.Source, null, finding.Text);
            else if (policy is not null && finding.Severity == Severity.Warning)
                yield return new LintFinding(
                    LintRule.UnknownField, finding.Severity, finding.Source, policy.ToString(), finding.Text);
        }
    }

    /// <summary>Where objects begin, in order: a line belongs to the last that began before it.</summary>
    private static Dictionary<string, (int Line, NetworkPolicy? Policy)[]> StartsByFile(ClusterSnapshot snapshot)
    {
        IEnumerable<(SourceLine Source, NetworkPolicy? Policy)> others = snapshot.Nodes.Select(node => node.Source)
            .Concat(snapshot.Namespaces.Select(space => space.Source))
            .Concat(snapshot.Pods.Select(pod => pod.Source))
            .Concat(snapshot.Services.Select(service => service.Source))
            .Concat(snapshot.EndpointSlices.Select(slice => slice.Source))
            .Concat(snapshot.ConfigMaps.Select(map => map.Source))
            .Concat(snapshot.Unmodelled.Select(kind => kind.First))
            .Select(source => (source, (NetworkPolicy?)null));
        return snapshot.NetworkPolicies.Select(policy => (policy.Source, (NetworkPolicy?)policy))
            .Concat(others)
            .GroupBy(start => start.Source.File)
            .ToDictionary(group => group.Key, group =>
                group.Select(start => (start.Source.Line, start.Item2)).OrderBy(start => start.Line).ToArray());
    }

    private static NetworkPolicy? PolicyAt(
        Dictionary<string, (int Line, NetworkPolicy? Policy)[]> starts, SourceLine source) =>
        starts.TryGetValue(source.File, out (int Line, NetworkPolicy? Policy)[]? objects)
            ? objects.LastOrDefault(start => start.Line <= source.Line).Policy
            : null;
}
