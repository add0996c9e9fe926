using System.Globalization;
using Dataplane.Core;

namespace Dataplane.Replay;

/// <summary>
/// Measures a run: time, latency of packets, allocated bytes, memory. Reads no clock: whoever drives it does.
/// </summary>
internal sealed class RunMeter
{
    /// <summary>
    /// Records before which allocations are not counted: nodes' tables are made and code is compiled.
    /// </summary>
    private const int WarmUpRecords = 10 * PacketBurst.MaxRecords;

    private const double NanosecondsPerSecond = 1e9;

    private long _allocatedAtStart;
    private long _firstBegan = -1;
    private long _lastEnded;

    public long Records { get; private set; }

    public long AllocatedBytes { get; private set; }

    public long PeakMemory { get; private set; }

    public double ElapsedSeconds => _firstBegan < 0 ? 0 : (_lastEnded - _firstBegan) / NanosecondsPerSecond;

    /// <summary>From when a packet was read, or was due, to when its burst's frames were made.</summary>
    public DelayHistogram Latency { get; } = new();

    /// <summary>Before records are read.</summary>
    public void BeginBatch(long now)
    {
        if (_firstBegan < 0) _firstBegan = _lastEnded = now;
        _allocatedAtStart = GC.GetAllocatedBytesForCurrentThread();
    }

    /// <summary>A burst's frames are made, of records that arrived together.</summary>
    public void EndBurst(long now, long arrived, int records)
    {
        Latency.Record(now - arrived, records);
        End(now, records);
    }

    /// <summary>A burst's frames are made, of records that arrived at these times.</summary>
    public void EndBurst(long now, ReadOnlySpan<long> arrived)
    {
        foreach (long time in arrived) Latency.Record(now - time);
        End(now, arrived.Length);
    }

    public void EndBatch() => AddAllocated(GC.GetAllocatedBytesForCurrentThread() - _allocatedAtStart);

    /// <summary>What a thread allocated for the records that it just ended.</summary>
    public void AddAllocated(long bytes)
    {
        if (Records > WarmUpRecords) AllocatedBytes += bytes;
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
            PeakMemory = Math.Max(
                PeakMemory, 1024 * long.Parse(kilobytes[..kilobytes.IndexOf(' ')], CultureInfo.InvariantCulture));
            return;
        }
    }

    private void End(long now, int records)
    {
        _lastEnded = now;
        Records += records;
    }
}
