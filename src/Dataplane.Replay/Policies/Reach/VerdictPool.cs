namespace Dataplane.Replay.Policies.Reach;

/// <summary>Each different verdict once, by number: millions of pairs share a few hundred.</summary>
internal sealed class VerdictPool
{
    private readonly List<ReachVerdict> _all = [];
    private readonly Dictionary<ReachVerdict, int> _numbers = [];
    private byte[] _kinds = new byte[64];

    public ReachVerdict this[int number] => _all[number];

    public bool IsAllowed(int number) => (_kinds[number] & 1) != 0;

    /// <summary>It says more than that nothing is in the way.</summary>
    public bool IsByRule(int number) => (_kinds[number] & 2) != 0;

    public int NumberOf(ReachVerdict verdict)
    {
        if (_numbers.TryGetValue(verdict, out int number)) return number;

        _numbers.Add(verdict, number = _all.Count);
        _all.Add(verdict);
        if (number == _kinds.Length) Array.Resize(ref _kinds, 2 * number);
        _kinds[number] = (byte)((verdict.IsAllowed ? 1 : 0) | (verdict.Rule >= 0 ? 2 : 0));
        return number;
    }
}
