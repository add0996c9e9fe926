using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>discovery.k8s.io EndpointSlice; v1beta1 names the node in the endpoint's topology.</summary>
internal sealed class EndpointSliceDraft(SourceLine source) : ObjectDraft(source)
{
    private const string ServiceNameLabel = "kubernetes.io/service-name";
    private const string FqdnType = "FQDN";

    private ImmutableArray<Endpoint> _endpoints = [];
    private ImmutableArray<EndpointPort> _ports = [];
    private bool _isFqdn;

    protected override bool KeepsLabels => true;

    public override void AddTo(SnapshotDraft snapshot)
    {
        if (_isFqdn)
        {
            snapshot.Report(Severity.Warning, Source,
                $"EndpointSlice {Namespace}/{Name} holds host names (addressType FQDN), "
                + "which no proxy programs: it is left out");
            return;
        }

        string service = Labels.GetValueOrDefault(ServiceNameLabel, "");
        if (service.Length == 0)
            snapshot.Report(Severity.Warning, Source,
                $"EndpointSlice {Namespace}/{Name} has no label {ServiceNameLabel}: it belongs to no Service");

        snapshot.Add(new EndpointSlice(Namespace, Name, service, Source) { Endpoints = _endpoints, Ports = _ports });
    }

    protected override void ReadField(ManifestCursor cursor)
    {
        switch (cursor.Key)
        {
            case "addressType": _isFqdn = cursor.Scalar("addressType") is FqdnType; break;
            case "endpoints": _endpoints = cursor.ReadGoodItems("endpoints", ReadEndpoint); break;
            case "ports": _ports = EndpointReading.ReadPorts(cursor); break;
            default: cursor.Skip(); break;
        }
    }

    private Endpoint ReadEndpoint(ManifestCursor cursor)
    {
        SourceLine place = cursor.Place;
        if (!cursor.EnterMap("endpoints")) throw cursor.Expected("a map", "endpoints");

        ImmutableArray<IpAddress> addresses = [];
        Conditions conditions = default;
        ImmutableArray<string> hints = [];
        string node = "", zone = "", pod = "";
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "addresses" when _isFqdn: cursor.Skip(); break;
                case "addresses": addresses = cursor.ReadAddresses("endpoints[].addresses"); break;
                case "conditions": conditions = ReadConditions(cursor); break;
                case "nodeName": node = cursor.ReadText("endpoints[].nodeName"); break;
                case "zone": zone = cursor.ReadText("endpoints[].zone"); break;
                case "hints": hints = ReadHints(cursor); break;
                case "targetRef": pod = EndpointReading.ReadPodName(cursor); break;
                case "topology": ReadTopology(cursor, ref node, ref zone); break;
                default: cursor.Skip(); break;
            }
        }

        if (addresses.IsEmpty && !_isFqdn) throw new ObjectDamageException(
            place.Line, "an endpoint has no address that can be used");

        bool ready = conditions.Ready ?? true;
        return new Endpoint(addresses, place)
        {
            Ready = ready,
            Serving = conditions.Serving ?? ready,
            Terminating = conditions.Terminating ?? false,
            NodeName = node,
            Zone = zone,
            HintZones = hints,
            PodName = pod,
        };
    }

    private record struct Conditions(bool? Ready, bool? Serving, bool? Terminating);

    private static Conditions ReadConditions(ManifestCursor cursor)
    {
        Conditions conditions = default;
        if (!cursor.EnterMap("conditions")) return conditions;

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "ready": conditions.Ready = ReadCondition(cursor, "conditions.ready"); break;
                case "serving": conditions.Serving = ReadCondition(cursor, "conditions.serving"); break;
                case "terminating": conditions.Terminating = ReadCondition(cursor, "conditions.terminating"); break;
                default: cursor.Skip(); break;
            }
        }

        return conditions;
    }

    private static bool? ReadCondition(ManifestCursor cursor, string what) =>
        cursor.Source.Kind == TokenKind.Null ? null : cursor.ReadBool(what);

    private static ImmutableArray<string> ReadHints(ManifestCursor cursor)
    {
        ImmutableArray<string> zones = [];
        if (!cursor.EnterMap("hints")) return zones;

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is "forZones") zones = cursor.ReadList("hints.forZones", ReadZone);
            else cursor.Skip();
        }

        return zones;
    }

    private static string ReadZone(ManifestCursor cursor)
    {
        string name = "";
        if (!cursor.EnterMap("hints.forZones")) return name;

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is "name") name = cursor.ReadText("hints.forZones[].name");
            else cursor.Skip();
        }

        return name;
    }

    private static void ReadTopology(ManifestCursor cursor, ref string node, ref string zone)
    {
        ImmutableDictionary<string, string> topology = cursor.ReadTextMap("endpoints[].topology");
        if (node.Length == 0) node = topology.GetValueOrDefault("kubernetes.io/hostname", "");
        if (zone.Length == 0) zone = topology.GetValueOrDefault("topology.kubernetes.io/zone", "");
    }
}
