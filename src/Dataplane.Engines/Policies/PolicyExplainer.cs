using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Core;

namespace Dataplane.Engines.Policies;

/// <summary>
/// Tells of a verdict who decided it, and of a default deny which rule came closest and what of it did not match.
/// </summary>
public static class PolicyExplainer
{
    private const int MostNames = 3;

    /// <summary>By what the API says.</summary>
    public static PolicyExplanation Explain(PolicyModel model, in PolicyQuestion question) =>
        Explain(model, question, PolicyEvaluator.Judge(model, question));

    /// <summary>An engine's verdict, which may differ from what the API says where its CNI does.</summary>
    public static PolicyExplanation Explain(PolicyModel model, in PolicyQuestion question, PolicyVerdict verdict)
    {
        ImmutableArray<int> selecting = model.Identities[question.Subject].PoliciesFor(question.Direction);
        PolicyExplanation explanation = verdict.Rule switch
        {
            PolicyVerdict.DefaultDeny => Passed(model, question, DefaultDeny(model, question)),
            PolicyVerdict.NotIsolated => NotIsolated(model, question),
            PolicyVerdict.NeverJudged => Unjudged(model, question),
            PolicyVerdict.TunnelFromPod => Tunnelled(model, question),
            PolicyVerdict.OtherNetwork => NetworkText.Apart(model, question),
            int rule => ByRule(model, question, model.Rules[rule], verdict.IsAllowed),
        };
        return explanation with { SelectedBy = [.. selecting.Select(policy => model.Policies[policy].ToString())] };
    }

    private static PolicyExplanation ByRule(
        PolicyModel model, in PolicyQuestion question, CompiledRule rule, bool isAllowed)
    {
        CompiledPolicy policy = model.Policies[rule.Policy];
        return new PolicyExplanation
        {
            Direction = question.Direction,
            IsAllowed = isAllowed,
            Policy = policy.ToString(),
            Tier = policy.Tier,
            Rule = rule.Index,
            Source = rule.Source,
            Sentence = $"{PolicyText.Of(model, rule)} {(isAllowed ? "allows" : "denies")} {Flow(model, question)}",
        };
    }

    private static PolicyExplanation DefaultDeny(PolicyModel model, PolicyQuestion question)
    {
        CompiledPolicy[] selecting =
        [
            .. model.Identities[question.Subject].PoliciesFor(question.Direction)
                .Select(number => model.Policies[number]).Where(policy => policy.Tier == PolicyTier.Namespaced),
        ];
        if (selecting.Length == 0) return Unexplained(model, question);

        (CompiledRule Rule, NearMiss Miss)[] misses =
        [
            .. selecting.SelectMany(policy => policy.RulesFor(question.Direction))
                .Select(number => (model.Rules[number], NearMiss.Of(model, model.Rules[number], question))),
        ];
        string start = $"{Selecting(model, question, selecting)} for {PolicyText.Of(question.Direction)}";
        if (misses.Length == 0)
            return Denied(
                question, selecting[0], null, $"{start} and {(selecting.Length == 1 ? "has" : "have")} no rule for it");

        (CompiledRule closest, NearMiss miss) = misses.MinBy(entry => entry.Miss.Distance);
        string why = miss.Distance > 0 ? miss.Text : Unapplied(closest, question);
        return Denied(question, model.Policies[closest.Policy], closest,
            $"{start} and no rule allows it; closest is {PolicyText.Of(model, closest)}: {why}");
    }

    /// <summary>
    /// Who reads an administrator's rule on this traffic should know that it left the decision to others.
    /// </summary>
    private static PolicyExplanation Passed(
        PolicyModel model, in PolicyQuestion question, PolicyExplanation explanation)
    {
        int rule = PolicyEvaluator.PassingRule(model, question);
        return rule < 0
            ? explanation
            : explanation with
            {
                Sentence = $"{explanation.Sentence} ({PolicyText.Of(model, model.Rules[rule])} passed it on)",
            };
    }

    private static PolicyExplanation Denied(
        PolicyQuestion question, CompiledPolicy policy, CompiledRule? closest, string sentence) => new()
        {
            Direction = question.Direction,
            IsAllowed = false,
            IsDefaultDeny = true,
            Policy = policy.ToString(),
            Tier = policy.Tier,
            ClosestRule = closest?.Index ?? -1,
            Source = closest?.Source ?? policy.Source,
            Sentence = sentence,
        };

    private static PolicyExplanation Unexplained(PolicyModel model, PolicyQuestion question) => new()
    {
        Direction = question.Direction,
        IsAllowed = false,
        IsDefaultDeny = true,
        Sentence = $"no NetworkPolicy selects {PolicyText.PodOf(model, question.Subject, question.SubjectPod)} for "
            + $"{PolicyText.Of(question.Direction)}: this CNI denies {Flow(model, question)} by itself",
    };

    // The API would let it pass, the engine did not: only what stands as addresses can be taken differently.
    private static string Unapplied(CompiledRule rule, PolicyQuestion question) =>
        rule.PeerBlocks.FirstOrDefault(block => block.Contains(question.PeerAddress)) is { } block
            ? $"its {block.Block} holds {question.PeerAddress}, "
                + "but this CNI does not match blocks of addresses against pods and nodes"
            : "it matches by the API, but not as this CNI enforces it";

    private static string Selecting(PolicyModel model, PolicyQuestion question, CompiledPolicy[] policies)
    {
        string subject = PolicyText.PodOf(model, question.Subject, question.SubjectPod);
        if (policies.Length == 1) return $"{policies[0]} ({policies[0].Source}) selects {subject}";

        string names = string.Join(", ", policies.Take(MostNames).Select(policy => $"{policy} ({policy.Source})"));
        string more = policies.Length > MostNames
            ? string.Create(CultureInfo.InvariantCulture, $" and {policies.Length - MostNames} more")
            : "";
        return $"{names}{more} select {subject}";
    }

    private static PolicyExplanation NotIsolated(PolicyModel model, in PolicyQuestion question)
    {
        string subject = PolicyText.PodOf(model, question.Subject, question.SubjectPod);
        bool isSelected = model.Identities[question.Subject].PoliciesFor(question.Direction)
            .Any(policy => model.Policies[policy].Tier != PolicyTier.Outside);
        return Allowed(question, isSelected
            ? $"no admin policy decides {Flow(model, question)}, "
                + $"and no NetworkPolicy selects {subject} for {PolicyText.Of(question.Direction)}"
            : $"no policy selects {subject} for {PolicyText.Of(question.Direction)}");
    }

    private static PolicyExplanation Unjudged(PolicyModel model, in PolicyQuestion question) => Allowed(
        question,
        $"{PolicyText.PodOf(model, question.Subject, question.SubjectPod)} always hears its own node and itself");

    private static PolicyExplanation Tunnelled(PolicyModel model, in PolicyQuestion question) => new()
    {
        Direction = question.Direction,
        IsAllowed = false,
        Sentence = $"{PolicyText.PodOf(model, question.Subject, question.SubjectPod)} sends a tunnel's packet, "
            + $"which could carry anything past policies: this CNI denies {Flow(model, question)} whatever they say",
    };

    private static PolicyExplanation Allowed(PolicyQuestion question, string sentence) =>
        new() { Direction = question.Direction, IsAllowed = true, Sentence = sentence };

    private static string Flow(PolicyModel model, in PolicyQuestion question)
    {
        string peer = PolicyText.PeerOf(model, question);
        string way = question.Direction == PolicyDirection.Ingress ? $"from {peer}" : $"to {peer}";
        return $"{PolicyText.PortOf(question)} {way}";
    }
}
