using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Cluster.Model;

/// <summary>v1 Node: what its dataplane needs to know.</summary>
public sealed record Node(string Name, SourceLine Source)
{
    public ImmutableDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;

    public ImmutableDictionary<string, string> Annotations { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>spec.podCIDRs, or spec.podCIDR where the list is absent.</summary>
    public ImmutableArray<IpPrefix> PodCidrs { get; init; } = [];

    public ImmutableArray<IpAddress> InternalIps { get; init; } = [];

    public ImmutableArray<IpAddress> ExternalIps { get; init; } = [];

    /// <summary>The label topology.kubernetes.io/zone; empty where absent.</summary>
    public string Zone => Labels.GetValueOrDefault("topology.kubernetes.io/zone", "");
}

/// <summary>v1 Namespace.</summary>
public sealed record Namespace(string Name, SourceLine Source)
{
    public ImmutableDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;
}

/// <summary>v1 Pod.</summary>
public sealed record Pod(string Namespace, string Name, SourceLine Source)
{
    public ImmutableDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;

    public ImmutableDictionary<string, string> Annotations { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>spec.nodeName; empty for a pod that is not scheduled.</summary>
    public string NodeName { get; init; } = "";

    public bool HostNetwork { get; init; }

    /// <summary>status.phase; empty where it is absent.</summary>
    public string Phase { get; init; } = "";

    /// <summary>status.podIPs, or status.podIP where the list is absent.</summary>
    public ImmutableArray<IpAddress> Addresses { get; init; } = [];

    public ImmutableArray<ContainerPort> Ports { get; init; } = [];

    /// <summary>Succeeded and Failed pods have given their addresses back.</summary>
    public bool IsTerminated => Phase is "Succeeded" or "Failed";

    public override string ToString() => $"{Namespace}/{Name}";
}

public sealed record ContainerPort(string Name, ushort Port, byte Protocol);

/// <summary>
/// A port by number or by name, as targetPort and policy ports have it. None where the field is absent.
/// </summary>
public readonly record struct PortReference(ushort Number, string? Name)
{
    public bool IsNone => Number == 0 && Name is null;

    public override string ToString() => Name ?? Number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

public enum ServiceType : byte
{
    ClusterIP,
    NodePort,
    LoadBalancer,
    ExternalName,
}

/// <summary>externalTrafficPolicy and internalTrafficPolicy.</summary>
public enum TrafficPolicy : byte
{
    Cluster,
    Local,
}

/// <summary>v1 Service.</summary>
public sealed record Service(string Namespace, string Name, SourceLine Source)
{
    public ServiceType Type { get; init; }

    /// <summary>spec.clusterIPs, or spec.clusterIP; empty for a headless service.</summary>
    public ImmutableArray<IpAddress> ClusterIps { get; init; } = [];

    public bool IsHeadless { get; init; }

    public ImmutableArray<ServicePort> Ports { get; init; } = [];

    /// <summary>Empty where the service has no selector (its endpoints are kept by hand).</summary>
    public ImmutableDictionary<string, string> Selector { get; init; } = ImmutableDictionary<string, string>.Empty;

    public ImmutableArray<IpAddress> ExternalIps { get; init; } = [];

    /// <summary>status.loadBalancer.ingress[].ip of ipMode VIP, the default: nodes answer for them.</summary>
    public ImmutableArray<IpAddress> LoadBalancerIps { get; init; } = [];

    /// <summary>status.loadBalancer.ingress[].ip of ipMode Proxy: traffic to them goes to the load balancer.</summary>
    public ImmutableArray<IpAddress> LoadBalancerProxyIps { get; init; } = [];

    public ImmutableArray<IpPrefix> LoadBalancerSourceRanges { get; init; } = [];

    public TrafficPolicy ExternalTrafficPolicy { get; init; }

    public TrafficPolicy InternalTrafficPolicy { get; init; }

    /// <summary>sessionAffinity ClientIP: its timeout in seconds (default 10800); 0 where there is none.</summary>
    public int AffinitySeconds { get; init; }

    public bool PublishNotReadyAddresses { get; init; }

    public ushort HealthCheckNodePort { get; init; }

    /// <summary>spec.trafficDistribution; empty where absent.</summary>
    public string TrafficDistribution { get; init; } = "";

    /// <summary>
    /// The label service.kubernetes.io/service-proxy-name: the proxy that serves it instead; empty where absent.
    /// </summary>
    public string ProxyName { get; init; } = "";

    public override string ToString() => $"{Namespace}/{Name}";
}

public sealed record ServicePort(
    string Name, byte Protocol, ushort Port, PortReference TargetPort, ushort NodePort, SourceLine Source);

/// <summary>discovery.k8s.io/v1 EndpointSlice, or one subset of a v1 Endpoints object.</summary>
public sealed record EndpointSlice(string Namespace, string Name, string ServiceName, SourceLine Source)
{
    public ImmutableArray<Endpoint> Endpoints { get; init; } = [];

    public ImmutableArray<EndpointPort> Ports { get; init; } = [];
}

/// <summary>
/// An endpoint with its conditions; absent conditions have the defaults of the API (ready, serving, not terminating).
/// </summary>
public sealed record Endpoint(ImmutableArray<IpAddress> Addresses, SourceLine Source)
{
    public bool Ready { get; init; } = true;

    public bool Serving { get; init; } = true;

    public bool Terminating { get; init; }

    public string NodeName { get; init; } = "";

    public string Zone { get; init; } = "";

    public ImmutableArray<string> HintZones { get; init; } = [];

    /// <summary>targetRef of kind Pod: its name; empty where absent.</summary>
    public string PodName { get; init; } = "";
}

public sealed record EndpointPort(string Name, byte Protocol, ushort Port);

/// <summary>networking.k8s.io/v1 NetworkPolicy as it was written; what it means is the policy engine's.</summary>
public sealed record NetworkPolicy(string Namespace, string Name, SourceLine Source)
{
    public LabelSelector PodSelector { get; init; } = LabelSelector.Everything;

    public bool HasIngressType { get; init; }

    public bool HasEgressType { get; init; }

    /// <summary>Whether policyTypes stood in the manifest at all (the defaults depend on it).</summary>
    public bool PolicyTypesGiven { get; init; }

    public ImmutableArray<PolicyRule> Ingress { get; init; } = [];

    public ImmutableArray<PolicyRule> Egress { get; init; } = [];

    /// <summary>
    /// Where <c>egress</c> stands; null where it is absent: an empty list isolates nobody, and looks as if it did.
    /// </summary>
    public SourceLine? EgressSource { get; init; }

    public override string ToString() => $"{Namespace}/{Name}";
}

/// <summary>One entry of ingress or egress. Empty peers or ports do not restrict.</summary>
public sealed record PolicyRule(ImmutableArray<PolicyPeer> Peers, ImmutableArray<PolicyPort> Ports, SourceLine Source);

/// <summary>Either an ipBlock, or selectors (null: absent).</summary>
public sealed record PolicyPeer(SourceLine Source)
{
    public IpPrefix? Block { get; init; }

    public ImmutableArray<IpPrefix> Except { get; init; } = [];

    public LabelSelector? PodSelector { get; init; }

    public LabelSelector? NamespaceSelector { get; init; }
}

public sealed record PolicyPort(byte Protocol, PortReference Port, ushort EndPort, SourceLine Source);

/// <summary>metav1 LabelSelector: all of matchLabels and matchExpressions.</summary>
public sealed record LabelSelector
{
    public static readonly LabelSelector Everything = new();

    public ImmutableDictionary<string, string> MatchLabels { get; init; } = ImmutableDictionary<string, string>.Empty;

    public ImmutableArray<LabelRequirement> MatchExpressions { get; init; } = [];
}

public enum LabelOperator : byte
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

public sealed record LabelRequirement(string Key, LabelOperator Operator, ImmutableArray<string> Values);

/// <summary>v1 ConfigMap: its data as text.</summary>
public sealed record ConfigMap(
    string Namespace, string Name, ImmutableDictionary<string, string> Data, SourceLine Source);
