using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Selectors;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni;

/// <summary>What CNIs have in common that give pods addresses to leave the cluster with, and rules for it.</summary>
internal static class CniEgress
{
    private const int MostNamed = 5;

    /// <summary>The nodes with the addresses that they hold: what is sent to one arrives there.</summary>
    public static ImmutableArray<NodeNetwork> Hold(
        ImmutableArray<NodeNetwork> nodes, ImmutableArray<EgressAssignment> assignments)
    {
        if (assignments.IsEmpty) return nodes;

        ILookup<int, IpAddress> held = assignments.SelectMany(assignment => assignment.Addresses)
            .ToLookup(address => address.Node, address => address.Address);
        return
        [
            .. nodes.Select((node, at) =>
                node with { OwnAddresses = [.. node.OwnAddresses.Concat(held[at]).Distinct()] }),
        ];
    }

    /// <summary>One line for each, for whoever asks what was understood.</summary>
    public static void Note(
        CniRequest request, IEnumerable<EgressAssignment> assignments, ImmutableArray<NodeNetwork> nodes)
    {
        foreach (EgressAssignment assignment in assignments.Where(assignment => !assignment.Addresses.IsEmpty))
        {
            string[] addresses =
                [.. assignment.Addresses.Select(address => $"{address.Address} at {nodes[address.Node].Name}")];
            int count = assignment.Pods.Length;
            request.Note(
                $"{assignment.Source}: {assignment.Owner}: "
                + $"{count} {(count == 1 ? "pod leaves" : "pods leave")} the cluster with "
                + NameList.Of(addresses, MostNamed));
        }
    }

    /// <summary>One line for each set of rules.</summary>
    public static void Note(CniRequest request, ImmutableArray<EgressRuleSet> sets)
    {
        foreach (EgressRuleSet set in sets)
            request.Note(
                $"{set.Source}: {set.Kind} {set.Namespace}/{set.Name}: "
                + $"{set.Rules.Length} {(set.Rules.Length == 1 ? "rule" : "rules")} for what the namespace's pods send "
                + "out of the cluster");
    }

    /// <summary>An object's rules; names cannot be resolved, and match nothing.</summary>
    public static EgressRuleSet RulesOf(EgressPolicy policy, ClusterSnapshot snapshot) =>
        new(policy.Kind, policy.Namespace, policy.Name, policy.Source)
        {
            Rules =
            [
                .. policy.Rules.Select(rule => new EgressRule(rule.IsAllow, rule.Source)
                {
                    Blocks = [.. BlocksOf(rule, snapshot)],
                    Ports = rule.Ports,
                }),
            ],
        };

    /// <summary>In place of objects that contradict each other: nothing may pass.</summary>
    public static EgressRuleSet DenyAll(EgressPolicy policy) =>
        new(policy.Kind, policy.Namespace, policy.Name, policy.Source)
        {
            Rules =
            [
                new EgressRule(IsAllow: false, policy.Source)
                {
                    Blocks = [new EgressBlock(IpPrefix.Parse("0.0.0.0/0")), new EgressBlock(IpPrefix.Parse("::/0"))],
                },
            ],
        };

    private static IEnumerable<EgressBlock> BlocksOf(EgressPolicyRule rule, ClusterSnapshot snapshot)
    {
        if (rule.Cidr is { } cidr) yield return new EgressBlock(cidr);
        if (rule.Nodes is not { } selector) yield break;

        foreach (Node node in snapshot.Nodes.Where(node => selector.Matches(node.Labels)))
        {
            foreach (IpAddress address in node.InternalIps.Concat(node.ExternalIps))
                yield return new EgressBlock(new IpPrefix(address, address.Bits), node.Name);
        }
    }
}
