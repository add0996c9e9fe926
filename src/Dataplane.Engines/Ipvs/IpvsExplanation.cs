using Dataplane.Core;
using Dataplane.Engines.Explanation;
using Dataplane.Engines.Iptables;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// What a look-up came by: rules that mark, the bucket of the virtual service, the real server, rules that masquerade.
/// </summary>
internal static class IpvsExplanation
{
    public static void Tell(
        IpvsNode node, in FlowKey key, in ServiceVerdict verdict, IReadOnlyList<VisitedRule> visited,
        ICollection<LookupStep> steps)
    {
        NetfilterRules? rules = node.RulesOf(key.Family)?.Rules;
        int before =
            rules is null ? 0 : visited.TakeWhile(rule => rules.PlaceOf(rule.Rule).Chain.Name != "POSTROUTING").Count();
        if (rules is not null) Add(steps, RuleWalkText.Steps(rules, visited.Take(before)));
        if (verdict.Outcome != ServiceOutcome.Denied) TellService(node, in key, in verdict, steps);
        if (rules is not null) Add(steps, RuleWalkText.Steps(rules, visited.Skip(before)));
    }

    private static void TellService(
        IpvsNode node, in FlowKey key, in ServiceVerdict verdict, ICollection<LookupStep> steps)
    {
        IpvsTables tables = node.Tables;
        string bucket = $"bucket {tables.BucketOf(in key)} of {tables.Buckets}: {tables.CountProbes(in key)} compared";
        uint service = tables.FindService(in key);
        if (service == 0)
        {
            steps.Add(new LookupStep("bucket", $"{bucket}: no virtual service"));
            return;
        }

        IpvsVirtualServer server = tables.ServiceOf(service);
        string scheduler = IpvsSchedulerNames.NameOf(server.Scheduler);
        steps.Add(new LookupStep("bucket", $"{bucket}: {server} {scheduler}, {server.RealServers.Length} real servers")
        {
            IsMatch = true,
        });
        if (verdict.Outcome != ServiceOutcome.Backend)
        {
            steps.Add(new LookupStep("scheduler", $"{scheduler}: no real server takes it"));
            return;
        }

        IpvsRealServer real = tables.RealServerOf(verdict.Backend);
        string chosen = $"{IpvsRules.TextOf(real.Address, real.Port)}, weight {real.Weight}";
        steps.Add(new LookupStep("scheduler", $"{scheduler}: {chosen}") { IsMatch = true });
    }

    private static void Add(ICollection<LookupStep> steps, IEnumerable<LookupStep> more)
    {
        foreach (LookupStep step in more) steps.Add(step);
    }
}
