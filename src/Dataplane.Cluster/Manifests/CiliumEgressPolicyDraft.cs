using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>CiliumEgressGatewayPolicy (cilium's pkg/k8s/apis/cilium.io/v2/cegp_types.go).</summary>
internal sealed class CiliumEgressPolicyDraft(SourceLine source)
    : CustomObjectDraft(source, "CiliumEgressGatewayPolicy")
{
    private ImmutableArray<CiliumEgressSelector> _selectors = [];
    private ImmutableArray<IpPrefix> _destinations = [];
    private ImmutableArray<IpPrefix> _excluded = [];
    private ImmutableArray<CiliumEgressGateway> _gateway = [];
    private ImmutableArray<CiliumEgressGateway> _gateways = [];

    public override bool IsNamespaced => false;

    public override void AddTo(SnapshotDraft snapshot) => snapshot.Add(new CiliumEgressPolicy(Name, Source)
    {
        Selectors = _selectors.IsEmpty ? throw Missing("spec.selectors") : _selectors,
        Destinations = _destinations.IsEmpty ? throw Missing("spec.destinationCIDRs") : _destinations,
        Excluded = _excluded,
        Gateways = !_gateways.IsEmpty ? _gateways : _gateway.IsEmpty ? throw Missing("spec.egressGateway") : _gateway,
    });

    protected override void ReadSpecField(ManifestCursor cursor)
    {
        switch (cursor.Key)
        {
            case "selectors": _selectors = cursor.ReadList("spec.selectors", ReadSelector); break;
            case "destinationCIDRs": _destinations = ReadCidrs(cursor, "spec.destinationCIDRs"); break;
            case "excludedCIDRs": _excluded = ReadCidrs(cursor, "spec.excludedCIDRs"); break;
            case "egressGateway": _gateway = [ReadGateway(cursor)]; break;
            case "egressGateways": _gateways = cursor.ReadList("spec.egressGateways", ReadGateway); break;
            default: cursor.SkipUnknown("spec"); break;
        }
    }

    private static ImmutableArray<IpPrefix> ReadCidrs(ManifestCursor cursor, string what) =>
        cursor.ReadList(what, item => item.ReadPrefix(what));

    private static CiliumEgressSelector ReadSelector(ManifestCursor cursor)
    {
        int line = cursor.Line;
        if (!cursor.EnterMap("spec.selectors")) throw cursor.Expected("a map", "spec.selectors");

        var selector = new CiliumEgressSelector();
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "namespaceSelector":
                    selector = selector with { Namespaces = cursor.ReadSelector("namespaceSelector") };
                    break;
                case "podSelector": selector = selector with { Pods = cursor.ReadSelector("podSelector") }; break;
                case "nodeSelector": selector = selector with { Nodes = cursor.ReadSelector("nodeSelector") }; break;
                default: cursor.SkipUnknown("spec.selectors[]"); break;
            }
        }

        return selector.Namespaces is not null || selector.Pods is not null
            ? selector
            : throw new ObjectDamageException(line, "spec.selectors[] needs podSelector or namespaceSelector");
    }

    private static CiliumEgressGateway ReadGateway(ManifestCursor cursor)
    {
        SourceLine place = cursor.Place;
        if (!cursor.EnterMap("egressGateway")) throw cursor.Expected("a map", "egressGateway");

        LabelSelector? nodes = null;
        string device = "";
        IpAddress address = default;
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "nodeSelector": nodes = cursor.ReadSelector("egressGateway.nodeSelector"); break;
                case "interface": device = cursor.ReadText("egressGateway.interface"); break;
                case "egressIP": cursor.TryReadAddress("egressGateway.egressIP", out address); break;
                default: cursor.SkipUnknown("egressGateway"); break;
            }
        }

        if (nodes is null) throw new ObjectDamageException(place.Line, "egressGateway has no nodeSelector");
        if (device.Length > 0 && !address.IsNone)
            throw new ObjectDamageException(place.Line, "egressGateway has both interface and egressIP");

        return new CiliumEgressGateway(nodes, place) { Interface = device, Address = address };
    }
}
