using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>v1 Namespace.</summary>
internal sealed class NamespaceDraft(SourceLine source) : ObjectDraft(source)
{
    public override bool IsNamespaced => false;

    protected override bool KeepsLabels => true;

    public override void AddTo(SnapshotDraft snapshot) => snapshot.Add(new Namespace(Name, Source) { Labels = Labels });

    protected override void ReadField(ManifestCursor cursor) => cursor.Skip();
}
