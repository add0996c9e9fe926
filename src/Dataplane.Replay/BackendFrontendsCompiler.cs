using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>Reads from EndpointSlices which Services each endpoint stands behind (discovery.k8s.io/v1).</summary>
internal static class BackendFrontendsCompiler
{
    public static BackendFrontends Compile(ClusterSnapshot snapshot, AddressNames names) => new(
        snapshot.Services.Join(
            snapshot.EndpointSlices,
            service => (service.Namespace, service.Name),
            slice => (slice.Namespace, slice.ServiceName),
            (service, slice) => PairsOf(service, slice, names)).SelectMany(pairs => pairs));

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

    private static uint NameOf(IpAddress address, AddressNames names) =>
        address.IsV4 ? address.V4 : names.NameOf(address);
}
