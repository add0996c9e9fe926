using System.Collections.Immutable;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;

namespace Dataplane.Replay.Policies.Lint;

/// <summary>What is written in NetworkPolicies and does not do what it looks like, in this cluster.</summary>
public static class PolicyLint
{
    /// <param name="snapshot">Policies, and the pods, namespaces and Services that they are about.</param>
    /// <param name="cni">As <c>--cni</c> names it; null: what the manifests show.</param>
    /// <param name="settings">Of <c>--set</c>; <c>policy.enforcer</c> counts.</param>
    public static LintReport Run(ClusterSnapshot snapshot, string? cni, EmulationSettings settings)
    {
        var scope = new LintScope(snapshot);
        List<string> notes = [];
        scope.Findings.AddRange(ReaderFindings.Of(snapshot));
        CheckEnforcement(scope, PolicyEnforcement.Of(snapshot, cni, settings), notes);
        foreach (NetworkPolicy policy in snapshot.NetworkPolicies) CheckNamespace(scope, policy);
        foreach (NetworkPolicy policy in snapshot.NetworkPolicies) EgressLint.Check(scope, policy);
        CheckAgainstPods(scope, notes);

        IEnumerable<LintFinding> ordered = scope.Findings
            .OrderBy(finding => finding.Source.File, StringComparer.Ordinal)
            .ThenBy(finding => finding.Source.Line);
        return new LintReport(
            [.. ordered], [.. snapshot.NetworkPolicies.Select(policy => policy.ToString())], [.. notes]);
    }

    private static void CheckAgainstPods(LintScope scope, List<string> notes)
    {
        ImmutableArray<NetworkPolicy> policies = scope.Snapshot.NetworkPolicies;
        AdminNetworkPolicy[] admin =
            [.. scope.Snapshot.AdminNetworkPolicies, .. scope.Snapshot.BaselineAdminNetworkPolicies];
        if (policies.IsEmpty && admin.Length == 0) return;

        if (scope.Pods.IsEmpty)
        {
            notes.Add("the manifests have no Pod: selectors and ports of policies were not compared with pods");
            return;
        }

        if (scope.Snapshot.Namespaces.IsEmpty)
            notes.Add(
                "the manifests have no Namespace: namespaceSelectors that ask for more than names were left alone");

        foreach (NetworkPolicy policy in policies)
        {
            SelectorLint.Check(scope, policy);
            PortLint.Check(scope, policy);
        }

        foreach (AdminNetworkPolicy policy in admin) AdminSelectorLint.Check(scope, policy);

        // An admin policy may let everybody ask DNS; NetworkPolicies alone do not tell then.
        if (scope.Snapshot.AdminNetworkPolicies.All(policy => policy.Egress.IsEmpty)) new DnsLint(scope).Check();
    }

    private static void CheckEnforcement(LintScope scope, PolicyEnforcement enforcement, List<string> notes)
    {
        ClusterSnapshot snapshot = scope.Snapshot;
        (SourceLine Source, string Name)[] policies =
        [
            .. snapshot.NetworkPolicies.Select(policy => (policy.Source, policy.ToString())),
            .. snapshot.AdminNetworkPolicies.Concat(snapshot.BaselineAdminNetworkPolicies)
                .Select(policy => (policy.Source, policy.Name)),
        ];
        if (enforcement.IsEnforced || policies.Length == 0) return;

        if (enforcement.IsAssumed)
        {
            notes.Add(enforcement.Evidence);
            return;
        }

        string those = policies.Length == 1
            ? "this policy has"
            : $"these {Wording.Count(policies.Length, "policy")} have";
        scope.Findings.Add(new LintFinding(
            LintRule.IgnoredByCni, Severity.Warning, policies[0].Source,
            policies[0].Name, $"{those} no effect: {enforcement.Evidence}"));
    }

    /// <summary>Manifests without any Namespace say nothing about which there are.</summary>
    private static void CheckNamespace(LintScope scope, NetworkPolicy policy)
    {
        if (scope.Snapshot.Namespaces.IsEmpty || scope.Namespaces.ContainsKey(policy.Namespace)) return;

        string? nearest = NearestWord.Of(policy.Namespace, scope.Namespaces.Keys.Order(StringComparer.Ordinal));
        string hint = nearest is null ? "" : $"; nearest is {nearest}";
        scope.Warn(
            LintRule.UnknownNamespace, policy.Source, policy,
            $"namespace {policy.Namespace} is not among the {Wording.Count(scope.Namespaces.Count, "namespace")} of "
            + $"the manifests{hint}");
    }
}
