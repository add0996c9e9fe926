using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Replay.Pacing;
using Dataplane.Replay.StageTiming;
using Dataplane.Tests.Replay.Pacing;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Replay;

/// <summary>
/// Measuring packets, holding them back and sending them over links gives the collector nothing to do.
/// </summary>
public class MeasuringAllocationTests
{
    private const int Packets = 20_000;
    private const int Burst = 64;

    [Fact]
    public void Recording_latency_allocates_nothing()
    {
        var meter = new RunMeter();
        long[] due = new long[Burst];
        AssertNothing(() =>
        {
            for (int packet = 0; packet < Packets; packet++)
            {
                meter.EndBurst(now: packet * 100L, arrived: packet, records: Burst);
                meter.EndBurst(now: packet * 100L, due);
            }
        });
    }

    [Fact]
    public void Holding_packets_back_allocates_nothing()
    {
        var pacer = new Pacer<FakeClock>(
            new Schedule(new Pace(PaceKind.PacketsPerSecond, 100_000)), new FakeTime().Clock, _ => { });
        var records = new CaptureRecord[Burst];
        long[] due = new long[Burst];
        AssertNothing(() =>
        {
            for (int done = 0; done < Packets; done += Burst)
            {
                pacer.Plan(records, due);
                for (int sent = 0; sent < Burst;)
                {
                    int released = pacer.Await(due.AsSpan(sent), CancellationToken.None);
                    pacer.Sent(due.AsSpan(sent, released));
                    sent += released;
                }
            }
        });
    }

    [Fact]
    public void Timing_stages_allocates_nothing()
    {
        var times = new StageTimes();
        AssertNothing(() =>
        {
            for (int burst = 0; burst < Packets / Burst; burst++)
            {
                times.Begin(now: 0);
                times.After(Stage.Parse, now: 1000 + burst);
                times.End(now: 2000 + burst, Burst);
            }
        });
    }

    [Fact]
    public void Links_allocate_nothing_idle_or_full()
    {
        using var link = new LinkQueue(new LinkParameters(10_000_000_000, QueueLimit: 100, Delay: 0));
        long now = 0;
        AssertNothing(() =>
        {
            for (int packet = 0; packet < Packets; packet++)
                link.TrySend(now += packet % 1000 < 500 ? 1000 : 10, 60, 1, 28, out _);
        });
        Assert.True(link.Dropped > 0);
    }

    // The first time makes tables; of the others the least, for another thread's collection counts against this one.
    private static void AssertNothing(Action work)
    {
        work();
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 3; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
