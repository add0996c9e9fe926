using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Selectors;

namespace Dataplane.Replay.Policies.Lint;

/// <summary>Selectors that match nothing, with what they may have meant.</summary>
internal static class SelectorLint
{
    public static void Check(LintScope scope, NetworkPolicy policy)
    {
        if (scope.SubjectsOf(policy).IsEmpty) WarnOfSubject(scope, policy);

        foreach (PolicyRule rule in policy.Ingress.Concat(policy.Egress))
        {
            foreach (PolicyPeer peer in rule.Peers.Where(peer => peer.Block is null)) CheckPeer(scope, policy, peer);
        }
    }

    private static void WarnOfSubject(LintScope scope, NetworkPolicy policy)
    {
        ImmutableArray<Pod> pods = scope.PodsIn(policy.Namespace);
        string sentence = $"podSelector matches no pod in {policy.Namespace}: ";
        if (pods.IsEmpty) sentence += "the namespace has none" + Elsewhere(scope, policy.Namespace, policy.PodSelector);
        else if (pods.Any(pod => policy.PodSelector.Matches(pod.Labels)))
            sentence += "those with these labels are of the host's network, which no policy is about";
        else
            sentence += Inventory(pods).NearMiss(policy.PodSelector)
                + Elsewhere(scope, policy.Namespace, policy.PodSelector);

        scope.Warn(LintRule.SelectsNoPod, policy.Source, policy, sentence);
    }

    private static void CheckPeer(LintScope scope, NetworkPolicy policy, PolicyPeer peer)
    {
        if (peer.NamespaceSelector is { } spaces)
        {
            if (!scope.CanJudgeNamespaces(spaces)) return;
            if (!scope.NamespacesOf(spaces).Any())
            {
                string near = new LabelInventory("namespace", scope.Namespaces.Values).NearMiss(spaces);
                scope.Warn(
                    LintRule.PeerSelectsNoNamespace, peer.Source, policy,
                    $"namespaceSelector matches no namespace: {near}");
                return;
            }
        }

        if (scope.PodsOf(policy, peer) is not { IsEmpty: true }) return;

        LabelSelector selector = peer.PodSelector ?? LabelSelector.Everything;
        string[] searched = peer.NamespaceSelector is null
            ? [policy.Namespace]
            : [.. scope.NamespacesOf(peer.NamespaceSelector)];
        ImmutableArray<Pod> pods = [.. searched.SelectMany(space => scope.PodsIn(space))];
        string where = Wording.List([.. searched.Order(StringComparer.Ordinal)], 3);
        string hint = peer.NamespaceSelector is null ? Elsewhere(scope, policy.Namespace, selector) : "";
        string sentence = pods.IsEmpty
            ? $"peer matches no pod: there is none in {where}"
            : $"peer matches no pod in {where}: {Inventory(pods).NearMiss(selector)}";
        scope.Warn(LintRule.PeerSelectsNoPod, peer.Source, policy, sentence + hint);
    }

    /// <summary>A podSelector alone means the policy's own namespace: people forget.</summary>
    private static string Elsewhere(LintScope scope, string space, LabelSelector selector)
    {
        bool asksForSomething = SelectorText.Requirements(selector)
            .Any(part => part.Operator is LabelOperator.In or LabelOperator.Exists);
        if (!asksForSomething) return "";

        IGrouping<string, Pod>? first = scope.Pods
            .Where(pod => pod.Namespace != space && selector.Matches(pod.Labels))
            .GroupBy(pod => pod.Namespace)
            .MinBy(group => (-group.Count(), group.Key));
        return first is null
            ? ""
            : $" ({Wording.Count(first.Count(), "pod")} in namespace {first.Key} would match: "
                + $"without a namespaceSelector only {space} counts)";
    }

    private static LabelInventory Inventory(ImmutableArray<Pod> pods) => new("pod", pods.Select(pod => pod.Labels));
}
