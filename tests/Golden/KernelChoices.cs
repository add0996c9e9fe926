using Dataplane.Engines.Iptables;

namespace Dataplane.Tests.Golden;

/// <summary>
/// Decisions of <c>statistic --mode random</c> as a kernel made them: a rule that counted a packet had said yes.
/// </summary>
public struct KernelChoices(NetfilterRules rules, KubeProxyCase played) : INetfilterDraw
{
    private readonly Dictionary<string, long> _left = played.RulesHit.ToDictionary(
        hit => hit.Key, hit => hit.Value.Packets);

    public readonly bool Decide(int rule, uint probability)
    {
        RulePlace place = rules.PlaceOf(rule);
        string key = $"{place.Table} {place.Rule}";
        if (place.Rule!.ToString() == played.RemovedRule) return true;
        if (_left.GetValueOrDefault(key) == 0) return false;

        _left[key]--;
        return true;
    }
}
