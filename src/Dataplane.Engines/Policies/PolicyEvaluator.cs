using System.Collections.Immutable;
using Dataplane.Core;

namespace Dataplane.Engines.Policies;

/// <summary>
/// Asks the model itself, rule by rule, as network-policy-api's reading order says: AdminNetworkPolicies,
/// NetworkPolicies, the baseline. It is what explanations are told by; packets go by an engine's tables.
/// </summary>
public static class PolicyEvaluator
{
    public static PolicyVerdict Judge(PolicyModel model, in PolicyQuestion question)
    {
        PolicyVerdict verdict = JudgeInside(model, question);
        return verdict.IsAllowed && question.LeavesCluster ? JudgeOutside(model, question, verdict) : verdict;
    }

    private static PolicyVerdict JudgeOutside(PolicyModel model, in PolicyQuestion question, PolicyVerdict otherwise)
    {
        foreach (int number in model.Identities[question.Subject].PoliciesFor(question.Direction))
        {
            CompiledPolicy policy = model.Policies[number];
            int rule = policy.Tier == PolicyTier.Outside ? FirstMatch(model, policy.Egress, question) : -1;
            if (rule >= 0) return new PolicyVerdict(model.Rules[rule].Action == PolicyAction.Allow, rule);
        }

        return otherwise;
    }

    private static PolicyVerdict JudgeInside(PolicyModel model, in PolicyQuestion question)
    {
        bool isIsolated = false;
        bool isPassed = false;
        foreach (int number in model.Identities[question.Subject].PoliciesFor(question.Direction))
        {
            CompiledPolicy policy = model.Policies[number];
            if (policy.Tier == PolicyTier.Admin && isPassed) continue;
            if (policy.Tier == PolicyTier.Outside || (policy.Tier == PolicyTier.Baseline && isIsolated)) break;

            isIsolated |= policy.Tier == PolicyTier.Namespaced;
            int rule = FirstMatch(model, policy.RulesFor(question.Direction), question);
            if (rule < 0) continue;
            if (model.Rules[rule].Action != PolicyAction.Pass)
                return new PolicyVerdict(model.Rules[rule].Action == PolicyAction.Allow, rule);

            isPassed = true;
        }

        return isIsolated
            ? new PolicyVerdict(false, PolicyVerdict.DefaultDeny)
            : new PolicyVerdict(true, PolicyVerdict.NotIsolated);
    }

    /// <summary>The administrators' rule that passes the question on to NetworkPolicies; −1: none does.</summary>
    public static int PassingRule(PolicyModel model, in PolicyQuestion question)
    {
        foreach (int number in model.Identities[question.Subject].PoliciesFor(question.Direction))
        {
            CompiledPolicy policy = model.Policies[number];
            int rule =
                policy.Tier == PolicyTier.Admin ? FirstMatch(model, policy.RulesFor(question.Direction), question) : -1;
            if (rule >= 0) return model.Rules[rule].Action == PolicyAction.Pass ? rule : -1;
        }

        return -1;
    }

    /// <summary>Whether the rule applies: a peer and a port of it match.</summary>
    public static bool Matches(PolicyModel model, CompiledRule rule, in PolicyQuestion question) =>
        MatchesPeer(rule, question) && MatchesPort(model, rule, question);

    public static bool MatchesPeer(CompiledRule rule, in PolicyQuestion question)
    {
        if (rule.AnyPeer) return true;
        if (question.Peer >= 0 && rule.PeerIdentities.BinarySearch(question.Peer) >= 0) return true;

        foreach (PeerBlock block in rule.PeerBlocks)
        {
            if (block.Contains(question.PeerAddress)) return true;
        }

        return false;
    }

    public static bool MatchesPort(PolicyModel model, CompiledRule rule, in PolicyQuestion question)
    {
        if (rule.AnyPort) return true;

        ImmutableArray<Cluster.Model.ContainerPort> named =
            question.Destination < 0 ? [] : model.Identities[question.Destination].NamedPorts;
        foreach (PortMatch match in rule.Ports)
        {
            if (Matches(match, named, question.Protocol, question.Port)) return true;
        }

        return false;
    }

    private static bool Matches(
        PortMatch match, ImmutableArray<Cluster.Model.ContainerPort> named, byte protocol, ushort port)
    {
        if (match.Protocol != 0 && match.Protocol != protocol) return false;
        if (match.Name is null) return port >= match.First && port <= match.Last;

        foreach (Cluster.Model.ContainerPort container in named)
        {
            if (container.Name == match.Name && container.Protocol == protocol && container.Port == port) return true;
        }

        return false;
    }

    private static int FirstMatch(PolicyModel model, ImmutableArray<int> rules, in PolicyQuestion question)
    {
        foreach (int rule in rules)
        {
            if (Matches(model, model.Rules[rule], question)) return rule;
        }

        return -1;
    }
}
