using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Policies;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>A verdict in words: the policy, its rule and the line where it stands.</summary>
public static class VerdictWords
{
    /// <summary><c>namespace/name</c>; null where no policy decides.</summary>
    public static string? PolicyOf(ReachJudge judge, ReachVerdict verdict) => PolicyOf(judge.Model, verdict);

    /// <summary><c>ingress[0]</c>, or the rule's own name; null where no rule decides.</summary>
    public static string? RuleOf(ReachJudge judge, ReachVerdict verdict) => RuleOf(judge.Model, verdict);

    /// <summary>The line of the rule; under default deny, of the policy that isolates the pod.</summary>
    public static SourceLine? SourceOf(ReachJudge judge, ReachVerdict verdict) => SourceOf(judge.Model, verdict);

    /// <summary>
    /// <c>default deny of ingress: shop/deny-all isolates the pod, and nothing allows it (shop.yaml:7)</c>.
    /// </summary>
    public static string Sentence(ReachJudge judge, ReachVerdict verdict) => Sentence(judge.Model, verdict);

    internal static string? PolicyOf(PolicyModel model, ReachVerdict verdict)
    {
        if (verdict.Networks is { } networks) return NetworkText.NameOf(networks.Judged);

        return verdict.Policy < 0 ? null : model.Policies[verdict.Policy].ToString();
    }

    internal static string? RuleOf(PolicyModel model, ReachVerdict verdict)
    {
        if (verdict.Rule < 0) return null;

        CompiledRule rule = model.Rules[verdict.Rule];
        return rule.Name.Length > 0 ? rule.Name : $"{DirectionOf(verdict)}[{rule.Index}]";
    }

    internal static SourceLine? SourceOf(PolicyModel model, ReachVerdict verdict)
    {
        if (verdict.Rule >= 0) return model.Rules[verdict.Rule].Source;
        if (verdict.Networks is { } networks) return NetworkText.SourceOf(model, networks.Judged);

        return verdict.Policy < 0 ? null : model.Policies[verdict.Policy].Source;
    }

    public static string DirectionOf(ReachVerdict verdict) =>
        verdict.Direction == PolicyDirection.Ingress ? "ingress" : "egress";

    internal static string Sentence(PolicyModel model, ReachVerdict verdict) => verdict.Reason switch
    {
        ReachReason.NotIsolated => "no policy is about it",
        ReachReason.NeverJudged => "a node reaches its own pods, and a pod itself",
        ReachReason.NotEnforced => "the CNI does not enforce policies",
        ReachReason.OtherNetwork =>
            NetworkText.Apart(model, verdict.Networks!.Value.Judged, verdict.Networks.Value.Peer),
        ReachReason.SameNetwork =>
            NetworkText.Together(model, verdict.Networks!.Value.Judged, verdict.Networks.Value.Peer),
        ReachReason.NoEndpoints => "the Service has no endpoint",
        ReachReason.DefaultDeny => $"default deny of {DirectionOf(verdict)}: {PolicyOf(model, verdict)} isolates the "
            + $"{(verdict.Direction == PolicyDirection.Ingress ? "destination" : "source")}, "
            + $"and no rule allows it ({SourceOf(model, verdict)})",
        ReachReason.AllowedByRule => $"allowed by {RulePlaceOf(model, verdict)}",
        _ => $"denied by {RulePlaceOf(model, verdict)}",
    };

    // What is no policy to most readers has its kind said.
    private static string RulePlaceOf(PolicyModel model, ReachVerdict verdict)
    {
        CompiledPolicy policy = model.Policies[verdict.Policy];
        string kind = policy.Tier == PolicyTier.Outside ? policy.Kind + " " : "";
        return $"{kind}{policy} {RuleOf(model, verdict)} ({SourceOf(model, verdict)})";
    }
}
