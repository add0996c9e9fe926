using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;

namespace Dataplane.Cluster.Cni;

/// <summary>Which CNI it is, and how that is known: one line for the user.</summary>
public sealed record CniChoice(string Name, string Evidence);

/// <summary>The CNIs by name, and how they are recognised in manifests.</summary>
public static class CniCatalog
{
    private static readonly string[] Built = [FlannelProfile.Name];
    private static readonly string[] NotBuilt = ["calico", "cilium", "openshift-sdn", "ovn-kubernetes"];

    private static readonly (string Prefix, string Cni)[] OtherAnnotations =
    [
        ("projectcalico.org/", "calico"),
        ("network.cilium.io/", "cilium"),
        ("io.cilium.network", "cilium"),
        ("k8s.ovn.org/", "ovn-kubernetes"),
    ];

    /// <summary>Every name that <c>--cni</c> knows, built or not.</summary>
    public static IEnumerable<string> Names => [.. Built, .. NotBuilt];

    /// <summary>
    /// The CNI of that name, or without a name the one that the manifests show; flannel, and said so, where they show
    /// none.
    /// </summary>
    public static CniChoice Resolve(string? name, ClusterSnapshot snapshot)
    {
        if (name is null) return Recognise(snapshot);
        if (Built.Contains(name)) return new CniChoice(name, $"{name}: as --cni says");

        string built = string.Join(", ", Built);
        if (NotBuilt.Contains(name)) throw new InvalidDataException($"--cni {name} is not built yet (built: {built})");

        string? nearest = NearestWord.Of(name, Names);
        string hint = nearest is null ? "" : $": did you mean {nearest}?";
        throw new InvalidDataException($"unknown --cni {SettingValues.Show(name)}{hint} "
            + $"(known: {string.Join(", ", Names)})");
    }

    /// <summary>The CNI that the manifests show, built or not; null where they show none.</summary>
    public static string? Shown(ClusterSnapshot snapshot)
    {
        if (FindAnnotation(snapshot, FlannelAnnotations.Prefix) is not null) return FlannelProfile.Name;
        if (FlannelConfiguration.FindConfigMap(snapshot) is not null) return FlannelProfile.Name;

        return OtherAnnotations.FirstOrDefault(other => FindAnnotation(snapshot, other.Prefix) is not null).Cni;
    }

    private static CniChoice Recognise(ClusterSnapshot snapshot)
    {
        if (FindAnnotation(snapshot, FlannelAnnotations.Prefix) is (Node annotated, string annotation))
            return new CniChoice(
                FlannelProfile.Name,
                $"flannel: node {annotated.Name} has the annotation {annotation} ({annotated.Source})");

        if (FlannelConfiguration.FindConfigMap(snapshot) is { } map)
            return new CniChoice(
                FlannelProfile.Name,
                $"flannel: there is a ConfigMap {map.Namespace}/{map.Name} ({map.Source})");

        foreach ((string prefix, string cni) in OtherAnnotations)
        {
            if (FindAnnotation(snapshot, prefix) is not (Node node, string other)) continue;
            return new CniChoice(
                FlannelProfile.Name,
                $"flannel: assumed, for {cni} is not built yet: node {node.Name} has the annotation {other} "
                + $"({node.Source})");
        }

        return new CniChoice(FlannelProfile.Name, "flannel: assumed, for the manifests show no CNI (say --cni NAME)");
    }

    private static (Node Node, string Annotation)? FindAnnotation(ClusterSnapshot snapshot, string prefix)
    {
        foreach (Node node in snapshot.Nodes)
        {
            string? found = node.Annotations.Keys
                .Where(key => key.StartsWith(prefix, StringComparison.Ordinal))
                .Min(StringComparer.Ordinal);
            if (found is not null) return (node, found);
        }

        return null;
    }
}
