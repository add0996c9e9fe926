using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>CiliumEndpoint.</summary>
internal sealed class CiliumEndpointDraft(SourceLine source) : CustomObjectDraft(source, "CiliumEndpoint")
{
    private const int MaxIdentity = 0x2FF_FFFF;

    private uint _identity;

    protected override bool KeepsUid => true;

    public override void AddTo(SnapshotDraft snapshot) =>
        snapshot.Add(new CiliumEndpoint(Namespace, Name, Source) { Identity = _identity, Uid = Uid });

    protected override void ReadStatusField(ManifestCursor cursor)
    {
        if (cursor.Key is not "identity" || !cursor.EnterMap("status.identity"))
        {
            cursor.Skip();
            return;
        }

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is "id") _identity = (uint)cursor.ReadNumber("status.identity.id", 0, MaxIdentity);
            else cursor.Skip();
        }
    }
}
