using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Dataplane.Replay.Pacing;

/// <summary>
/// The machine's monotonic clock; sleeps by nanosleep(2) where there is one, which is late by tens of microseconds.
/// </summary>
internal readonly unsafe partial struct MonotonicClock : IClock
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const long NanosecondsPerMillisecond = 1_000_000;

    /// <summary>What a system without nanosleep may oversleep: its timer's tick.</summary>
    private const long Tick = 16 * NanosecondsPerMillisecond;

    public long Now => Stopwatch.Frequency == NanosecondsPerSecond
        ? Stopwatch.GetTimestamp()
        : (long)(Stopwatch.GetTimestamp() * ((double)NanosecondsPerSecond / Stopwatch.Frequency));

    public void Sleep(long nanoseconds)
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
        {
            var time = new TimeSpec
            {
                Seconds = (nint)(nanoseconds / NanosecondsPerSecond),
                Nanoseconds = (nint)(nanoseconds % NanosecondsPerSecond),
            };
            _ = NanoSleep(&time, null);
            return;
        }

        if (nanoseconds > Tick) Thread.Sleep((int)((nanoseconds - Tick) / NanosecondsPerMillisecond));
        else Thread.Yield();
    }

    public void Spin() => Thread.SpinWait(1);

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int NanoSleep(TimeSpec* request, TimeSpec* remaining);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
