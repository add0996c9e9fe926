using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>OpenShift SDN's HostSubnet, whose fields stand beside metadata.</summary>
internal sealed class HostSubnetDraft(SourceLine source) : ObjectDraft(source)
{
    private string _host = "";
    private IpAddress _hostIp;
    private IpPrefix? _subnet;
    private ImmutableArray<IpAddress> _egressIps = [];
    private ImmutableArray<IpPrefix> _egressCidrs = [];

    public override bool IsNamespaced => false;

    public override void AddTo(SnapshotDraft snapshot) => snapshot.Add(
        new HostSubnet(_host.Length > 0 ? _host : Name, Source)
        {
            HostIp = _hostIp,
            Subnet = _subnet ?? throw new ObjectDamageException(Source.Line, $"HostSubnet {Name} has no subnet"),
            EgressIps = _egressIps,
            EgressCidrs = _egressCidrs,
        });

    protected override void ReadField(ManifestCursor cursor)
    {
        switch (cursor.Key)
        {
            case "host": _host = cursor.ReadText("host"); break;
            case "hostIP": cursor.TryReadAddress("hostIP", out _hostIp); break;
            case "subnet": _subnet = cursor.ReadPrefix("subnet"); break;
            case "egressIPs": _egressIps = cursor.ReadAddresses("egressIPs"); break;
            case "egressCIDRs":
                _egressCidrs = cursor.ReadGoodItems("egressCIDRs", item => item.ReadPrefix("egressCIDRs"));
                break;
            default: cursor.Skip(); break;
        }
    }
}
