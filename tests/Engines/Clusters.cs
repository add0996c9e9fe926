using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Tests.Engines;

/// <summary>Small clusters for tests: Services in namespace <c>shop</c> with port 80 → 8080.</summary>
internal static class Clusters
{
    private static readonly SourceLine Here = new("cluster.yaml", 1);

    public static ClusterSnapshot Of(Service service, params EndpointSlice[] slices) =>
        new() { Services = [service], EndpointSlices = [.. slices] };

    public static Service Service(string name, params string[] clusterIps) => new("shop", name, Here)
    {
        ClusterIps = [.. clusterIps.Select(IpAddress.Parse)],
        Ports = [Port("", 80)],
    };

    public static ServicePort Port(
        string name, ushort port, byte protocol = IpProtocol.Tcp, string? targetName = null) =>
        new(name, protocol, port,
            new PortReference(targetName is null ? (ushort)8080 : (ushort)0, targetName), 0, Here);

    public static EndpointSlice Slice(string service, string[] addresses) => new("shop", service + "-x", service, Here)
    {
        Endpoints = [.. addresses.Select(Endpoint)],
        Ports = [new EndpointPort("", IpProtocol.Tcp, 8080)],
    };

    public static Endpoint Endpoint(string address) => new([IpAddress.Parse(address)], Here);

    public static Pod Pod(string name, string address, string app, params ContainerPort[] ports) =>
        new("shop", name, Here)
        {
            Labels = Labels(app),
            Phase = "Running",
            Addresses = [IpAddress.Parse(address)],
            Ports = [.. ports],
        };

    public static System.Collections.Immutable.ImmutableDictionary<string, string> Labels(string app) =>
        System.Collections.Immutable.ImmutableDictionary<string, string>.Empty.Add("app", app);
}
