using Dataplane.Wire;

namespace Dataplane.Replay.Pacing;

/// <summary>
/// When records are due behind the first one. Each time follows from all that came before, not from the record before
/// it: what is sent late does not make later ones late.
/// </summary>
internal sealed class Schedule(Pace pace)
{
    /// <summary>Far enough, and no sum with it overflows.</summary>
    public const long Never = 1L << 61;

    private const double NanosecondsPerSecond = 1e9;
    private const double NanosecondsPerByteAtOneMegabit = 8000;

    private readonly double _nanosecondsPerUnit = pace.Kind switch
    {
        PaceKind.Multiplier => 1 / pace.Rate,
        PaceKind.PacketsPerSecond => NanosecondsPerSecond / pace.Rate,
        PaceKind.MegabitsPerSecond => NanosecondsPerByteAtOneMegabit / pace.Rate,
        _ => throw new ArgumentOutOfRangeException(nameof(pace)),
    };

    /// <summary>What is in front of the next record: nanoseconds of capture time, packets, or bytes.</summary>
    private long _units;
    private long _records;
    private long _last;

    public Pace Pace => pace;

    /// <summary>Records that were captured before the one in front of them: that gap counts as none.</summary>
    public long Backwards { get; private set; }

    /// <summary>The first of those, from 1; 0: none.</summary>
    public long FirstBackwards { get; private set; }

    /// <summary>Nanoseconds behind the first record.</summary>
    public long Next(in CaptureRecord record)
    {
        _records++;
        if (pace.Kind == PaceKind.Multiplier) Follow(record.Timestamp);
        long due = (long)Math.Min(Never, _units * _nanosecondsPerUnit);
        if (pace.Kind == PaceKind.PacketsPerSecond) _units++;
        if (pace.Kind == PaceKind.MegabitsPerSecond) _units += record.OriginalLength;
        return due;
    }

    private void Follow(long timestamp)
    {
        if (_records > 1 && timestamp < _last)
        {
            Backwards++;
            if (FirstBackwards == 0) FirstBackwards = _records;
        }
        else if (_records > 1)
        {
            ulong gap = (ulong)timestamp - (ulong)_last;
            _units += (long)Math.Min(gap, (ulong)(long.MaxValue - _units));
        }

        _last = timestamp;
    }
}
