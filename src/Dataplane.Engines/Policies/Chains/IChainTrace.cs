namespace Dataplane.Engines.Policies.Chains;

/// <summary>Who watches a walk through chains. A struct argument, so that what nobody watches costs nothing.</summary>
public interface IChainTrace
{
    static abstract bool IsOn { get; }

    /// <summary>The rule was looked at.</summary>
    void Visited(int rule);

    /// <summary>All of the rule's conditions held.</summary>
    void Matched(int rule);
}

/// <summary>Nobody watches.</summary>
public struct ChainTraceOff : IChainTrace
{
    public static bool IsOn => false;

    public readonly void Visited(int rule)
    {
    }

    public readonly void Matched(int rule)
    {
    }
}

/// <summary>
/// Counts, as <c>iptables -c</c> would not: the rules that were looked at, not those that matched alone.
/// </summary>
public struct ChainTraceCount : IChainTrace
{
    public static bool IsOn => true;

    public int VisitedCount { get; private set; }

    public int MatchedCount { get; private set; }

    public void Visited(int rule) => VisitedCount++;

    public void Matched(int rule) => MatchedCount++;
}

/// <summary>Writes down each rule that was looked at, and whether it matched.</summary>
public readonly struct ChainTraceRules(List<(int Rule, bool Matched)> rules) : IChainTrace
{
    public static bool IsOn => true;

    public void Visited(int rule) => rules.Add((rule, false));

    public void Matched(int rule) => rules[^1] = (rule, true);
}
