using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Cni;

/// <summary>The ways in which a CNI shows itself, each as one line of evidence; null where it does not.</summary>
internal static class EvidenceSearch
{
    public static CniEvidence? Annotation(ClusterSnapshot snapshot, params ReadOnlySpan<string> prefixes)
    {
        foreach (string prefix in prefixes)
        {
            foreach (Node node in snapshot.Nodes)
            {
                string? found = node.Annotations.Keys
                    .Where(key => key.StartsWith(prefix, StringComparison.Ordinal))
                    .Min(StringComparer.Ordinal);
                if (found is null) continue;

                string text = $"node {node.Name} has the annotation {found} ({node.Source})";
                return new CniEvidence(EvidenceStrength.Annotation, text);
            }
        }

        return null;
    }

    public static CniEvidence? ConfigMap(ClusterSnapshot snapshot, string name) =>
        snapshot.ConfigMaps.FirstOrDefault(map => map.Name == name) is { } map
            ? new CniEvidence(
                EvidenceStrength.Configuration, $"there is a ConfigMap {map.Namespace}/{map.Name} ({map.Source})")
            : null;

    /// <summary>The first object of a kind, if there is one.</summary>
    public static CniEvidence? Object<T>(
        string kind, IEnumerable<T> objects, Func<T, (string Name, SourceLine Source)> what)
        where T : class
    {
        if (objects.FirstOrDefault() is not { } first) return null;

        (string name, SourceLine source) = what(first);
        string article = kind[0] is 'A' or 'E' or 'I' or 'O' ? "an" : "a";
        return new CniEvidence(EvidenceStrength.Object, $"there is {article} {kind} {name} ({source})");
    }

    /// <summary>The strongest of several; of equals the first.</summary>
    public static CniEvidence? Strongest(params ReadOnlySpan<CniEvidence?> all)
    {
        CniEvidence? best = null;
        foreach (CniEvidence? evidence in all)
        {
            if (evidence is { } found && found.Strength > (best?.Strength ?? EvidenceStrength.None)) best = found;
        }

        return best;
    }
}
