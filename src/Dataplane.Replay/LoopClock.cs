using System.Diagnostics;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>
/// Counts and times loops; each begins a microsecond of capture time behind the end of the one before.
/// </summary>
internal sealed class LoopClock(int loops)
{
    private const long Gap = 1000;

    private readonly List<LoopTime> _times = new(loops);
    private long _shift;
    private long _first = long.MaxValue;
    private long _last = long.MinValue;
    private long _startedAt;
    private long _recordsBefore;

    /// <summary>From 1.</summary>
    public int Number { get; private set; }

    public IReadOnlyList<LoopTime> Times => _times;

    public bool TryBegin()
    {
        if (Number == loops) return false;

        Number++;
        if (Number > 1) _shift += _last - _first + Gap;
        _startedAt = Stopwatch.GetTimestamp();
        return true;
    }

    public void End(long records)
    {
        _times.Add(new LoopTime(records - _recordsBefore, Stopwatch.GetElapsedTime(_startedAt).TotalSeconds));
        _recordsBefore = records;
    }

    /// <summary>Moves records of a later loop behind the loops before.</summary>
    public void Shift(Span<CaptureRecord> records)
    {
        if (Number > 1)
        {
            foreach (ref CaptureRecord record in records) record.Timestamp += _shift;
            return;
        }

        if (loops == 1) return;
        foreach (ref readonly CaptureRecord record in records)
        {
            _first = Math.Min(_first, record.Timestamp);
            _last = Math.Max(_last, record.Timestamp);
        }
    }
}
