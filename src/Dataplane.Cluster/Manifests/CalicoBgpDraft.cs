using System.Globalization;
using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>Calico's BGPConfiguration.</summary>
internal sealed class CalicoBgpDraft(SourceLine source) : CustomObjectDraft(source, "BGPConfiguration")
{
    private CalicoBgp _bgp = new("", source);

    public override bool IsNamespaced => false;

    public override void AddTo(SnapshotDraft snapshot) => snapshot.Add(_bgp with { Name = Name });

    protected override void ReadSpecField(ManifestCursor cursor)
    {
        switch (cursor.Key)
        {
            case "asNumber" when cursor.Scalar("spec.asNumber").Length > 0:
                _bgp = _bgp with { AsNumber = ReadAs(cursor) };
                break;
            case "nodeToNodeMeshEnabled" when cursor.Scalar("spec.nodeToNodeMeshEnabled").Length > 0:
                _bgp = _bgp with { NodeToNodeMesh = cursor.ReadBool("spec.nodeToNodeMeshEnabled") };
                break;
            default: cursor.Skip(); break;
        }
    }

    // Plain or dotted (RFC 5396).
    private static uint ReadAs(ManifestCursor cursor)
    {
        string text = cursor.ReadText("spec.asNumber");
        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number)) return number;

        string[] parts = text.Split('.');
        if (parts.Length == 2
            && ushort.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out ushort high)
            && ushort.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out ushort low))
            return (uint)high << 16 | low;

        throw new ObjectDamageException(
            cursor.Line, $"spec.asNumber is \"{ManifestCursor.Shorten(text)}\", not an AS number");
    }
}
