using System.Collections.Immutable;
using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Cni.Cilium;

/// <summary>
/// The labels that make an identity: the pod's, but for those that Cilium's default filter leaves out
/// (pkg/labelsfilter), and its namespace.
/// </summary>
internal sealed class CiliumLabels(ClusterSnapshot snapshot)
{
    private const string Kubernetes = "k8s:";
    private const string NamespaceKey = "io.kubernetes.pod.namespace";
    private const string NamespaceLabels = "io.cilium.k8s.namespace.labels.";

    private static readonly string[] LeftOut =
    [
        "io.kubernetes", "kubernetes.io", "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/job-completion-index", "batch.kubernetes.io/controller-uid", "k8s.io",
        "pod-template-generation", "pod-template-hash", "controller-revision-hash", "controller-uid", "annotation.",
        "etcd_node",
    ];

    private readonly Dictionary<string, ImmutableDictionary<string, string>> _namespaces =
        snapshot.Namespaces.GroupBy(space => space.Name)
            .ToDictionary(group => group.Key, group => group.First().Labels);

    /// <summary>Equal keys are equal identities.</summary>
    public string KeyOf(Pod pod)
    {
        IEnumerable<string> own = pod.Labels.Where(label => IsKept(label.Key))
            .Select(label => $"{label.Key}={label.Value}");
        IEnumerable<string> space = _namespaces.GetValueOrDefault(
            pod.Namespace, ImmutableDictionary<string, string>.Empty)
            .Select(label => $"{NamespaceLabels}{label.Key}={label.Value}");
        return Join([.. own, .. space, $"{NamespaceKey}={pod.Namespace}"]);
    }

    /// <summary>
    /// Cluster and service account aside, which pods here do not say; labels of a namespace that is not
    /// in the manifests aside, too.
    /// </summary>
    public string KeyOf(CiliumIdentity identity)
    {
        Dictionary<string, string> all = identity.SecurityLabels
            .Where(label => label.Key.StartsWith(Kubernetes, StringComparison.Ordinal))
            .ToDictionary(label => label.Key[Kubernetes.Length..], label => label.Value);
        bool isKnown = all.TryGetValue(NamespaceKey, out string? space) && _namespaces.ContainsKey(space);
        return Join([.. all
            .Where(label => !label.Key.StartsWith("io.cilium.k8s.policy.", StringComparison.Ordinal))
            .Where(label => isKnown || !label.Key.StartsWith(NamespaceLabels, StringComparison.Ordinal))
            .Select(label => $"{label.Key}={label.Value}")]);
    }

    private static bool IsKept(string key) =>
        key.StartsWith("app.kubernetes.io", StringComparison.Ordinal)
        || !LeftOut.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal))
        && !key.Contains("beta.kubernetes.io", StringComparison.Ordinal);

    private static string Join(string[] labels) => string.Join(',', labels.Order(StringComparer.Ordinal));
}
