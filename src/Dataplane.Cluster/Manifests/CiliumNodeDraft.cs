using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>CiliumNode.</summary>
internal sealed class CiliumNodeDraft(SourceLine source) : CustomObjectDraft(source, "CiliumNode")
{
    private ImmutableArray<IpAddress> _internal = [];
    private ImmutableArray<IpAddress> _router = [];
    private ImmutableArray<IpPrefix> _podCidrs = [];

    public override bool IsNamespaced => false;

    public override void AddTo(SnapshotDraft snapshot) => snapshot.Add(new CiliumNode(Name, Source)
    {
        InternalIps = _internal,
        RouterIps = _router,
        PodCidrs = _podCidrs,
    });

    protected override void ReadSpecField(ManifestCursor cursor)
    {
        if (cursor.Key is "addresses" && cursor.EnterList("spec.addresses"))
        {
            while (cursor.NextItem()) ReadAddress(cursor);
        }
        else if (cursor.Key is "ipam" && cursor.EnterMap("spec.ipam"))
        {
            ReadIpam(cursor);
        }
        else
        {
            cursor.Skip();
        }
    }

    private void ReadAddress(ManifestCursor cursor)
    {
        if (!cursor.EnterMap("spec.addresses")) return;

        string type = "";
        IpAddress address = default;
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is "type") type = cursor.ReadText("spec.addresses[].type");
            else if (cursor.Key is "ip") cursor.TryReadAddress("spec.addresses[].ip", out address);
            else cursor.Skip();
        }

        if (address.IsNone) return;
        if (type is "InternalIP") _internal = _internal.Add(address);
        else if (type is "CiliumInternalIP") _router = _router.Add(address);
    }

    private void ReadIpam(ManifestCursor cursor)
    {
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is "podCIDRs") _podCidrs = _podCidrs.AddRange(ReadCidrs(cursor, "spec.ipam.podCIDRs"));
            else if (cursor.Key is "pools" && cursor.EnterMap("spec.ipam.pools")) ReadPools(cursor);
            else cursor.Skip();
        }
    }

    // Multi-pool IPAM: allocated is a list of {pool, cidrs}.
    private void ReadPools(ManifestCursor cursor)
    {
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is not "allocated" || !cursor.EnterList("spec.ipam.pools.allocated"))
            {
                cursor.Skip();
                continue;
            }

            while (cursor.NextItem())
            {
                if (!cursor.EnterMap("spec.ipam.pools.allocated")) continue;

                KeyScope fields = default;
                while (cursor.NextKey(ref fields))
                {
                    if (cursor.Key is "cidrs") _podCidrs = _podCidrs.AddRange(ReadCidrs(cursor, "allocated[].cidrs"));
                    else cursor.Skip();
                }
            }
        }
    }

    private static ImmutableArray<IpPrefix> ReadCidrs(ManifestCursor cursor, string what) =>
        cursor.ReadGoodItems(what, item => item.ReadPrefix(what));
}
