using Dataplane.Engines.Explanation;

namespace Dataplane.Engines.Iptables;

/// <summary>
/// A walk through a node's tables as steps: table, chain, number and text of each rule, in the order of the walk.
/// </summary>
internal static class RuleWalkText
{
    public static IEnumerable<LookupStep> Steps(NetfilterRules rules, IEnumerable<VisitedRule> visited) =>
        visited.Select(rule => StepOf(rules.PlaceOf(rule.Rule), rule.IsMatch));

    private static LookupStep StepOf(RulePlace place, bool isMatch)
    {
        if (place.Rule is { } rule) return new LookupStep("rule", $"{place}: {rule}") { IsMatch = isMatch };

        return place.Chain.Policy is { } policy
            ? new LookupStep("policy", $"{place}: {policy}") { IsMatch = isMatch }
            : new LookupStep("return", $"{place}: back to the chain before") { IsMatch = isMatch };
    }
}
