using System.Collections.Immutable;
using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>One object while it is read, field by field, in whatever order they stand.</summary>
internal abstract class ObjectDraft(SourceLine source)
{
    public SourceLine Source { get; } = source;

    public string Name { get; private set; } = "";

    public string Namespace { get; private set; } = "";

    public virtual bool IsNamespaced => true;

    protected ImmutableDictionary<string, string> Labels { get; private set; } =
        ImmutableDictionary<string, string>.Empty;

    protected ImmutableDictionary<string, string> Annotations { get; private set; } =
        ImmutableDictionary<string, string>.Empty;

    /// <summary>metadata.uid; empty where it is absent.</summary>
    protected string Uid { get; private set; } = "";

    protected virtual bool KeepsUid => false;

    protected virtual bool KeepsLabels => false;

    protected virtual bool KeepsAnnotations => false;

    /// <summary>Reads the value of the key that the cursor stands on.</summary>
    public void ReadTopField(ManifestCursor cursor)
    {
        if (cursor.Key is "metadata") ReadMetadata(cursor);
        else ReadField(cursor);
    }

    public abstract void AddTo(SnapshotDraft snapshot);

    protected abstract void ReadField(ManifestCursor cursor);

    private void ReadMetadata(ManifestCursor cursor)
    {
        if (!cursor.EnterMap("metadata")) return;

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "name": Name = cursor.ReadName("metadata.name"); break;
                case "namespace": Namespace = cursor.ReadName("metadata.namespace"); break;
                case "uid" when KeepsUid: Uid = cursor.ReadText("metadata.uid"); break;
                case "labels" when KeepsLabels: Labels = cursor.ReadTextMap("metadata.labels"); break;
                case "annotations" when KeepsAnnotations:
                    Annotations = cursor.ReadTextMap("metadata.annotations");
                    break;
                default: cursor.Skip(); break;
            }
        }

        if (IsNamespaced && Namespace.Length == 0) Namespace = "default";
    }
}
