using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Engines.Ebpf;

/// <summary>Where a frontend comes from, for explanations.</summary>
public sealed record EbpfFrontend(IpAddress Address, Service Service, ServicePort Port);

/// <summary>A backend's own address, for explanations.</summary>
public readonly record struct EbpfBackend(IpAddress Address, ushort Port, byte Protocol);
