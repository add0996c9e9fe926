namespace Dataplane.Engines.Iptables;

/// <summary>
/// A compiled <c>-m limit</c>: the token bucket of <c>xt_limit.c</c>, in credits of a kernel with 250 ticks a second.
/// </summary>
internal sealed class LimitRule
{
    private const uint Scale = 10_000;
    private const uint TicksPerSecond = 250;
    private const uint CreditsPerTick = 128;
    private const long NanosecondsPerTick = 1_000_000_000 / TicksPerSecond;

    private readonly uint _cost;
    private readonly uint _most;

    /// <summary><paramref name="average"/> is the time between two packets in 1/10,000 s.</summary>
    public LimitRule(uint average, uint burst)
    {
        _cost = Credits(average);
        _most = Credits(average * burst);
    }

    public static bool Overflows(uint average, uint burst) =>
        (ulong)average * burst > uint.MaxValue || Credits(average * burst) < Credits(average);

    public bool Ask(ref LimitBucket bucket, long now)
    {
        long tick = now / NanosecondsPerTick;
        if (!bucket.IsUsed) bucket = new LimitBucket { IsUsed = true, LastTick = tick, Credit = _most };

        long credit = bucket.Credit + Math.Max(0, tick - bucket.LastTick) * CreditsPerTick;
        bucket.Credit = (uint)Math.Min(credit, _most);
        bucket.LastTick = Math.Max(tick, bucket.LastTick);
        if (bucket.Credit < _cost) return false;

        bucket.Credit -= _cost;
        return true;
    }

    private static uint Credits(uint user) =>
        user > uint.MaxValue / (TicksPerSecond * CreditsPerTick)
            ? user / Scale * TicksPerSecond * CreditsPerTick
            : user * TicksPerSecond * CreditsPerTick / Scale;
}

/// <summary>How much of a limit is left.</summary>
internal struct LimitBucket
{
    public long LastTick;
    public uint Credit;
    public bool IsUsed;
}
