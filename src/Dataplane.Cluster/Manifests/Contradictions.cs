using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>What cannot be true of one cluster at one time: the manifests were taken at different times, or by
/// hand.</summary>
internal static class Contradictions
{
    public static IEnumerable<Finding> Find(ClusterSnapshot snapshot) =>
    [
        .. SharedNodeAddresses(snapshot), .. OverlappingPodCidrs(snapshot), .. SharedPodAddresses(snapshot),
        .. SharedClusterIps(snapshot), .. UnknownNodes(snapshot), .. PolicyContradictions.Find(snapshot),
    ];

    private static IEnumerable<Finding> SharedNodeAddresses(ClusterSnapshot snapshot)
    {
        Dictionary<IpAddress, Node> owners = [];
        foreach (Node node in snapshot.Nodes)
        {
            if (node.InternalIps.IsEmpty)
                yield return Warning(node.Source, $"Node {node.Name} has no InternalIP: no tunnel can reach it");

            foreach (IpAddress address in node.InternalIps)
            {
                if (owners.TryAdd(address, node) || owners[address] == node) continue;

                Node other = owners[address];
                yield return Warning(node.Source,
                    $"Node {node.Name} has the InternalIP {address} of Node {other.Name} ({other.Source})");
            }
        }
    }

    private static IEnumerable<Finding> OverlappingPodCidrs(ClusterSnapshot snapshot)
    {
        (IpPrefix Prefix, Node Node)[] all =
        [
            .. snapshot.Nodes.SelectMany(node => node.PodCidrs.Select(prefix => (prefix, node)))
                .OrderBy(entry => entry.prefix.Address).ThenBy(entry => entry.prefix.Length),
        ];

        // Prefixes nest or are apart, so in this order the widest open one stands last before what it holds.
        int widest = 0;
        for (int index = 1; index < all.Length; index++)
        {
            (IpPrefix prefix, Node node) = all[index];
            (IpPrefix open, Node owner) = all[widest];
            if (!open.Contains(prefix.Address)) widest = index;
            else if (node != owner)
                yield return Warning(node.Source,
                    $"Node {node.Name} has the podCIDR {prefix}, "
                    + $"which overlaps {open} of Node {owner.Name} ({owner.Source})");
        }
    }

    private static IEnumerable<Finding> SharedPodAddresses(ClusterSnapshot snapshot)
    {
        Dictionary<IpAddress, Pod> owners = [];
        foreach (Pod pod in snapshot.Pods)
        {
            if (pod.HostNetwork || pod.IsTerminated) continue;

            foreach (IpAddress address in pod.Addresses)
            {
                if (owners.TryAdd(address, pod) || owners[address] == pod) continue;

                yield return Warning(pod.Source,
                    $"Pod {pod} has the address {address} of Pod {owners[address]} ({owners[address].Source})");
            }
        }
    }

    private static IEnumerable<Finding> SharedClusterIps(ClusterSnapshot snapshot)
    {
        Dictionary<IpAddress, Service> owners = [];
        foreach (Service service in snapshot.Services)
        {
            foreach (IpAddress address in service.ClusterIps)
            {
                if (owners.TryAdd(address, service) || owners[address] == service) continue;

                yield return Warning(
                    service.Source,
                    $"Service {service} has the clusterIP {address} of Service {owners[address]} "
                    + $"({owners[address].Source})");
            }
        }
    }

    /// <summary>One finding for each unknown name. Manifests without any Node say nothing about which nodes
    /// exist.</summary>
    private static IEnumerable<Finding> UnknownNodes(ClusterSnapshot snapshot)
    {
        if (snapshot.Nodes.IsEmpty) return [];

        HashSet<string> known = [.. snapshot.Nodes.Select(node => node.Name)];
        OrderedDictionary<string, (int Pods, int Endpoints, SourceLine First)> unknown = [];
        foreach (Pod pod in snapshot.Pods) Count(pod.NodeName, pod.Source, isPod: true);
        foreach (EndpointSlice slice in snapshot.EndpointSlices)
        {
            foreach (Endpoint endpoint in slice.Endpoints) Count(endpoint.NodeName, endpoint.Source, isPod: false);
        }

        return unknown.Select(entry => Warning(
            entry.Value.First,
            $"node {entry.Key} is named by {entry.Value.Pods} pods and {entry.Value.Endpoints} endpoints, "
            + "this is the first, but no Node of that name was read"));

        void Count(string name, SourceLine source, bool isPod)
        {
            if (name.Length == 0 || known.Contains(name)) return;

            (int pods, int endpoints, SourceLine first) = unknown.GetValueOrDefault(name, (0, 0, source));
            unknown[name] = isPod ? (pods + 1, endpoints, first) : (pods, endpoints + 1, first);
        }
    }

    private static Finding Warning(SourceLine source, string text) => new(Severity.Warning, source, text);
}
