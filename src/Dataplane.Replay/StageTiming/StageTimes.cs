using Dataplane.Core;
using Dataplane.Replay.Pacing;
using HdrHistogram;

namespace Dataplane.Replay.StageTiming;

/// <summary>
/// What each stage takes, of one burst in <see cref="Every"/>: the others are not watched, and cost nothing.
/// </summary>
internal sealed class StageTimes
{
    public const int Every = 64;

    /// <summary>Bursts whose times are the compiler's.</summary>
    private const int WarmUp = 2;

    private const long Longest = 100_000_000_000;
    private const int Digits = 2;
    private const int ClockReads = 1000;

    /// <summary>Times of a packet are kept in hundredths of a nanosecond.</summary>
    private const int Scale = 100;

    private static readonly Stage[] Stages = [.. Enum.GetValues<Stage>().Where(stage => stage != Stage.None)];

    private readonly long[] _nanoseconds = new long[Stages.Length + 1];
    private readonly LongHistogram[] _perPacket =
        [.. Enumerable.Range(0, Stages.Length + 1).Select(_ => new LongHistogram(Longest, Digits))];
    private int _toWarmUp = WarmUp;
    private long _last;
    private long _bursts;
    private long _packets;

    public void Begin(long now)
    {
        Array.Clear(_nanoseconds);
        _last = now;
    }

    /// <summary>The stage has done its work, or its part of it: stages come again in each round of a burst.</summary>
    public void After(Stage stage, long now)
    {
        _nanoseconds[(int)stage] += now - _last;
        _last = now;
    }

    /// <summary>Counters are written, and frames given to whoever takes them: that is Emit.</summary>
    public void End(long now, int packets)
    {
        After(Stage.Emit, now);
        if (packets == 0 || _toWarmUp-- > 0) return;

        _bursts++;
        _packets += packets;
        foreach (Stage stage in Stages)
        {
            long hundredths = _nanoseconds[(int)stage] * Scale / packets;
            _perPacket[(int)stage].RecordValue(Math.Clamp(hundredths, 0, Longest));
        }
    }

    public StageTimesReport Report() => new(
        Every, _bursts, _packets, ClockCost(),
        [.. Stages.Where(stage => _perPacket[(int)stage].GetMaxValue() > 0).Select(Summarize)]);

    private static double ClockCost()
    {
        MonotonicClock clock = default;
        long began = clock.Now;
        for (int read = 1; read < ClockReads; read++) _ = clock.Now;
        return (double)(clock.Now - began) / ClockReads;
    }

    private StageTime Summarize(Stage stage)
    {
        LongHistogram times = _perPacket[(int)stage];
        return new StageTime(
            VerdictText.Name(stage),
            (double)times.GetValueAtPercentile(50) / Scale,
            (double)times.GetValueAtPercentile(99) / Scale,
            times.GetMean() / Scale);
    }
}
