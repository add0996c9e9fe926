using System.Collections.Immutable;
using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>v1 ConfigMap, kept where a CNI or kube-proxy reads it.</summary>
internal sealed class ConfigMapDraft(SourceLine source) : ObjectDraft(source)
{
    private static readonly string[] CniNames = ["flannel", "calico", "cilium", "ovn"];

    private ImmutableDictionary<string, string> _data = ImmutableDictionary<string, string>.Empty;

    private bool IsRead =>
        Name is "kube-proxy" or "kubeadm-config" || CniNames.Any(cni => Name.Contains(cni, StringComparison.Ordinal));

    public override void AddTo(SnapshotDraft snapshot)
    {
        if (IsRead) snapshot.Add(new ConfigMap(Namespace, Name, _data, Source));
        else snapshot.AddUnmodelled("v1", "ConfigMap", Source);
    }

    protected override void ReadField(ManifestCursor cursor)
    {
        if (cursor.Key is "data" && (Name.Length == 0 || IsRead)) _data = cursor.ReadTextMap("data");
        else cursor.Skip();
    }
}
