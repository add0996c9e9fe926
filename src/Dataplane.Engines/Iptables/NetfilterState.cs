namespace Dataplane.Engines.Iptables;

/// <summary>
/// What a ruleset remembers between packets: nth counters, recent lists, limit buckets. One for each node.
/// </summary>
public sealed class NetfilterState : IDisposable
{
    internal readonly uint[] Counts;
    internal readonly LimitBucket[] Limits;
    internal readonly RecentLists Recent;
    internal readonly int[] Stack;

    public NetfilterState(NetfilterRules rules)
    {
        Counts = [.. rules.NthStarts];
        Limits = new LimitBucket[rules.Limits.Length];
        Recent = new RecentLists(rules.RecentDepths);
        Stack = new int[rules.Depth + 1];
    }

    public void Dispose() => Recent.Dispose();
}
