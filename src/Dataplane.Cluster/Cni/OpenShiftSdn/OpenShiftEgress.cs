using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.OpenShiftSdn;

/// <summary>
/// Egress addresses of NetNamespaces at the nodes whose HostSubnets hold them, and EgressNetworkPolicies (sdn's
/// pkg/network/node/ovscontroller.go, tables 100 and 101; pkg/network/common/egressip.go).
/// </summary>
internal static class OpenShiftEgress
{
    public static ImmutableArray<EgressAssignment> AddressesOf(
        ImmutableArray<PodNetwork> pods, ImmutableArray<NodeNetwork> nodes, OpenShiftMode mode, CniRequest request)
    {
        NetNamespace[] asking = [.. request.Snapshot.OpenShift.NetNamespaces.Where(space => !space.EgressIps.IsEmpty)];
        foreach (NetNamespace space in asking.Where(space => space.NetId == 0 || mode == OpenShiftMode.Subnet))
            request.Note(
                $"{space.Source}: NetNamespace {space.Namespace}: egress IPs have no effect on the global network");

        var held = new Dictionary<int, int>();
        return
        [
            .. asking.Where(space => space.NetId != 0 && mode != OpenShiftMode.Subnet)
                .Select(space => new EgressAssignment($"NetNamespace {space.Namespace}", space.Source)
                {
                    Pods = [.. Enumerable.Range(0, pods.Length).Where(pod => pods[pod].TunnelId == space.NetId)],
                    Addresses = [.. Find(space, nodes, held, request)],
                    PrefersOwnNode = true,
                }),
        ];
    }

    /// <summary>By namespace; several for one, or one for a shared network, drop everything.</summary>
    public static ImmutableArray<EgressRuleSet> RulesOf(
        ClusterSnapshot snapshot, OpenShiftMode mode, List<string> notes)
    {
        Dictionary<string, uint> ids = [];
        foreach (NetNamespace space in snapshot.OpenShift.NetNamespaces) ids[space.Namespace] = space.NetId;
        ImmutableArray<EgressRuleSet> rules = [];
        foreach (IGrouping<string, EgressPolicy> space in snapshot.OpenShift.EgressNetworkPolicies.GroupBy(policy =>
            policy.Namespace))
        {
            EgressPolicy first = space.First();
            uint id = ids.GetValueOrDefault(space.Key);
            bool isGlobal = mode == OpenShiftMode.Subnet
                || (id == 0 && (ids.ContainsKey(space.Key) || space.Key == "default"));
            bool isShared = id != 0 && ids.Count(other => other.Value == id) > 1;
            if (isGlobal)
            {
                notes.Add(
                    $"{first.Source}: EgressNetworkPolicy {first.Namespace}/{first.Name} has no effect: "
                    + "its namespace is on the global network");
                continue;
            }

            bool isOne = space.Count() == 1 && !isShared;
            if (!isOne)
                notes.Add(
                    $"{first.Source}: EgressNetworkPolicy {first.Namespace}/{first.Name} is "
                    + $"{(isShared ? "in a network that namespaces share" : "not the only one of its namespace")}: "
                    + "all that the pods send out of the cluster is dropped");

            rules = rules.Add(isOne ? CniEgress.RulesOf(first, snapshot) : CniEgress.DenyAll(first));
        }

        return rules;
    }

    private static IEnumerable<EgressAddress> Find(
        NetNamespace space, ImmutableArray<NodeNetwork> nodes, Dictionary<int, int> held, CniRequest request)
    {
        List<EgressAddress> found = [];
        foreach (IpAddress address in space.EgressIps)
        {
            int[] holders = [.. NodesOf(
                request.Snapshot.OpenShift.HostSubnets.Where(subnet => subnet.EgressIps.Contains(address)), nodes)];
            if (holders.Length > 1)
            {
                request.Note(
                    $"{space.Source}: egress IP {address} of NetNamespace {space.Namespace} is on {holders.Length} "
                    + "nodes, and so used on none");
                continue;
            }

            int node = holders.Length == 1 ? holders[0] : Assign(space, address, nodes, held, request);
            if (node >= 0) found.Add(new EgressAddress(address, node));
        }

        if (found.Count == 0)
            request.Note(
                $"{space.Source}: NetNamespace {space.Namespace}: no HostSubnet holds "
                + $"{string.Join(", ", space.EgressIps)}: what its pods send out of the cluster is dropped");
        return found;
    }

    // What the master would do, and write into the HostSubnet: to whom has fewest.
    private static int Assign(
        NetNamespace space, IpAddress address, ImmutableArray<NodeNetwork> nodes, Dictionary<int, int> held,
        CniRequest request)
    {
        int node = NodesOf(request.Snapshot.OpenShift.HostSubnets.Where(subnet =>
            subnet.EgressCidrs.Any(cidr => cidr.Contains(address))), nodes)
            .OrderBy(candidate => held.GetValueOrDefault(candidate))
            .ThenBy(candidate => nodes[candidate].Name, StringComparer.Ordinal)
            .FirstOrDefault(-1);
        if (node < 0) return node;

        held[node] = held.GetValueOrDefault(node) + 1;
        request.Note(
            $"{space.Source}: egress IP {address} of NetNamespace {space.Namespace} is assumed to be given to "
            + $"{nodes[node].Name}, by its egressCIDRs");
        return node;
    }

    private static IEnumerable<int> NodesOf(IEnumerable<HostSubnet> subnets, ImmutableArray<NodeNetwork> nodes) =>
        subnets.Select(subnet => nodes.Select(node => node.Name).ToList().IndexOf(subnet.Host))
            .Where(node => node >= 0).Distinct();
}
