using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Selectors;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies;

/// <summary>
/// Compiles what networking.k8s.io/v1 and policy.networking.k8s.io/v1alpha1 say of a snapshot into one model: who is
/// isolated, which rules are asked in which order, whom their selectors match.
/// </summary>
public sealed class PolicyModelCompiler
{
    private readonly ClusterSnapshot _snapshot;
    private readonly SelectorTable _selectors;
    private readonly List<CompiledPolicy> _policies = [];
    private readonly List<CompiledRule> _rules = [];

    private PolicyModelCompiler(ClusterSnapshot snapshot, IdentityTable identities)
    {
        _snapshot = snapshot;
        _selectors = new SelectorTable(identities);
    }

    public static PolicyModel Compile(ClusterSnapshot snapshot) => Compile(snapshot, []);

    /// <summary>The same, and the CNI's own rules for what leaves the cluster.</summary>
    public static PolicyModel Compile(ClusterSnapshot snapshot, ImmutableArray<EgressRuleSet> egress)
    {
        var identities = new IdentityTable(snapshot);
        var compiler = new PolicyModelCompiler(snapshot, identities);
        compiler.AddAll();
        foreach (EgressRuleSet rules in egress) compiler.Add(rules);
        return new PolicyModel
        {
            Snapshot = snapshot,
            Identities = compiler.Isolate(identities.All),
            IdentityOfPod = identities.OfPod,
            Selectors = [.. compiler._selectors.All],
            Policies = [.. compiler._policies],
            Rules = [.. compiler._rules],
        };
    }

    private void AddAll()
    {
        IEnumerable<AdminNetworkPolicy> admin = _snapshot.AdminNetworkPolicies
            .OrderBy(policy => policy.Priority).ThenBy(policy => policy.Name, StringComparer.Ordinal);
        foreach (AdminNetworkPolicy policy in admin) Add(PolicyTier.Admin, policy);

        IEnumerable<NetworkPolicy> namespaced = _snapshot.NetworkPolicies
            .OrderBy(policy => policy.Namespace, StringComparer.Ordinal)
            .ThenBy(policy => policy.Name, StringComparer.Ordinal);
        foreach (NetworkPolicy policy in namespaced) Add(policy);

        IEnumerable<AdminNetworkPolicy> baseline =
            _snapshot.BaselineAdminNetworkPolicies.OrderBy(policy => policy.Name, StringComparer.Ordinal);
        foreach (AdminNetworkPolicy policy in baseline) Add(PolicyTier.Baseline, policy);
    }

    // SetDefaults_NetworkPolicy: without policyTypes it is Ingress, and Egress where there are egress rules.
    private void Add(NetworkPolicy policy)
    {
        bool forIngress = !policy.PolicyTypesGiven || policy.HasIngressType;
        bool forEgress = policy.PolicyTypesGiven ? policy.HasEgressType : !policy.Egress.IsEmpty;
        _policies.Add(new CompiledPolicy(PolicyTier.Namespaced, policy.Namespace, policy.Name, policy.Source)
        {
            Subject = _selectors.In(policy.Namespace, policy.PodSelector),
            ForIngress = forIngress,
            ForEgress = forEgress,
            Ingress = forIngress ? AddRules(policy, PolicyDirection.Ingress, policy.Ingress) : [],
            Egress = forEgress ? AddRules(policy, PolicyDirection.Egress, policy.Egress) : [],
        });
    }

    private ImmutableArray<int> AddRules(
        NetworkPolicy policy, PolicyDirection direction, ImmutableArray<PolicyRule> rules)
    {
        int first = _rules.Count;
        for (int index = 0; index < rules.Length; index++)
        {
            PolicyRule rule = rules[index];
            ImmutableArray<PeerSelector> selectors =
            [
                .. rule.Peers.Where(peer => peer.Block is null)
                    .Select(peer => new PeerSelector(SelectorOf(policy.Namespace, peer), peer.Source)),
            ];
            _rules.Add(new CompiledRule(_rules.Count, _policies.Count, direction, index, rule.Source)
            {
                AnyPeer = rule.Peers.IsEmpty,
                PeerSelectors = selectors,
                PeerIdentities = _selectors.Union(selectors),
                PeerBlocks = [.. rule.Peers.Where(peer => peer.Block is not null).Select(BlockOf)],
                AnyPort = rule.Ports.IsEmpty,
                Ports = [.. rule.Ports.Select(PortOf)],
            });
        }

        return [.. Enumerable.Range(first, rules.Length)];
    }

    private int SelectorOf(string space, PolicyPeer peer)
    {
        LabelSelector pods = peer.PodSelector ?? LabelSelector.Everything;
        return peer.NamespaceSelector is { } namespaces
            ? _selectors.Across(namespaces, pods)
            : _selectors.In(space, pods);
    }

    private static PeerBlock BlockOf(PolicyPeer peer) => new(peer.Block!.Value, peer.Source) { Except = peer.Except };

