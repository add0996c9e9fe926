using System.Diagnostics;
using System.Globalization;
using HdrHistogram;

namespace Dataplane.Replay;

/// <summary>Measures a run: time, latency of bursts, allocated bytes, memory.</summary>
internal sealed class RunMeter
{
    /// <summary>Bursts before which allocations are not counted: tables grow and code is compiled.</summary>
    private const int WarmUpBursts = 10;
    private const long LongestLatency = 60_000_000_000;
    private const int LatencyDigits = 3;

    private readonly LongHistogram _latency = new(LongestLatency, LatencyDigits);
    private readonly double _nanosecondsPerTick = 1e9 / Stopwatch.Frequency;
    private long _batchBegan;
    private long _allocatedAtStart;
    private long _bursts;
    private long _firstBegan = -1;
    private long _lastEnded;

    public long Records { get; private set; }

    public long AllocatedBytes { get; private set; }

    public long PeakMemory { get; private set; }

    public double ElapsedSeconds => _firstBegan < 0 ? 0 : Stopwatch.GetElapsedTime(_firstBegan, _lastEnded).TotalSeconds;

    public LatencySummary? Latency => Summarize(_latency);

    /// <summary>Null where nothing was recorded.</summary>
    public static LatencySummary? Summarize(LongHistogram latency) => latency.TotalCount == 0 ? null : new LatencySummary(
        latency.LowestEquivalentValue(latency.GetValueAtPercentile(0)),
        latency.GetValueAtPercentile(50),
        latency.GetValueAtPercentile(90),
        latency.GetValueAtPercentile(99),
        latency.GetValueAtPercentile(99.9),
        latency.GetMaxValue(),
        latency.GetMean());

    /// <summary>Before records are read: their arrival.</summary>
    public void BeginBatch()
    {
        _batchBegan = Stopwatch.GetTimestamp();
        if (_firstBegan < 0) _firstBegan = _batchBegan;
        _allocatedAtStart = GC.GetAllocatedBytesForCurrentThread();
    }

    /// <summary>A burst's frames are made: every record of it has taken this long.</summary>
    public void EndBurst(int records)
    {
        _lastEnded = Stopwatch.GetTimestamp();
        long nanoseconds = (long)((_lastEnded - _batchBegan) * _nanosecondsPerTick);
        _latency.RecordValueWithCount(Math.Clamp(nanoseconds, 1, LongestLatency), records);
        Records += records;
        _bursts++;
    }

    public void EndBatch()
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread() - _allocatedAtStart;
        if (_bursts > WarmUpBursts) AllocatedBytes += allocated;
    }

    /// <summary>Anonymous memory of the process now; the largest sample is the peak.</summary>
    public void SampleMemory()
    {
        if (!OperatingSystem.IsLinux())
        {
            PeakMemory = Math.Max(PeakMemory, Environment.WorkingSet);
            return;
        }

        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            if (!line.StartsWith("RssAnon:", StringComparison.Ordinal)) continue;

            ReadOnlySpan<char> kilobytes = line.AsSpan("RssAnon:".Length).Trim();
            PeakMemory = Math.Max(PeakMemory, 1024 * long.Parse(kilobytes[..kilobytes.IndexOf(' ')], CultureInfo.InvariantCulture));
            return;
        }
    }
}
