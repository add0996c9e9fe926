using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Selectors;

namespace Dataplane.Replay.Policies.Lint;

/// <summary>
/// Selectors of AdminNetworkPolicy and its baseline that match nothing, with what they may have meant.
/// </summary>
internal static class AdminSelectorLint
{
    public static void Check(LintScope scope, AdminNetworkPolicy policy)
    {
        CheckPods(scope, policy, policy.Subject, policy.Source, LintRule.SelectsNoPod);
        foreach (AdminPolicyPeer peer in policy.Ingress.Concat(policy.Egress).SelectMany(rule => rule.Peers))
        {
            if (peer.Pods is { } pods)
                CheckPods(scope, policy, pods, peer.Source, LintRule.PeerSelectsNoPod);
            if (peer.Nodes is { } nodes) CheckNodes(scope, policy, nodes, peer.Source);
        }
    }

    private static void CheckPods(
        LintScope scope, AdminNetworkPolicy policy, AdminPodSelector selector, SourceLine source, LintRule rule)
    {
        if (!scope.CanJudgeNamespaces(selector.NamespaceSelector)) return;

        bool isSubject = rule == LintRule.SelectsNoPod;
        string what = isSubject ? "subject" : "peer";
        string[] spaces = [.. scope.NamespacesOf(selector.NamespaceSelector).Order(StringComparer.Ordinal)];
        if (spaces.Length == 0)
        {
            string near = new LabelInventory("namespace", scope.Namespaces.Values).NearMiss(selector.NamespaceSelector);
            scope.Warn(isSubject ? rule : LintRule.PeerSelectsNoNamespace, source,
                policy.Name, $"{what}'s namespaceSelector matches no namespace: {near}");
            return;
        }

        ImmutableArray<Pod> pods = [.. spaces.SelectMany(space => scope.PodsIn(space))];
        ImmutableArray<Pod> matched = [.. pods.Where(pod => selector.PodSelector.Matches(pod.Labels))];
        if (matched.Any(pod => !isSubject || !pod.HostNetwork)) return;

        string where = Wording.List(spaces, 3);
        string sentence = pods.IsEmpty ? $"{what} matches no pod: there is none in {where}"
            : matched.IsEmpty ? $"{what} matches no pod in {where}: {Inventory(pods).NearMiss(selector.PodSelector)}"
            : $"{what} matches no pod in {where}: those with these labels are of the host's network, "
                + "which no policy is about";
        scope.Warn(rule, source, policy.Name, sentence);
    }

    /// <summary>Manifests without any Node say nothing about which there are.</summary>
    private static void CheckNodes(
        LintScope scope, AdminNetworkPolicy policy, LabelSelector selector, SourceLine source)
    {
        ImmutableArray<Node> nodes = scope.Snapshot.Nodes;
        if (nodes.IsEmpty || nodes.Any(node => selector.Matches(node.Labels))) return;

        string near = new LabelInventory("node", nodes.Select(node => node.Labels)).NearMiss(selector);
        scope.Warn(LintRule.PeerSelectsNoNode, source, policy.Name, $"peer matches no node: {near}");
    }

    private static LabelInventory Inventory(ImmutableArray<Pod> pods) => new("pod", pods.Select(pod => pod.Labels));
}