    private static PortMatch PortOf(PolicyPort port)
    {
        if (port.Port.Name is { } name) return new PortMatch(port.Protocol, 0, 0, name);
        if (port.Port.IsNone) return new PortMatch(port.Protocol, 0, ushort.MaxValue, null);

        return new PortMatch(port.Protocol, port.Port.Number, Math.Max(port.Port.Number, port.EndPort), null);
    }

    private void Add(PolicyTier tier, AdminNetworkPolicy policy) =>
        _policies.Add(new CompiledPolicy(tier, "", policy.Name, policy.Source)
        {
            Priority = policy.Priority,
            Subject = _selectors.Across(policy.Subject.NamespaceSelector, policy.Subject.PodSelector),
            ForIngress = !policy.Ingress.IsEmpty,
            ForEgress = !policy.Egress.IsEmpty,
            Ingress = AddRules(PolicyDirection.Ingress, policy.Ingress),
            Egress = AddRules(PolicyDirection.Egress, policy.Egress),
        });

    private ImmutableArray<int> AddRules(PolicyDirection direction, ImmutableArray<AdminPolicyRule> rules)
    {
        int first = _rules.Count;
        for (int index = 0; index < rules.Length; index++)
        {
            AdminPolicyRule rule = rules[index];
            ImmutableArray<PeerSelector> selectors =
            [
                .. rule.Peers.Where(peer => peer.Pods is not null).Select(peer => new PeerSelector(
                    _selectors.Across(peer.Pods!.NamespaceSelector, peer.Pods.PodSelector), peer.Source)),
            ];
            _rules.Add(new CompiledRule(_rules.Count, _policies.Count, direction, index, rule.Source)
            {
                Action = ActionOf(rule.Action),
                Name = rule.Name,
                PeerSelectors = selectors,
                PeerIdentities = _selectors.Union(selectors),
                PeerBlocks = [.. rule.Peers.SelectMany(BlocksOf)],
                AnyPort = rule.Ports.IsEmpty,
                Ports = [.. rule.Ports.Select(port => new PortMatch(port.Protocol, port.First, port.Last, port.Name))],
            });
        }

        return [.. Enumerable.Range(first, rules.Length)];
    }

    private static PolicyAction ActionOf(AdminPolicyAction action) => action switch
    {
        AdminPolicyAction.Allow => PolicyAction.Allow,
        AdminPolicyAction.Deny => PolicyAction.Deny,
        _ => PolicyAction.Pass,
    };

    private IEnumerable<PeerBlock> BlocksOf(AdminPolicyPeer peer)
    {
        foreach (IpPrefix network in peer.Networks) yield return new PeerBlock(network, peer.Source);

        if (peer.Nodes is not { } selector) yield break;

        foreach (Node node in _snapshot.Nodes.Where(node => selector.Matches(node.Labels)))
        {
            foreach (IpAddress address in node.InternalIps.Concat(node.ExternalIps))
                yield return new PeerBlock(new IpPrefix(address, address.Bits), peer.Source) { Node = node.Name };
        }
    }

    private void Add(EgressRuleSet set)
    {
        int first = _rules.Count;
        foreach (EgressRule rule in set.Rules)
        {
            _rules.Add(new CompiledRule(
                _rules.Count, _policies.Count, PolicyDirection.Egress, _rules.Count - first, rule.Source)
            {
                Action = rule.IsAllow ? PolicyAction.Allow : PolicyAction.Deny,
                PeerBlocks =
                    [.. rule.Blocks.Select(block => new PeerBlock(block.Block, rule.Source) { Node = block.Node })],
                AnyPort = rule.Ports.IsEmpty,
                Ports =
                [
                    .. rule.Ports.Select(port => port.Port == 0
                        ? new PortMatch(port.Protocol, 0, ushort.MaxValue, null)
                        : new PortMatch(port.Protocol, port.Port, port.Port, null)),
                ],
            });
        }

        _policies.Add(new CompiledPolicy(PolicyTier.Outside, set.Namespace, set.Name, set.Source)
        {
            Kind = set.Kind,
            Subject = _selectors.In(set.Namespace, LabelSelector.Everything),
            ForEgress = true,
            Egress = [.. Enumerable.Range(first, set.Rules.Length)],
        });
    }

    // Each identity gets the policies that select it; the order is that of the policies.
    private ImmutableArray<PolicyIdentity> Isolate(ImmutableArray<PolicyIdentity> identities)
    {
        var ingress = new List<int>[identities.Length];
        var egress = new List<int>[identities.Length];
        for (int number = 0; number < _policies.Count; number++)
        {
            CompiledPolicy policy = _policies[number];
            foreach (int identity in _selectors.All[policy.Subject].Identities)
            {
                if (policy.ForIngress) (ingress[identity] ??= []).Add(number);
                if (policy.ForEgress) (egress[identity] ??= []).Add(number);
            }
        }

        return
        [
            .. identities.Select((identity, number) => identity with
            {
                IngressPolicies = ingress[number] is { } into ? [.. into] : [],
                EgressPolicies = egress[number] is { } from ? [.. from] : [],
            }),
        ];
    }
}
