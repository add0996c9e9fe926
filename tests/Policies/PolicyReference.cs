using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Tests.Policies;

/// <summary>
/// What k8s.io/api/networking/v1/types.go and network-policy-api v1alpha1 say, sentence by sentence, asked of the
/// snapshot for one connection at a time. It has no tables, no identities, and its own idea of labels and prefixes.
/// </summary>
internal static class PolicyReference
{
    /// <summary>Both directions, and what is never judged: a pod to itself, its own node to it.</summary>
    public static bool IsAllowed(ClusterSnapshot snapshot, in PolicyFlow flow)
    {
        if (flow.Source.Pod >= 0 && flow.Source.Pod == flow.Destination.Pod) return true;

        return IsEgressAllowed(snapshot, flow) && (IsFromOwnNode(snapshot, flow) || IsIngressAllowed(snapshot, flow));
    }

    public static bool IsEgressAllowed(ClusterSnapshot snapshot, in PolicyFlow flow) =>
        IsAllowed(snapshot, flow, isIngress: false, subject: flow.Source, peer: flow.Destination);

    public static bool IsIngressAllowed(ClusterSnapshot snapshot, in PolicyFlow flow) =>
        IsAllowed(snapshot, flow, isIngress: true, subject: flow.Destination, peer: flow.Source);

    public static bool IsFromOwnNode(ClusterSnapshot snapshot, in PolicyFlow flow)
    {
        if (flow.Destination.Pod < 0) return false;

        IpAddress source = flow.Source.Address;
        string node = snapshot.Pods[flow.Destination.Pod].NodeName;
        return snapshot.Nodes.Any(one =>
            one.Name == node && (one.InternalIps.Contains(source) || one.ExternalIps.Contains(source)));
    }

    private static bool IsAllowed(
        ClusterSnapshot snapshot, in PolicyFlow flow, bool isIngress, FlowEnd subject, FlowEnd peer)
    {
        // "hostNetwork pods ... policies have no effect on them"
        if (SelectablePod(snapshot, subject) is not { } pod) return true;

        PolicyFlow asked = flow;

        // AdminNetworkPolicies: lower priority values first, rules in their order, the first match decides.
        IEnumerable<AdminNetworkPolicy> admin =
            snapshot.AdminNetworkPolicies.OrderBy(one => one.Priority).ThenBy(one => one.Name, StringComparer.Ordinal);
        AdminPolicyAction? decided = FirstMatch(admin);
        if (decided is AdminPolicyAction.Allow or AdminPolicyAction.Deny) return decided == AdminPolicyAction.Allow;

        // "By default, a pod is non-isolated"; isolated, it takes what some rule of some policy allows.
        NetworkPolicy[] selecting =
        [
            .. snapshot.NetworkPolicies.Where(one =>
                one.Namespace == pod.Namespace && Applies(one, isIngress) && Selects(one.PodSelector, pod.Labels)),
        ];
        if (selecting.Length > 0)
        {
            return selecting.Any(policy => (isIngress ? policy.Ingress : policy.Egress).Any(rule =>
                (rule.Peers.IsEmpty || rule.Peers.Any(one => IsPeer(snapshot, policy.Namespace, one, peer)))
                && (rule.Ports.IsEmpty || rule.Ports.Any(port => IsPort(snapshot, port, asked)))));
        }

        return FirstMatch(snapshot.BaselineAdminNetworkPolicies) != AdminPolicyAction.Deny;

        AdminPolicyAction? FirstMatch(IEnumerable<AdminNetworkPolicy> policies)
        {
            foreach (AdminNetworkPolicy policy in policies)
            {
                if (!Selects(snapshot, policy.Subject, pod)) continue;

                foreach (AdminPolicyRule rule in isIngress ? policy.Ingress : policy.Egress)
                {
                    if (!rule.Peers.Any(one => IsPeer(snapshot, one, peer))) continue;
                    if (rule.Ports.IsEmpty || rule.Ports.Any(port => IsPort(snapshot, port, asked))) return rule.Action;
                }
            }

            return null;
        }
    }

    // "If no policyTypes are specified ... default to Ingress; policies with an Egress section
    // are assumed to affect egress".
    private static bool Applies(NetworkPolicy policy, bool isIngress)
    {
        if (policy.PolicyTypesGiven) return isIngress ? policy.HasIngressType : policy.HasEgressType;

        return isIngress || policy.Egress.Length > 0;
    }

