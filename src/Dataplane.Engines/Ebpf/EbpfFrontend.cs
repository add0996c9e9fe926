using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Engines.Ebpf;

/// <summary>
/// Where a frontend comes from, for explanations; a node port's address is the unspecified one, for all nodes.
/// </summary>
public sealed record EbpfFrontend(IpAddress Address, Service Service, ServicePort Port)
{
    public EbpfFrontendKind Kind { get; init; }

    /// <summary>Of the address; differs from <see cref="Port"/>'s for node ports.</summary>
    public ushort Number { get; init; }

    /// <summary>For clients inside the cluster alone, where its traffic policies differ.</summary>
    public bool IsInternalScope { get; init; }

    /// <summary>Backends depend on the node.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Who may use a load balancer's address; everybody where it is empty.</summary>
    public ImmutableArray<IpPrefix> SourceRanges { get; init; } = [];
}

/// <summary>Which of a Service's addresses a frontend is: Cilium's <c>SVCType</c>.</summary>
public enum EbpfFrontendKind : byte
{
    ClusterIp,
    NodePort,
    ExternalIp,
    LoadBalancer,
}

/// <summary>A backend's own address, for explanations.</summary>
public readonly record struct EbpfBackend(IpAddress Address, ushort Port, byte Protocol);
