using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Selectors;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.OvnKubernetes;

/// <summary>
/// EgressIPs at the nodes that their status names, and EgressFirewalls (ovn-kubernetes' go-controller/pkg/ovn).
/// </summary>
internal static class OvnEgress
{
    private const string NameLabel = "kubernetes.io/metadata.name";

    public static ImmutableArray<EgressAssignment> AddressesOf(
        ImmutableArray<PodNetwork> pods, ImmutableArray<NodeNetwork> nodes, CniRequest request)
    {
        Dictionary<string, int> numbers = [];
        for (int node = 0; node < nodes.Length; node++) numbers.TryAdd(nodes[node].Name, node);

        ImmutableArray<EgressAssignment> all = [];
        HashSet<int> taken = [];
        foreach (EgressIp asked in request.Snapshot.Ovn.EgressIps)
        {
            EgressAddress[] addresses = [.. AddressesOf(asked, numbers, request)];
            int[] selected = [.. Select(asked, pods, request.Snapshot)];
            int[] shared = [.. selected.Where(taken.Contains)];
            if (shared.Length > 0)
                request.Note(
                    $"{asked.Source}: EgressIP {asked.Name}: an earlier one has these pods already: "
                    + $"{NameList.Of([.. shared.Select(pod => pods[pod].Pod)], shown: 5)}");

            if (addresses.Length == 0)
            {
                request.Note(
                    $"{asked.Source}: EgressIP {asked.Name}: its status names no node: "
                    + "its pods leave with their nodes' addresses");
                continue;
            }

            all = all.Add(new EgressAssignment($"EgressIP {asked.Name}", asked.Source)
            {
                Pods = [.. selected.Where(taken.Add)],
                Addresses = [.. addresses],
            });
        }

        return all;
    }

    /// <summary>The API allows one in a namespace, named default; of several the first counts.</summary>
    public static ImmutableArray<EgressRuleSet> RulesOf(ClusterSnapshot snapshot, List<string> notes)
    {
        IGrouping<string, EgressPolicy>[] spaces =
            [.. snapshot.Ovn.EgressFirewalls.GroupBy(firewall => firewall.Namespace)];
        foreach (EgressPolicy extra in spaces.SelectMany(space => space.Skip(1)))
            notes.Add(
                $"{extra.Source}: EgressFirewall {extra.Namespace}/{extra.Name} has no effect: "
                + "its namespace has one already");

        return [.. spaces.Select(space => CniEgress.RulesOf(space.First(), snapshot))];
    }

    private static IEnumerable<EgressAddress> AddressesOf(
        EgressIp asked, Dictionary<string, int> nodes, CniRequest request)
    {
        foreach (EgressIpItem item in asked.Items)
        {
            if (nodes.TryGetValue(item.Node, out int node)) yield return new EgressAddress(item.Address, node);
            else
                request.Note(
                    $"{asked.Source}: EgressIP {asked.Name}: its status names node {item.Node}, "
                    + "which is not in the manifests");
        }
    }

    private static IEnumerable<int> Select(EgressIp asked, ImmutableArray<PodNetwork> pods, ClusterSnapshot snapshot)
    {
        Dictionary<string, ImmutableDictionary<string, string>> labels = [];
        foreach (Namespace space in snapshot.Namespaces) labels[space.Name] = space.Labels;
        for (int pod = 0; pod < pods.Length; pod++)
        {
            Pod candidate = pods[pod].Pod;
            ImmutableDictionary<string, string> own = labels.GetValueOrDefault(
                candidate.Namespace, ImmutableDictionary<string, string>.Empty);
            bool isIn = asked.NamespaceSelector.Matches(own.SetItem(NameLabel, candidate.Namespace));
            if (isIn && asked.PodSelector.Matches(candidate.Labels)) yield return pod;
        }
    }
}
