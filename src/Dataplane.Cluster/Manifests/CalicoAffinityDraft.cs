using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>Calico's BlockAffinity.</summary>
internal sealed class CalicoAffinityDraft(SourceLine source) : CustomObjectDraft(source, "BlockAffinity")
{
    private IpPrefix? _cidr;
    private string _node = "";
    private string _state = "confirmed";
    private bool _deleted;

    public override bool IsNamespaced => false;

    public override void AddTo(SnapshotDraft snapshot) => snapshot.Add(new CalicoAffinity(Name, Source)
    {
        Cidr = _cidr ?? throw Missing("spec.cidr"),
        Node = _node.Length > 0 ? _node : throw Missing("spec.node"),
        IsConfirmed = _state is "confirmed" && !_deleted,
    });

    protected override void ReadSpecField(ManifestCursor cursor)
    {
        switch (cursor.Key)
        {
            case "cidr": _cidr = cursor.ReadPrefix("spec.cidr"); break;
            case "node": _node = cursor.ReadText("spec.node"); break;
            case "state": _state = cursor.ReadText("spec.state"); break;
            case "deleted": _deleted = cursor.ReadBool("spec.deleted"); break;
            default: cursor.Skip(); break;
        }
    }
}
