using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>v1 Endpoints: each subset becomes what an EndpointSlice would have been.</summary>
internal sealed class EndpointsDraft(SourceLine source) : ObjectDraft(source)
{
    private ImmutableArray<EndpointSlice> _subsets = [];

    public override void AddTo(SnapshotDraft snapshot) => snapshot.AddEndpoints(
        Namespace, Name, Source, [
            .. _subsets.Select(subset => subset with { Namespace = Namespace, Name = Name, ServiceName = Name })]);

    protected override void ReadField(ManifestCursor cursor)
    {
        if (cursor.Key is "subsets") _subsets = cursor.ReadGoodItems("subsets", ReadSubset);
        else cursor.Skip();
    }

    private static EndpointSlice ReadSubset(ManifestCursor cursor)
    {
        SourceLine place = cursor.Place;
        if (!cursor.EnterMap("subsets")) throw cursor.Expected("a map", "subsets");

        ImmutableArray<Endpoint> ready = [], notReady = [];
        ImmutableArray<EndpointPort> ports = [];
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "addresses":
                    ready = cursor.ReadGoodItems("addresses", item => ReadAddress(item, isReady: true));
                    break;
                case "notReadyAddresses":
                    notReady = cursor.ReadGoodItems("notReadyAddresses", item => ReadAddress(item, isReady: false));
                    break;
                case "ports": ports = EndpointReading.ReadPorts(cursor); break;
                default: cursor.Skip(); break;
            }
        }

        return new EndpointSlice("", "", "", place) { Endpoints = ready.AddRange(notReady), Ports = ports };
    }

    private static Endpoint ReadAddress(ManifestCursor cursor, bool isReady)
    {
        SourceLine place = cursor.Place;
        if (!cursor.EnterMap("addresses")) throw cursor.Expected("a map", "addresses");

        ImmutableArray<IpAddress> addresses = [];
        string node = "", pod = "";
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "ip":
                    if (cursor.TryReadAddress("subsets[].addresses[].ip", out IpAddress address)) addresses = [address];
                    break;
                case "nodeName": node = cursor.ReadText("nodeName"); break;
                case "targetRef": pod = EndpointReading.ReadPodName(cursor); break;
                default: cursor.Skip(); break;
            }
        }

        if (addresses.IsEmpty)
            throw new ObjectDamageException(place.Line, "an endpoint has no address that can be used");

        return new Endpoint(addresses, place) { Ready = isReady, Serving = isReady, NodeName = node, PodName = pod };
    }
}
