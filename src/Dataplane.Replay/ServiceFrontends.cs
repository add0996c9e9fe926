using System.Collections.Immutable;
using Dataplane.Cluster.Network;
using Dataplane.Engines.Services;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>
/// An address of a Service, and the nodes that traffic from outside to it may enter at; none: it is the cluster's own.
/// </summary>
internal readonly record struct ServiceFrontend(IpAddress Address, ImmutableArray<ushort> EntryNodes);

/// <summary>Which addresses Services have, and where traffic to them comes in.</summary>
internal static class ServiceFrontends
{
    /// <param name="services">The Services.</param>
    /// <param name="model">The nodes.</param>
    /// <param name="entry">The node that <c>--entry</c> names; negative: every node that takes such traffic.</param>
    public static ImmutableArray<ServiceFrontend> Of(ServiceModel services, NetworkModel model, int entry)
    {
        ImmutableArray<ushort> all = entry >= 0
            ? [(ushort)entry]
            : [.. Enumerable.Range(0, model.Nodes.Length).Select(node => (ushort)node)];
        Dictionary<string, ushort> numbers = [];
        for (int node = 0; node < model.Nodes.Length; node++) numbers.TryAdd(model.Nodes[node].Name, (ushort)node);

        Dictionary<IpAddress, ImmutableArray<ushort>> found = [];
        foreach (ProxiedPort port in services.Ports)
        {
            found.TryAdd(port.ClusterIp, []);
            if (port.ExternalIps.IsEmpty && port.LoadBalancerIps.IsEmpty) continue;

            ImmutableArray<ushort> nodes = entry < 0 && port.IsExternalPolicyLocal ? NodesOf(port, numbers) : all;
            foreach (IpAddress address in port.ExternalIps.Concat(port.LoadBalancerIps))
            {
                found[address] = found.TryGetValue(address, out ImmutableArray<ushort> known) && !known.IsEmpty
                    ? [.. known.Union(nodes).Order()]
                    : nodes.IsEmpty ? all : nodes;
            }
        }

        return [.. found.Select(pair => new ServiceFrontend(pair.Key, pair.Value))];
    }

    // Health checks keep a load balancer from nodes without endpoints of their own.
    private static ImmutableArray<ushort> NodesOf(ProxiedPort port, Dictionary<string, ushort> numbers) =>
    [
        .. port.Endpoints.Where(endpoint => endpoint.Ready && numbers.ContainsKey(endpoint.NodeName))
            .Select(endpoint => numbers[endpoint.NodeName]).Distinct().Order(),
    ];
}
