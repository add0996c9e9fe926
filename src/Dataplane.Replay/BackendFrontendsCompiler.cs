using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>Reads from EndpointSlices which Services each endpoint stands behind (discovery.k8s.io/v1).</summary>
internal static class BackendFrontendsCompiler
{
    public static BackendFrontends Compile(ClusterSnapshot snapshot, AddressNames names)
    {
        ILookup<(string, string), EndpointSlice> slices =
            snapshot.EndpointSlices.ToLookup(slice => (slice.Namespace, slice.ServiceName));
        return new BackendFrontends(snapshot.Services.SelectMany(
            service => slices[(service.Namespace, service.Name)].SelectMany(slice => PairsOf(service, slice, names))));
    }

    private static IEnumerable<(FlowKey Backend, FlowKey Frontend)> PairsOf(
        Service service, EndpointSlice slice, AddressNames names) =>
        from port in service.Ports
        from slicePort in slice.Ports
        where slicePort.Protocol == port.Protocol && slicePort.Name == port.Name
        from address in service.ClusterIps
        let frontend = new FlowKey { Destination = NameOf(address, names), DestinationPort = port.Port }
        from endpoint in slice.Endpoints
        from backend in endpoint.Addresses
        where backend.Family == address.Family
        select (BackendOf(backend, slicePort, names), frontend);

    private static FlowKey BackendOf(IpAddress address, EndpointPort port, AddressNames names) => new()
    {
        Source = NameOf(address, names),
        SourcePort = port.Port,
        Protocol = port.Protocol,
        Family = (byte)address.Family,
    };

    private static uint NameOf(IpAddress address, AddressNames names) => address.IsV4 ? address.V4 : names.NameOf(address);
}
