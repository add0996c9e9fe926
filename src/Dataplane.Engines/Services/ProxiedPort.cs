using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Engines.Services;

/// <summary>
/// A Service's port in one address family with all its endpoints, the same on every node: kube-proxy's
/// <c>BaseServicePortInfo</c> (pkg/proxy/serviceport.go).
/// </summary>
public sealed class ProxiedPort
{
    private ImmutableArray<ProxiedEndpoint> _sorted;

    internal ProxiedPort(Service service, ServicePort port, IpAddress clusterIp)
    {
        Service = service;
        Port = port;
        ClusterIp = clusterIp;
        Name = port.Name.Length == 0
            ? $"{service.Namespace}/{service.Name}"
            : $"{service.Namespace}/{service.Name}:{port.Name}";
    }

    public Service Service { get; }

    /// <summary>The port as the manifest has it.</summary>
    public ServicePort Port { get; }

    /// <summary>
    /// kube-proxy's ServicePortName: <c>namespace/name:port</c>, without the colon where the port has no name.
    /// </summary>
    public string Name { get; }

    public IpAddress ClusterIp { get; }

    public int Family => ClusterIp.Family;

    public byte Protocol => Port.Protocol;

    /// <summary><c>tcp</c>, <c>udp</c> or <c>sctp</c>.</summary>
    public string ProtocolName => Protocol switch
    {
        IpProtocol.Tcp => "tcp",
        IpProtocol.Udp => "udp",
        _ => "sctp",
    };

    /// <summary>0 where there is none, or another Service has it.</summary>
    public ushort NodePort { get; internal init; }

    public ImmutableArray<IpAddress> ExternalIps { get; internal init; } = [];

    /// <summary>Ingress addresses for which nodes answer (ipMode VIP).</summary>
    public ImmutableArray<IpAddress> LoadBalancerIps { get; internal init; } = [];

    /// <summary>Who may use the load balancer's addresses; everybody where it is empty.</summary>
    public ImmutableArray<IpPrefix> SourceRanges { get; internal init; } = [];

    /// <summary>Answered with 200 where the node has a local endpoint; 0 where there is none.</summary>
    public ushort HealthCheckNodePort { get; internal init; }

    /// <summary>ClientIP affinity's timeout; 0 where there is none.</summary>
    public int AffinitySeconds => Service.AffinitySeconds;

    /// <summary>What comes from outside goes to endpoints of the node alone.</summary>
    public bool IsExternalPolicyLocal => Service.ExternalTrafficPolicy == TrafficPolicy.Local
        && (Service.Type is ServiceType.NodePort or ServiceType.LoadBalancer || !Service.ExternalIps.IsEmpty);

    /// <summary>What is sent to the cluster IP goes to endpoints of the node alone.</summary>
    public bool IsInternalPolicyLocal => Service.InternalTrafficPolicy == TrafficPolicy.Local;

    /// <summary>It has a node port, an external address or a load balancer's.</summary>
    public bool IsExternallyAccessible => NodePort != 0 || !LoadBalancerIps.IsEmpty || !ExternalIps.IsEmpty;

    /// <summary>Some of its traffic may go to any node: pods' traffic to outer addresses is short-circuited.</summary>
    public bool UsesClusterEndpoints => !IsInternalPolicyLocal || IsExternallyAccessible;

    public bool UsesLocalEndpoints => IsInternalPolicyLocal || (IsExternalPolicyLocal && IsExternallyAccessible);

    /// <summary>Every endpoint in whatever condition, each once, in the order of the manifests.</summary>
    public ImmutableArray<ProxiedEndpoint> Endpoints { get; internal init; } = [];

    /// <summary>The same in kube-proxy's order: by the text of address and port.</summary>
    public ImmutableArray<ProxiedEndpoint> SortedEndpoints => _sorted.IsDefault ? _sorted = Sort() : _sorted;

    public override string ToString() => Name;

    private ImmutableArray<ProxiedEndpoint> Sort()
    {
        for (int index = 1; index < Endpoints.Length; index++)
        {
            if (ProxiedEndpoint.CompareTexts(Endpoints[index - 1], Endpoints[index]) > 0)
                return Endpoints.Sort(ProxiedEndpoint.CompareTexts);
        }

        return Endpoints;
    }
}