    private static Pod? SelectablePod(ClusterSnapshot snapshot, FlowEnd end)
    {
        if (end.Pod < 0) return null;

        Pod pod = snapshot.Pods[end.Pod];
        return pod.HostNetwork || pod.Phase is "Succeeded" or "Failed" || pod.Addresses.IsEmpty ? null : pod;
    }

    private static bool IsPeer(ClusterSnapshot snapshot, string space, PolicyPeer rule, FlowEnd peer)
    {
        if (rule.Block is { } block)
            return IsInside(block, peer.Address) && !rule.Except.Any(hole => IsInside(hole, peer.Address));
        if (SelectablePod(snapshot, peer) is not { } pod) return false;

        bool isNamespace = rule.NamespaceSelector is { } namespaces
            ? Selects(namespaces, NamespaceLabels(snapshot, pod.Namespace))
            : pod.Namespace == space;
        return isNamespace && (rule.PodSelector is null || Selects(rule.PodSelector, pod.Labels));
    }

    private static bool IsPeer(ClusterSnapshot snapshot, AdminPolicyPeer rule, FlowEnd peer)
    {
        if (rule.Pods is { } pods) return SelectablePod(snapshot, peer) is { } pod && Selects(snapshot, pods, pod);
        if (rule.Nodes is not { } nodes) return rule.Networks.Any(network => IsInside(network, peer.Address));

        return snapshot.Nodes.Any(node => Selects(nodes, node.Labels)
            && (node.InternalIps.Contains(peer.Address) || node.ExternalIps.Contains(peer.Address)));
    }

    private static bool Selects(ClusterSnapshot snapshot, AdminPodSelector selector, Pod pod) =>
        Selects(selector.NamespaceSelector, NamespaceLabels(snapshot, pod.Namespace))
        && Selects(selector.PodSelector, pod.Labels);

    // "port: numerical or named port on the given protocol; if this field is not provided, this
    // matches all port names and numbers"
    private static bool IsPort(ClusterSnapshot snapshot, PolicyPort port, PolicyFlow flow)
    {
        if (port.Protocol != flow.Protocol) return false;
        if (port.Port.Name is { } name) return IsNamed(snapshot, name, flow);
        if (port.Port.Number == 0) return true;
        if (port.EndPort == 0) return flow.Port == port.Port.Number;

        return port.Port.Number <= flow.Port && flow.Port <= port.EndPort;
    }

    private static bool IsPort(ClusterSnapshot snapshot, AdminPolicyPort port, PolicyFlow flow)
    {
        if (port.Name is { } name) return IsNamed(snapshot, name, flow);

        return port.Protocol == flow.Protocol && port.First <= flow.Port && flow.Port <= port.Last;
    }

    private static bool IsNamed(ClusterSnapshot snapshot, string name, PolicyFlow flow) =>
        SelectablePod(snapshot, flow.Destination) is { } pod
        && pod.Ports.Any(port => port.Name == name && port.Protocol == flow.Protocol && port.Port == flow.Port);

    private static Dictionary<string, string> NamespaceLabels(ClusterSnapshot snapshot, string name)
    {
        Dictionary<string, string> labels = [];
        foreach (Namespace space in snapshot.Namespaces.Where(space => space.Name == name))
        {
            foreach ((string key, string value) in space.Labels) labels[key] = value;
        }

        labels["kubernetes.io/metadata.name"] = name;
        return labels;
    }

    private static bool Selects(LabelSelector selector, IReadOnlyDictionary<string, string> labels) =>
        selector.MatchLabels.All(wanted => labels.ContainsKey(wanted.Key) && labels[wanted.Key] == wanted.Value)
        && selector.MatchExpressions.All(wanted => wanted.Operator switch
        {
            LabelOperator.In => labels.ContainsKey(wanted.Key) && wanted.Values.Contains(labels[wanted.Key]),
            LabelOperator.NotIn => !labels.ContainsKey(wanted.Key) || !wanted.Values.Contains(labels[wanted.Key]),
            LabelOperator.Exists => labels.ContainsKey(wanted.Key),
            LabelOperator.DoesNotExist => !labels.ContainsKey(wanted.Key),
            _ => throw new InvalidOperationException($"{wanted.Operator}"),
        });

    // The first bits are the same.
    private static bool IsInside(IpPrefix prefix, IpAddress address)
    {
        if (prefix.Address.Family != address.Family) return false;

        int behind = address.Bits - prefix.Length;
        return behind == 128 || prefix.Address.Value >> behind == address.Value >> behind;
    }
}
