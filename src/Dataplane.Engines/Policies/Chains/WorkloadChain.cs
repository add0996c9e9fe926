using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>
/// The chain that packets to a pod walk, or packets from it, as <c>endpointIptablesChain</c>
/// (<c>felix/rules/endpoints.go</c>) puts it together: tier by tier the policies, then the profiles, then DROP.
/// </summary>
internal static class WorkloadChain
{
    /// <summary>Felix's VXLANPort, unless it is told another.</summary>
    private const ushort VxlanPort = 4789;

    private const uint Verdicts = FelixMarks.Accept | FelixMarks.Pass;

    private static readonly ChainMatch NotPassed = ChainMatch.OfMark(0, FelixMarks.Pass);
    private static readonly ChainMatch Accepted = ChainMatch.OfMark(FelixMarks.Accept, FelixMarks.Accept);

    public static List<ChainRule> Of(bool isIngress, IEnumerable<FelixTier> tiers, IEnumerable<int> profiles)
    {
        List<ChainRule> rules =
        [
            new(ChainTarget.Accept, ChainMatch.OfState(ChainMatch.Established)),
            new(ChainTarget.Drop, ChainMatch.OfState(ChainMatch.Invalid)),
            ChainRule.ClearMark(Verdicts),
        ];
        if (!isIngress) AddTunnelGuard(rules);
        foreach (FelixTier tier in tiers) AddTier(rules, tier);
        foreach (int profile in profiles)
        {
            rules.Add(new ChainRule(ChainTarget.Jump) { Chain = profile });
            rules.Add(new ChainRule(ChainTarget.Return, Accepted) { Comment = "Return if profile accepted" });
        }

        rules.Add(new ChainRule(ChainTarget.Drop)
        {
            Cause = PolicyVerdict.DefaultDeny,
            Comment = "Drop if no profiles matched",
        });
        return rules;
    }

    private static void AddTier(List<ChainRule> rules, FelixTier tier)
    {
        rules.Add(ChainRule.ClearMark(FelixMarks.Pass) with { Comment = $"Start of tier {tier.Name}" });
        foreach (int policy in tier.Policies)
        {
            rules.Add(new ChainRule(ChainTarget.Jump, NotPassed) { Chain = policy });
            rules.Add(new ChainRule(ChainTarget.Return, Accepted) { Comment = "Return if policy accepted" });
        }

        if (!tier.DropsAtEnd) return;

        string comment = $"End of tier {tier.Name}. Drop if no policies passed packet";
        rules.Add(new ChainRule(ChainTarget.Drop, NotPassed) { Cause = PolicyVerdict.DefaultDeny, Comment = comment });
    }

    // What a pod wraps into a tunnel of its own would pass its policies unseen.
    private static void AddTunnelGuard(List<ChainRule> rules)
    {
        rules.Add(new ChainRule(
            ChainTarget.Drop,
            ChainMatch.OfProtocol(IpProtocol.Udp),
            ChainMatch.OfPorts([new PortRange(VxlanPort, VxlanPort)], isSource: false))
        {
            Cause = PolicyVerdict.TunnelFromPod,
            Comment = "Drop VXLAN encapped packets originating in workloads",
        });
        rules.Add(new ChainRule(ChainTarget.Drop, ChainMatch.OfProtocol(IpProtocol.IpInIp))
        {
            Cause = PolicyVerdict.TunnelFromPod,
            Comment = "Drop IPinIP encapped packets originating in workloads",
        });
    }
}

/// <summary>
/// One tier of an endpoint: numbers of its policies' chains, and what becomes of packets that none of them decided.
/// </summary>
internal sealed record FelixTier(string Name, IReadOnlyList<int> Policies, bool DropsAtEnd);
