namespace Dataplane.Engines.Iptables;

/// <summary>
/// Packets and bytes of every rule and policy, as <c>iptables -v</c> shows them; and rules visited in all.
/// </summary>
public sealed class RuleCounters(NetfilterRules rules)
{
    private readonly long[] _packets = new long[rules.Size];
    private readonly long[] _bytes = new long[rules.Size];

    public long RulesVisited { get; set; }

    public long PacketsOf(int rule) => _packets[rule];

    public long BytesOf(int rule) => _bytes[rule];

    public void Add(int rule, uint bytes)
    {
        _packets[rule]++;
        _bytes[rule] += bytes;
    }

    public void Clear()
    {
        Array.Clear(_packets);
        Array.Clear(_bytes);
        RulesVisited = 0;
    }
}
