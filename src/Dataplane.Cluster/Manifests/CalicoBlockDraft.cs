using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>Calico's IPAMBlock.</summary>
internal sealed class CalicoBlockDraft(SourceLine source) : CustomObjectDraft(source, "IPAMBlock")
{
    private const string HostPrefix = "host:";
    private const int MaxBlock = 4096;

    private IpPrefix? _cidr;
    private string _affinity = "";
    private ImmutableArray<int?> _allocations = [];
    private ImmutableArray<CalicoAllocation> _attributes = [];

    public override bool IsNamespaced => false;

    public override void AddTo(SnapshotDraft snapshot) => snapshot.Add(new CalicoBlock(Name, Source)
    {
        Cidr = _cidr ?? throw Missing("spec.cidr"),
        Node = _affinity.StartsWith(HostPrefix, StringComparison.Ordinal) ? _affinity[HostPrefix.Length..] : "",
        Allocations = _allocations,
        Attributes = _attributes,
    });

    protected override void ReadSpecField(ManifestCursor cursor)
    {
        switch (cursor.Key)
        {
            case "cidr": _cidr = cursor.ReadPrefix("spec.cidr"); break;
            case "affinity": _affinity = cursor.ReadText("spec.affinity"); break;
            case "allocations": _allocations = cursor.ReadList("spec.allocations", ReadOrdinal); break;
            case "attributes": _attributes = cursor.ReadList("spec.attributes", ReadAttribute); break;
            default: cursor.Skip(); break;
        }
    }

    private static int? ReadOrdinal(ManifestCursor cursor) =>
        cursor.Source.Kind == TokenKind.Null ? null : cursor.ReadNumber("spec.allocations[]", 0, MaxBlock);

    private static CalicoAllocation ReadAttribute(ManifestCursor cursor)
    {
        string handle = "", node = "";
        if (!cursor.EnterMap("spec.attributes[]")) return new CalicoAllocation(handle, node);

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is "handle_id") handle = cursor.ReadText("handle_id");
            else if (cursor.Key is "secondary") node = cursor.ReadTextMap("secondary").GetValueOrDefault("node", "");
            else cursor.Skip();
        }

        return new CalicoAllocation(handle, node);
    }
}
