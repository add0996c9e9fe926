using Dataplane.Replay.Pacing;

namespace Dataplane.Tests.Replay.Pacing;

/// <summary>Time that passes when it is slept or spun, and not otherwise.</summary>
internal sealed class FakeTime(long oversleep = 0)
{
    public const long SpinStep = 100;

    public long Now { get; set; } = 5_000;

    /// <summary>What was asked of the system, in nanoseconds.</summary>
    public List<long> Sleeps { get; } = [];

    public FakeClock Clock => new(this);

    public void Sleep(long nanoseconds)
    {
        Sleeps.Add(nanoseconds);
        Now += nanoseconds + oversleep;
    }
}

internal readonly struct FakeClock(FakeTime time) : IClock
{
    public long Now => time.Now;

    public void Sleep(long nanoseconds) => time.Sleep(nanoseconds);

    public void Spin() => time.Now += FakeTime.SpinStep;
}
