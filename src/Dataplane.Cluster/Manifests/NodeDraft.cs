using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>v1 Node.</summary>
internal sealed class NodeDraft(SourceLine source) : ObjectDraft(source)
{
    private ImmutableArray<IpPrefix> _podCidrs = [];
    private ImmutableArray<IpPrefix> _podCidr = [];
    private ImmutableArray<IpAddress> _internal = [];
    private ImmutableArray<IpAddress> _external = [];

    public override bool IsNamespaced => false;

    protected override bool KeepsLabels => true;

    protected override bool KeepsAnnotations => true;

    public override void AddTo(SnapshotDraft snapshot) => snapshot.Add(new Node(Name, Source)
    {
        Labels = Labels,
        Annotations = Annotations,
        PodCidrs = _podCidrs.IsEmpty ? _podCidr : _podCidrs,
        InternalIps = _internal,
        ExternalIps = _external,
    });

    protected override void ReadField(ManifestCursor cursor)
    {
        if (cursor.Key is "spec" && cursor.EnterMap("spec")) ReadSpec(cursor);
        else if (cursor.Key is "status" && cursor.EnterMap("status")) ReadStatus(cursor);
        else cursor.Skip();
    }

    private void ReadSpec(ManifestCursor cursor)
    {
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "podCIDR" when cursor.Scalar("spec.podCIDR").Length > 0:
                    _podCidr = [cursor.ReadPrefix("spec.podCIDR")];
                    break;
                case "podCIDRs":
                    _podCidrs = cursor.ReadGoodItems("spec.podCIDRs", item => item.ReadPrefix("spec.podCIDRs"));
                    break;
                default: cursor.Skip(); break;
            }
        }
    }

    private void ReadStatus(ManifestCursor cursor)
    {
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is "addresses" && cursor.EnterList("status.addresses"))
            {
                while (cursor.NextItem()) ReadAddress(cursor);
            }
            else
            {
                cursor.Skip();
            }
        }
    }

    private void ReadAddress(ManifestCursor cursor)
    {
        if (!cursor.EnterMap("status.addresses")) return;

        string type = "", text = "";
        int line = cursor.Line;
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is "type")
            {
                type = cursor.ReadText("status.addresses[].type");
            }
            else if (cursor.Key is "address")
            {
                line = cursor.Line;
                text = cursor.ReadText("status.addresses[].address");
            }
            else
            {
                cursor.Skip();
            }
        }

        if (type is not ("InternalIP" or "ExternalIP")) return;

        if (!IpAddress.TryParse(text, out IpAddress address))
        {
            cursor.Report(Severity.Damage, line,
                $"Node {Name}: {type} is \"{ManifestCursor.Shorten(text)}\", not an IP address: it is left out");
        }
        else if (type is "InternalIP")
        {
            _internal = _internal.Add(address);
        }
        else
        {
            _external = _external.Add(address);
        }
    }
}
