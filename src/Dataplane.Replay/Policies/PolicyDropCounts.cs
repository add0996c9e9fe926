using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Policies;

namespace Dataplane.Replay.Policies;

/// <summary>What policies dropped in a run, by pod and direction, or by the rule that denied it.</summary>
/// <param name="Pod">The pod that was judged; null where a rule denied it, whoever the pod was.</param>
/// <param name="Direction">ingress or egress.</param>
/// <param name="Policy">Who selects the pod and has no rule that allows it, or whose rule it was.</param>
/// <param name="Rule">The rule's place in its policy; null for a default deny.</param>
/// <param name="Source">The line of the rule, or of the first policy.</param>
public sealed record PolicyDropCount(
    string? Pod, string Direction, string Policy, int? Rule, string Source, long Packets);

/// <summary>Counted numbers, in words.</summary>
internal static class PolicyDropCounts
{
    /// <summary>Largest first.</summary>
    public static ImmutableArray<PolicyDropCount> Of(Emulation emulation) => emulation.Policies is not { } policies
        ? []
        : [.. DefaultDenials(emulation, policies.Model)
            .Concat(Denials(emulation, policies.Model)).OrderByDescending(drop => drop.Packets)];

    private static IEnumerable<PolicyDropCount> DefaultDenials(Emulation emulation, PolicyModel model)
    {
        var teller = new PolicyTeller(model, emulation.Model, emulation.Topology);
        foreach ((PolicyDirection direction, int endpoint, long packets) in emulation.State.Counters.DefaultDenials())
        {
            CompiledPolicy[] selecting = [.. teller.SelectingAt(endpoint, direction)];
            NetNamespace? space = selecting.Length == 0 ? teller.NetworkOf(endpoint) : null;
            yield return new PolicyDropCount(
                teller.NameOf(endpoint),
                VerdictText.Name(direction),
                space is null
                    ? string.Join(", ", selecting.Select(policy => policy.ToString()))
                    : NetworkText.NameOf(space.Namespace),
                null,
                space?.Source.ToString() ?? string.Join(", ", selecting.Select(policy => policy.Source.ToString())),
                packets);
        }
    }

    private static IEnumerable<PolicyDropCount> Denials(Emulation emulation, PolicyModel model)
    {
        foreach ((int number, long packets) in emulation.State.Counters.Denials())
        {
            CompiledRule rule = model.Rules[number];
            yield return new PolicyDropCount(
                null, VerdictText.Name(rule.Direction), model.Policies[rule.Policy].ToString(),
                rule.Index, rule.Source.ToString(), packets);
        }
    }
}
