using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>CiliumIdentity: the number is its name, the labels stand beside metadata.</summary>
internal sealed class CiliumIdentityDraft(SourceLine source) : ObjectDraft(source)
{
    private ImmutableDictionary<string, string> _labels = ImmutableDictionary<string, string>.Empty;

    public override bool IsNamespaced => false;

    public override void AddTo(SnapshotDraft snapshot)
    {
        if (!uint.TryParse(Name, NumberStyles.None, CultureInfo.InvariantCulture, out uint id))
            throw new ObjectDamageException(
                Source.Line, $"CiliumIdentity has the name \"{ManifestCursor.Shorten(Name)}\", not a number");

        snapshot.Add(new CiliumIdentity(id, Source) { SecurityLabels = _labels });
    }

    protected override void ReadField(ManifestCursor cursor)
    {
        if (cursor.Key is "security-labels") _labels = cursor.ReadTextMap("security-labels");
        else cursor.Skip();
    }
}
