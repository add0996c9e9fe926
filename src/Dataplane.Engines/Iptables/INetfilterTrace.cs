namespace Dataplane.Engines.Iptables;

/// <summary>Who watches a walk. A struct argument, so that what nobody watches costs nothing.</summary>
public interface INetfilterTrace
{
    static abstract bool IsOn { get; }

    /// <summary>These rules of one chain were looked at, one by one; none but perhaps the last one matched.</summary>
    void Visited(int first, int last);

    /// <summary>The rule matched (or the policy was reached) with a packet of so many bytes.</summary>
    void Matched(int rule, uint bytes);
}

/// <summary>Nobody watches.</summary>
public struct TraceOff : INetfilterTrace
{
    public static bool IsOn => false;

    public readonly void Visited(int first, int last)
    {
    }

    public readonly void Matched(int rule, uint bytes)
    {
    }
}

/// <summary>Counts packets and bytes of each rule, and the rules visited.</summary>
public struct TraceCounts(RuleCounters counters) : INetfilterTrace
{
    public static bool IsOn => true;

    public readonly void Visited(int first, int last) => counters.RulesVisited += last - first + 1;

    public readonly void Matched(int rule, uint bytes) => counters.Add(rule, bytes);
}

/// <summary>Keeps every rule visited, in order.</summary>
public struct TraceRules(List<VisitedRule> visited) : INetfilterTrace
{
    public static bool IsOn => true;

    public readonly void Visited(int first, int last)
    {
        for (int rule = first; rule <= last; rule++) visited.Add(new VisitedRule(rule, IsMatch: false));
    }

    public readonly void Matched(int rule, uint bytes)
    {
        if (visited.Count > 0 && visited[^1] == new VisitedRule(rule, IsMatch: false))
            visited.RemoveAt(visited.Count - 1);
        visited.Add(new VisitedRule(rule, IsMatch: true));
    }
}

/// <summary>A rule or a policy that a packet came by; <see cref="NetfilterRules.PlaceOf"/> tells which.</summary>
public readonly record struct VisitedRule(int Rule, bool IsMatch);
