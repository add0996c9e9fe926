using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Selectors;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.Cilium;

/// <summary>
/// CiliumEgressGatewayPolicies: whom they select, and the node and address of their gateway
/// (cilium's pkg/egressgateway).
/// </summary>
internal static class CiliumEgress
{
    private const string NamespaceLabel = "io.kubernetes.pod.namespace";
    private const string NameLabel = "kubernetes.io/metadata.name";
    private const string Kubernetes = "k8s:";

    /// <summary>Whether there are any, and cilium-config has them have an effect.</summary>
    public static bool IsOn(CiliumConfiguration configuration, CniRequest request)
    {
        ImmutableArray<CiliumEgressPolicy> policies = request.Snapshot.Cilium.EgressPolicies;
        if (policies.IsEmpty) return false;
        if (!configuration.IsThere || configuration.HasEgressGateway) return true;

        request.Note(
            $"{policies[0].Source}: CiliumEgressGatewayPolicies have no effect: cilium-config ({configuration.Source}) "
            + "does not say enable-egress-gateway (or enable-ipv4-egress-gateway): true");
        return false;
    }

    public static ImmutableArray<EgressAssignment> Compile(
        ImmutableArray<PodNetwork> pods, ImmutableArray<NodeNetwork> nodes, CniRequest request)
    {
        var selection = new Selection(request.Snapshot);
        ImmutableArray<EgressAssignment> all =
        [
            .. request.Snapshot.Cilium.EgressPolicies.SelectMany(policy =>
                AssignmentsOf(policy, selection.Of(policy, pods), pods, nodes, request)),
        ];
        CniEgress.Note(request, all, nodes);
        return all;
    }

    private static IEnumerable<EgressAssignment> AssignmentsOf(
        CiliumEgressPolicy policy, ImmutableArray<int> selected, ImmutableArray<PodNetwork> pods,
        ImmutableArray<NodeNetwork> nodes, CniRequest request)
    {
        string owner = $"CiliumEgressGatewayPolicy {policy.Name}";
        if (policy.Destinations.Concat(policy.Excluded).Any(prefix => prefix.Address.IsV6))
            request.Note($"{policy.Source}: {owner}: its IPv6 CIDRs are not emulated");

        ImmutableArray<EgressAddress>[] gateways =
            [.. policy.Gateways.Select(gateway => AddressOf(gateway, owner, nodes, request).ToImmutableArray())];
        if (gateways.Any(gateway => gateway.IsEmpty))
            request.Note(
                $"{policy.Source}: {owner}: no node matches its egressGateway.nodeSelector: "
                + "what its pods send to its destinations is dropped");

        // By the node's address; who has none has 0.0.0.0.
        gateways = [.. gateways.OrderBy(gateway => gateway.IsEmpty ? 0 : nodes[gateway[0].Node].UnderlayV4.V4)];
        ILookup<int, int> shares = CiliumGatewayShares.Of(policy, selected, gateways.Length, pods, request);
        for (int gateway = 0; gateway < gateways.Length; gateway++)
        {
            yield return new EgressAssignment(owner, policy.Source)
            {
                Pods = [.. shares[gateway]],
                Addresses = gateways[gateway],
                Destinations = [.. policy.Destinations.Where(prefix => prefix.Address.IsV4)],
                Excluded = [.. policy.Excluded.Where(prefix => prefix.Address.IsV4)],
                IsByGateway = true,
            };
        }
    }

    private static IEnumerable<EgressAddress> AddressOf(
        CiliumEgressGateway gateway, string owner, ImmutableArray<NodeNetwork> nodes, CniRequest request)
    {
        string? chosen = request.Snapshot.Nodes.Where(node => gateway.Nodes.Matches(node.Labels))
            .Select(node => node.Name).Order(StringComparer.Ordinal).FirstOrDefault();
        if (chosen is null) yield break;

        int at = nodes.IndexOf(nodes.First(node => node.Name == chosen));
        if (gateway.Interface.Length > 0)
            request.Note(
                $"{gateway.Source}: {owner}: the address of {chosen}'s {gateway.Interface} is not in the manifests: "
                + $"the node's {nodes[at].UnderlayV4} is assumed (egressIP says another)");

        IpAddress address = gateway.Address.IsNone ? nodes[at].UnderlayV4 : gateway.Address;
        if (!address.IsNone) yield return new EgressAddress(address, at);
    }

    /// <summary>
    /// Labels as Cilium's selectors see them: the pod's, with its namespace's name, each with and without its source.
    /// </summary>
    private sealed class Selection(ClusterSnapshot snapshot)
    {
        private readonly Dictionary<string, ImmutableDictionary<string, string>> _namespaces =
            LabelsOf(snapshot.Namespaces, space => (space.Name, space.Labels));

        private readonly Dictionary<string, ImmutableDictionary<string, string>> _nodes =
            LabelsOf(snapshot.Nodes, node => (node.Name, node.Labels));

        public ImmutableArray<int> Of(CiliumEgressPolicy policy, ImmutableArray<PodNetwork> pods) =>
            [.. Enumerable.Range(0, pods.Length)
                .Where(pod => policy.Selectors.Any(selector => Matches(selector, pods[pod].Pod)))];

        private bool Matches(CiliumEgressSelector selector, Pod pod)
        {
            ImmutableDictionary<string, string> space = Known(_namespaces, pod.Namespace)
                .SetItem(NameLabel, pod.Namespace);
            ImmutableDictionary<string, string> own = pod.Labels.SetItem(NamespaceLabel, pod.Namespace);
            own = own.SetItems(own.Select(label => KeyValuePair.Create(Kubernetes + label.Key, label.Value)).ToArray());
            return (selector.Namespaces?.Matches(space) ?? true) && (selector.Pods?.Matches(own) ?? true)
                && (selector.Nodes?.Matches(Known(_nodes, pod.NodeName)) ?? true);
        }

        private static ImmutableDictionary<string, string> Known(
            Dictionary<string, ImmutableDictionary<string, string>> all, string name) =>
            all.GetValueOrDefault(name, ImmutableDictionary<string, string>.Empty);

        private static Dictionary<string, ImmutableDictionary<string, string>> LabelsOf<T>(
            ImmutableArray<T> objects, Func<T, (string Name, ImmutableDictionary<string, string> Labels)> of)
        {
            Dictionary<string, ImmutableDictionary<string, string>> all = [];
            foreach ((string name, ImmutableDictionary<string, string> labels) in objects.Select(of))
                all.TryAdd(name, labels);
            return all;
        }
    }
}
