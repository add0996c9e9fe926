using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>ovn-kubernetes' EgressIP (pkg/crd/egressip/v1/types.go).</summary>
internal sealed class EgressIpDraft(SourceLine source) : CustomObjectDraft(source, "EgressIP")
{
    private ImmutableArray<IpAddress> _addresses = [];
    private ImmutableArray<EgressIpItem> _items = [];
    private LabelSelector? _namespaces;
    private LabelSelector? _pods;

    public override bool IsNamespaced => false;

    public override void AddTo(SnapshotDraft snapshot) => snapshot.Add(new EgressIp(Name, Source)
    {
        Addresses = _addresses.IsEmpty ? throw Missing("spec.egressIPs") : _addresses,
        NamespaceSelector = _namespaces ?? throw Missing("spec.namespaceSelector"),
        PodSelector = _pods ?? LabelSelector.Everything,
        Items = _items,
    });

    protected override void ReadSpecField(ManifestCursor cursor)
    {
        switch (cursor.Key)
        {
            case "egressIPs": _addresses = cursor.ReadAddresses("spec.egressIPs"); break;
            case "namespaceSelector": _namespaces = cursor.ReadSelector("spec.namespaceSelector"); break;
            case "podSelector": _pods = cursor.ReadSelector("spec.podSelector"); break;
            default: cursor.SkipUnknown("spec"); break;
        }
    }

    protected override void ReadStatusField(ManifestCursor cursor)
    {
        if (cursor.Key is "items") _items = cursor.ReadGoodItems("status.items", ReadItem);
        else cursor.Skip();
    }

    private static EgressIpItem ReadItem(ManifestCursor cursor)
    {
        int line = cursor.Line;
        if (!cursor.EnterMap("status.items")) throw cursor.Expected("a map", "status.items");

        IpAddress address = default;
        string node = "";
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is "egressIP") cursor.TryReadAddress("status.items[].egressIP", out address);
            else if (cursor.Key is "node") node = cursor.ReadName("status.items[].node");
            else cursor.Skip();
        }

        return !address.IsNone && node.Length > 0 ? new EgressIpItem(address, node)
            : throw new ObjectDamageException(line, "status.items[] needs egressIP and node");
    }
}
