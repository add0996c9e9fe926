using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>OpenShift SDN's ClusterNetwork, whose fields stand beside metadata.</summary>
internal sealed class OpenShiftNetworkDraft(SourceLine source) : ObjectDraft(source)
{
    private OpenShiftNetwork _network = new("", source);
    private IpPrefix? _old;

    public override bool IsNamespaced => false;

    public override void AddTo(SnapshotDraft snapshot)
    {
        ImmutableArray<IpPrefix> cidrs = !_network.Cidrs.IsEmpty ? _network.Cidrs
            : _old is { } old ? [old]
            : throw new ObjectDamageException(Source.Line, $"ClusterNetwork {Name} has no clusterNetworks");
        snapshot.Add(_network with { Name = Name, Cidrs = cidrs });
    }

    protected override void ReadField(ManifestCursor cursor)
    {
        switch (cursor.Key)
        {
            case "clusterNetworks":
                _network = _network with { Cidrs = cursor.ReadList("clusterNetworks", ReadEntry) };
                break;
            case "network" when cursor.Scalar("network").Length > 0: _old = cursor.ReadPrefix("network"); break;
            case "pluginName": _network = _network with { Plugin = cursor.ReadText("pluginName") }; break;
            case "vxlanPort": _network = _network with { VxlanPort = cursor.ReadPort("vxlanPort") }; break;
            case "mtu": _network = _network with { Mtu = cursor.ReadNumber("mtu", 576, ushort.MaxValue) }; break;
            default: cursor.Skip(); break;
        }
    }

    private static IpPrefix ReadEntry(ManifestCursor cursor)
    {
        int line = cursor.Line;
        IpPrefix? cidr = null;
        if (!cursor.EnterMap("clusterNetworks[]")) throw cursor.Expected("a map", "clusterNetworks[]");

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is "CIDR") cidr = cursor.ReadPrefix("clusterNetworks[].CIDR");
            else cursor.Skip();
        }

        return cidr ?? throw new ObjectDamageException(line, "clusterNetworks[] has no CIDR");
    }
}
