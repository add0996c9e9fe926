using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Engines.Services;

/// <summary>Who has which address, port and node port: the first one keeps it, and the clash is noted.</summary>
internal sealed class ServiceClaims
{
    private readonly Dictionary<(IpAddress Address, byte Protocol, ushort Port), Claim> _addresses = [];
    private readonly Dictionary<(byte Protocol, ushort Port), Claim> _nodePorts = [];
    private readonly Dictionary<(string Name, byte Protocol), ServicePort> _names = [];
    private Service? _namesOf;

    public List<string> Notes { get; } = [];

    /// <summary>
    /// False where the Service has another port of this name and protocol: proxies know ports by their names.
    /// </summary>
    public bool TryName(Service service, ServicePort port)
    {
        if (!ReferenceEquals(_namesOf, service)) _names.Clear();
        _namesOf = service;
        if (_names.TryAdd((port.Name, port.Protocol), port)) return true;

        string name = port.Name.Length == 0 ? "without a name" : $"named {port.Name}";
        Notes.Add($"{port.Source}: Service {service} has another port {name} of the same protocol "
            + $"({_names[(port.Name, port.Protocol)].Source}): this later one is left out");
        return false;
    }

    /// <summary>False where another Service has this cluster IP and port.</summary>
    public bool TryClaim(Service service, ServicePort port, IpAddress address)
    {
        var key = (address, port.Protocol, port.Port);
        if (_addresses.TryAdd(key, new Claim(service, port, port.Source))) return true;

        Claim first = _addresses[key];
        Notes.Add($"{port.Source}: Service {service} claims {address} port {port.Port}, which Service "
            + $"{first.Service} has ({first.Source}); the first one keeps it");
        return false;
    }

    /// <summary>Those addresses of the family that no other Service has on this port.</summary>
    public ImmutableArray<IpAddress> ClaimAll(
        Service service, ServicePort port, ImmutableArray<IpAddress> addresses, int family) => addresses.IsEmpty
        ? addresses
        : addresses.RemoveAll(address => address.Family != family || !HasOrClaims(service, port, address));

    /// <summary>The node port, unless another port has it; both families of a port share it.</summary>
    public ushort NodePortOf(Service service, ServicePort port)
    {
        if (port.NodePort == 0) return 0;

        var claim = new Claim(service, port, port.Source);
        Claim first = Enter((port.Protocol, port.NodePort), claim);
        if (ReferenceEquals(first.Port, port)) return port.NodePort;

        NoteNodePort(claim, "node port", port.NodePort, first);
        return 0;
    }

    /// <summary>
    /// Only a LoadBalancer of external policy Local has one; the kubelet's port space is the node ports'.
    /// </summary>
    public ushort HealthCheckOf(Service service)
    {
        if (service.Type != ServiceType.LoadBalancer || service.ExternalTrafficPolicy != TrafficPolicy.Local) return 0;
        if (service.HealthCheckNodePort == 0) return 0;

        var claim = new Claim(service, null, service.Source);
        Claim first = Enter((IpProtocol.Tcp, service.HealthCheckNodePort), claim);
        if (first.Port is null && ReferenceEquals(first.Service, service)) return service.HealthCheckNodePort;

        NoteNodePort(claim, "health check node port", service.HealthCheckNodePort, first);
        return 0;
    }

    private bool HasOrClaims(Service service, ServicePort port, IpAddress address) =>
        (_addresses.TryGetValue((address, port.Protocol, port.Port), out Claim known)
            && ReferenceEquals(known.Port, port))
        || TryClaim(service, port, address);

    private Claim Enter((byte Protocol, ushort Port) key, Claim claim)
    {
        _nodePorts.TryAdd(key, claim);
        return _nodePorts[key];
    }

    private void NoteNodePort(Claim claim, string what, ushort port, Claim first)
    {
        string note = $"{claim.Source}: Service {claim.Service} claims {what} {port}, "
            + $"which Service {first.Service} has ({first.Source}); the first one keeps it";
        if (Notes.Count == 0 || Notes[^1] != note) Notes.Add(note);
    }

    private readonly record struct Claim(Service Service, ServicePort? Port, SourceLine Source);
}
