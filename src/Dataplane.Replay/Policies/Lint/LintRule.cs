using System.Collections.Immutable;

namespace Dataplane.Replay.Policies.Lint;

/// <summary>One thing that lint looks for.</summary>
/// <param name="Id">What stands in brackets behind a finding; stable.</param>
/// <param name="Summary">One sentence: what it finds.</param>
public sealed record LintRule(string Id, string Summary)
{
    public static readonly LintRule Unreadable = new("unreadable", "An object could not be read, and was left out.");

    public static readonly LintRule UnknownField = new(
        "unknown-field", "A field that the API does not have, or that reads oddly.");

    public static readonly LintRule UnknownNamespace = new(
        "unknown-namespace", "A policy in a namespace that is not there.");

    public static readonly LintRule IgnoredByCni = new(
        "ignored-by-cni", "Policies that the cluster's CNI does not enforce.");

    public static readonly LintRule SelectsNoPod = new("selects-no-pod", "A policy that is about no pod.");

    public static readonly LintRule PeerSelectsNoPod = new("peer-selects-no-pod", "A peer that no pod is.");

    public static readonly LintRule PeerSelectsNoNamespace = new(
        "peer-selects-no-namespace", "A peer's namespace that is not there.");

    public static readonly LintRule PeerSelectsNoNode = new("peer-selects-no-node", "A peer that no node is.");

    public static readonly LintRule EgressToClusterIp = new(
        "egress-to-cluster-ip", "An egress ipBlock of ClusterIPs: egress is judged after their translation.");

    public static readonly LintRule EgressWithoutDns = new(
        "egress-without-dns", "Pods that may send, but not ask DNS for names.");

    public static readonly LintRule EmptyEgress = new(
        "empty-egress", "egress: [] without policyTypes: it isolates nobody.");

    public static readonly LintRule NoSuchPort = new(
        "no-such-port", "A port that no container of the pods in question has.");

    public static ImmutableArray<LintRule> All { get; } =
    [
        Unreadable, UnknownField, UnknownNamespace, IgnoredByCni, SelectsNoPod, PeerSelectsNoPod,
        PeerSelectsNoNamespace, PeerSelectsNoNode, EgressToClusterIp, EgressWithoutDns, EmptyEgress, NoSuchPort,
    ];
}
