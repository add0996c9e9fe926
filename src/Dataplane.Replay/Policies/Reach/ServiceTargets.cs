using System.Collections.Immutable;
using Dataplane.Engines.Services;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>Services as destinations: their ports, and the endpoints to which those are translated.</summary>
internal sealed class ServiceTargets
{
    private const string Prefix = "svc/";

    private readonly List<(ProxiedPort Port, ReachTarget Target)> _all = [];
    private readonly Lazy<ILookup<int, ReachPort>> _portsOfEnd;

    public ServiceTargets(ServiceModel services, ReachEnds ends)
    {
        foreach (ProxiedPort port in services.Ports)
        {
            // A Service of two families has the same endpoints in both: its first address speaks for it.
            if (port.ClusterIp != port.Service.ClusterIps[0]) continue;

            ImmutableArray<ProxiedEndpoint> taking = [.. port.Endpoints.Where(endpoint => endpoint.Ready)];
            if (taking.IsEmpty)
                taking = [.. port.Endpoints.Where(endpoint => endpoint is { Serving: true, Terminating: true })];
            IEnumerable<ReachHop> hops = taking.Select(endpoint => new ReachHop(
                ends.OfAddress(endpoint.Address),
                new ReachPort(port.Protocol, endpoint.Port),
                port.IsInternalPolicyLocal ? endpoint.NodeName : null));
            var asked = new ReachPort(port.Protocol, port.Port.Port);
            _all.Add(
                (port, new ReachTarget(Prefix + port.Service, asked, [.. hops.DefaultIfEmpty(new ReachHop(-1, asked))])
                {
                    IsService = true,
                }));
        }

        _portsOfEnd = new Lazy<ILookup<int, ReachPort>>(() => _all
            .SelectMany(entry => entry.Target.Hops)
            .Where(hop => hop.End >= 0)
            .ToLookup(hop => hop.End, hop => hop.Port));
    }

    public IEnumerable<ReachTarget> All => _all.Select(entry => entry.Target);

    /// <summary>Ports of the Service <c>namespace/name</c>.</summary>
    public IEnumerable<ReachTarget> Of(string service) => All.Where(target => target.Name == Prefix + service);

    /// <summary>Ports of the Service that has the address.</summary>
    public IEnumerable<ReachTarget> Of(IpAddress address) => _all
        .Where(entry => entry.Port.Service.ClusterIps.Contains(address))
        .Select(entry => entry.Target);

    /// <summary>Ports on which Services send to an end.</summary>
    public IEnumerable<ReachPort> PortsOf(int end) => _portsOfEnd.Value[end];
}
