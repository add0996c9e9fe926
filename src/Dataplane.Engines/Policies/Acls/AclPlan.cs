using System.Collections.Immutable;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies.Acls;

/// <summary>The ACLs of one direction and tier in the order of their priorities.</summary>
internal static class AclPlan
{
    public static List<Acl> Of(PolicyModel model, PolicyPlaces places, PolicyDirection direction, PolicyTier tier)
    {
        List<int>[] subjects = SubjectsOf(model, direction);
        List<Acl> acls = [];
        for (int number = 0; number < model.Policies.Length; number++)
        {
            CompiledPolicy policy = model.Policies[number];
            if (policy.Tier != tier || subjects[number].Count == 0) continue;

            foreach (int rule in policy.RulesFor(direction))
                acls.AddRange(Split(model, places, model.Rules[rule], policy, [.. subjects[number]]));
        }

        if (tier == PolicyTier.Namespaced) acls.AddRange(DefaultDenies(model, direction));
        return acls;
    }

    private static List<int>[] SubjectsOf(PolicyModel model, PolicyDirection direction)
    {
        var subjects = new List<int>[model.Policies.Length];
        for (int policy = 0; policy < subjects.Length; policy++) subjects[policy] = [];
        foreach (PolicyIdentity identity in model.Identities)
        {
            foreach (int policy in identity.PoliciesFor(direction)) subjects[policy].Add(identity.Number);
        }

        return subjects;
    }

    /// <summary>One port group a namespace, of the pods that any policy there selects.</summary>
    private static IEnumerable<Acl> DefaultDenies(PolicyModel model, PolicyDirection direction) =>
        model.Identities
            .Where(identity =>
                identity.PoliciesFor(direction).Any(policy => model.Policies[policy].Tier == PolicyTier.Namespaced))
            .GroupBy(identity => identity.Namespace)
            .Select(group => new Acl(2, Acl.DenyPriority, PolicyAction.Deny, PolicyVerdict.DefaultDeny)
            {
                Subjects = [.. group.Select(identity => identity.Number)],
                AnyPeer = true,
                AnyPort = true,
            });

    /// <summary>
    /// A rule is one ACL, and one more for each number that a port's name of it has: an
    /// ACL's expression knows no names.
    /// </summary>
    private static IEnumerable<Acl> Split(
        PolicyModel model, PolicyPlaces places, CompiledRule rule, CompiledPolicy policy, ImmutableArray<int> subjects)
    {
        Acl whole = new(TierOf(policy.Tier), PriorityOf(policy, rule), rule.Action, rule.Number)
        {
            Subjects = subjects,
            AnyPeer = rule.AnyPeer,
            PeerIdentities = rule.PeerIdentities,
            PeerBlocks = [.. rule.PeerBlocks.SelectMany(block => PrefixCut.Without(block.Block, block.Except))],
            AnyPort = rule.AnyPort,
            Ports = [.. rule.Ports.Where(port => port.Name is null)],
        };
        if (rule.AnyPort || !whole.Ports.IsEmpty) yield return whole;
        if (rule.AnyPort) yield break;

        foreach (PortMatch port in rule.Ports.Where(port => port.Name is not null))
        {
            IEnumerable<Acl> named = rule.Direction == PolicyDirection.Ingress
                ? NamedIngress(model, whole, port)
                : NamedEgress(model, places, whole, port);
            foreach (Acl acl in named) yield return acl;
        }
    }

    private static IEnumerable<Acl> NamedIngress(PolicyModel model, Acl whole, PortMatch port) =>
        whole.Subjects
            .SelectMany(subject =>
                NamedPorts.Resolve(model.Identities[subject], port).Select(number => (subject, number)))
            .GroupBy(pair => pair.number, pair => pair.subject)
            .Select(group => whole with { Subjects = [.. group], Ports = [group.Key] });

    private static IEnumerable<Acl> NamedEgress(PolicyModel model, PolicyPlaces places, Acl whole, PortMatch port)
    {
        HashSet<int> peers = [.. whole.PeerIdentities];
        IEnumerable<IGrouping<PortMatch, int>> numbers = model.Identities
            .SelectMany(identity => NamedPorts.Resolve(identity, port).Select(number => (identity.Number, number)))
            .GroupBy(pair => pair.number, pair => pair.Number);
        foreach (IGrouping<PortMatch, int> group in numbers)
        {
            yield return whole with
            {
                AnyPeer = false,
                PeerIdentities = [.. group.Where(identity => whole.AnyPeer || peers.Contains(identity))],
                PeerBlocks = [.. group.SelectMany(identity => Within(places.AddressesOf(identity), whole.PeerBlocks))],
                Ports = [group.Key],
            };
        }
    }

    private static List<IpPrefix> Within(ReadOnlySpan<IpAddress> addresses, ImmutableArray<IpPrefix> blocks)
    {
        List<IpPrefix> hosts = [];
        foreach (IpAddress address in addresses)
        {
            if (blocks.Any(block => block.Contains(address))) hosts.Add(new IpPrefix(address, address.Bits));
        }

        return hosts;
    }

    private static int TierOf(PolicyTier tier) => tier switch
    {
        PolicyTier.Admin => 1,
        PolicyTier.Namespaced => 2,
        _ => 3,
    };

    private static int PriorityOf(CompiledPolicy policy, CompiledRule rule) => policy.Tier switch
    {
        PolicyTier.Admin => Acl.FirstAdminPriority - Acl.PrioritiesOfAdmin * policy.Priority - rule.Index,
        PolicyTier.Namespaced => Acl.AllowPriority,
        _ => Acl.FirstBaselinePriority - rule.Index,
    };
}
