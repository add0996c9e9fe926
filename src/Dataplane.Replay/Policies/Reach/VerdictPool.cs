namespace Dataplane.Replay.Policies.Reach;

/// <summary>Each different verdict once, by number: millions of pairs share a few hundred.</summary>
internal sealed class VerdictPool
{
    private readonly List<ReachVerdict> _all = [];
    private readonly Dictionary<ReachVerdict, int> _numbers = [];

    public ReachVerdict this[int number] => _all[number];

    public int NumberOf(ReachVerdict verdict)
    {
        if (_numbers.TryGetValue(verdict, out int number)) return number;

        _numbers.Add(verdict, number = _all.Count);
        _all.Add(verdict);
        return number;
    }
}
