using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Engines.Services;

/// <summary>
/// The Services of a cluster as its proxies understand them (kube-proxy v1.30, pkg/proxy): ports with their addresses
/// and merged endpoints. Immutable; every engine compiles its tables from it.
/// </summary>
public sealed class ServiceModel
{
    private ServiceModel(ImmutableArray<ProxiedPort> ports, ImmutableArray<string> notes)
    {
        Ports = ports;
        Notes = notes;
    }

    /// <summary>Each port of each Service in each family, in the order of the manifests.</summary>
    public ImmutableArray<ProxiedPort> Ports { get; }

    /// <summary>
    /// What the manifests left open or contradict, and how it was read: one line each, with file and line.
    /// </summary>
    public ImmutableArray<string> Notes { get; }

    public static ServiceModel Compile(ClusterSnapshot snapshot)
    {
        var endpoints = new ServiceEndpoints(snapshot);
        var claims = new ServiceClaims();
        var notes = new ServiceNotes(endpoints, claims.Notes);
        ImmutableArray<ProxiedPort>.Builder ports = ImmutableArray.CreateBuilder<ProxiedPort>(snapshot.Services.Length);
        foreach (Service service in snapshot.Services)
        {
            if (!HasFrontends(service)) continue;

            int first = ports.Count;
            Add(service, endpoints, claims, ports);
            notes.Note(service, ports, first);
        }

        return new ServiceModel(ports.ToImmutable(), [.. claims.Notes]);
    }

    /// <summary>
    /// Headless and ExternalName Services, and those that name another proxy, have no address of their own.
    /// </summary>
    public static bool HasFrontends(Service service) =>
        service.Type != ServiceType.ExternalName && !service.IsHeadless && !service.ClusterIps.IsEmpty
        && service.ProxyName.Length == 0;

    /// <summary>What the proxy of a node makes of it in one family (4 or 6).</summary>
    public NodeServices At(ProxyNode node, int family)
    {
        ImmutableArray<NodeServicePort>.Builder ports = ImmutableArray.CreateBuilder<NodeServicePort>(Ports.Length);
        foreach (ProxiedPort port in Ports)
        {
            if (port.Family == family) ports.Add(NodeServicePort.Categorize(port, node));
        }

        return new NodeServices(node, family, ports.DrainToImmutable());
    }

    private static void Add(
        Service service, ServiceEndpoints endpoints, ServiceClaims claims, ImmutableArray<ProxiedPort>.Builder ports)
    {
        ushort healthCheck = claims.HealthCheckOf(service);
        foreach (ServicePort port in service.Ports)
        {
            if (!claims.TryName(service, port)) continue;

            foreach (IpAddress clusterIp in service.ClusterIps)
            {
                if (!claims.TryClaim(service, port, clusterIp)) continue;

                int family = clusterIp.Family;
                ports.Add(new ProxiedPort(service, port, clusterIp)
                {
                    NodePort = claims.NodePortOf(service, port),
                    ExternalIps = claims.ClaimAll(service, port, service.ExternalIps, family),
                    LoadBalancerIps = claims.ClaimAll(service, port, service.LoadBalancerIps, family),
                    SourceRanges = OfFamily(service.LoadBalancerSourceRanges, family),
                    HealthCheckNodePort = healthCheck,
                    Endpoints = endpoints.Of(service, port, family),
                });
            }
        }
    }

    private static ImmutableArray<IpPrefix> OfFamily(ImmutableArray<IpPrefix> ranges, int family) =>
        ranges.IsEmpty ? ranges : ranges.RemoveAll(range => range.Address.Family != family);
}
