using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>An object of a CNI's: a spec and a status, of which the fields that are not read may be many.</summary>
internal abstract class CustomObjectDraft(SourceLine source, string kind) : ObjectDraft(source)
{
    protected string Kind { get; } = kind;

    protected virtual void ReadSpecField(ManifestCursor cursor) => cursor.Skip();

    protected virtual void ReadStatusField(ManifestCursor cursor) => cursor.Skip();

    protected override void ReadField(ManifestCursor cursor)
    {
        bool isSpec = cursor.Key is "spec";
        if (!isSpec && cursor.Key is not "status")
        {
            cursor.Skip();
            return;
        }

        if (!cursor.EnterMap(isSpec ? "spec" : "status")) return;

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (isSpec) ReadSpecField(cursor);
            else ReadStatusField(cursor);
        }
    }

    /// <summary>A field without which the object says nothing.</summary>
    protected ObjectDamageException Missing(string field) => new(Source.Line, $"{Kind} {Name} has no {field}");
}
