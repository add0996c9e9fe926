using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>OpenShift SDN's NetNamespace, whose fields stand beside metadata.</summary>
internal sealed class NetNamespaceDraft(SourceLine source) : ObjectDraft(source)
{
    private const int MaxNetId = 0xFFFFFF;

    private string _space = "";
    private uint? _netId;
    private ImmutableArray<IpAddress> _egressIps = [];

    public override bool IsNamespaced => false;

    public override void AddTo(SnapshotDraft snapshot) => snapshot.Add(new NetNamespace(
        _space.Length > 0 ? _space : Name,
        _netId ?? throw new ObjectDamageException(Source.Line, $"NetNamespace {Name} has no netid"),
        Source)
    {
        EgressIps = _egressIps,
    });

    protected override void ReadField(ManifestCursor cursor)
    {
        switch (cursor.Key)
        {
            case "netname": _space = cursor.ReadText("netname"); break;
            case "netid": _netId = (uint)cursor.ReadNumber("netid", 0, MaxNetId); break;
            case "egressIPs": _egressIps = cursor.ReadAddresses("egressIPs"); break;
            default: cursor.Skip(); break;
        }
    }
}
