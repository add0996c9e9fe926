using Dataplane.Capture;
using Dataplane.Replay;
using Dataplane.Replay.Pacing;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Replay.Pacing;

/// <summary>The run's loop on a clock of its own: what goes together, and what is measured.</summary>
public class ReplayLoopTests
{
    private const long Microsecond = 1000;
    private const long Cost = 5 * Microsecond;

    private readonly FakeTime _time = new();
    private readonly List<int> _bursts = [];

    [Fact]
    public void At_top_speed_records_go_as_they_are_read_and_latency_is_from_then()
    {
        ReplayLoop<FakeClock> loop = Run(records: 200, Pace.TopSpeed);

        // Bursts of 64 that take 5 us each: the last of four leaves 20 us after all were read.
        Assert.Equal([64, 64, 64, 8], _bursts);
        LatencySummary latency = loop.Meter.Latency.Summary!;
        Assert.Equal((5 * Microsecond, Near(20 * Microsecond)), (latency.Min, latency.Max));
        Assert.Equal(20e-6, loop.Meter.ElapsedSeconds, 1e-12);
        Assert.Null(loop.Schedule);
    }

    [Fact]
    public void With_a_pace_a_record_does_not_wait_for_the_rest_of_its_burst()
    {
        ReplayLoop<FakeClock> loop = Run(records: 10, new Pace(PaceKind.PacketsPerSecond, 100_000));

        Assert.Equal(Enumerable.Repeat(1, 10), _bursts);
        Assert.Equal((5 * Microsecond, Near(5 * Microsecond)),
            (loop.Meter.Latency.Summary!.Min, loop.Meter.Latency.Summary!.Max));
        Assert.Equal(0, loop.Schedule!.ErrorNanoseconds.Max);
    }

    [Fact]
    public void Latency_is_from_when_a_record_was_due_however_late_it_was_sent()
    {
        // Due every microsecond, sent every five: the 100 records wait for each other, and none of that is left out.
        ReplayLoop<FakeClock> loop = Run(records: 100, new Pace(PaceKind.PacketsPerSecond, 1_000_000), mostAtOnce: 1);

        Assert.Equal(5 * Microsecond, loop.Meter.Latency.Summary!.Min);
        Assert.Equal(Near((100 * 5 - 99) * Microsecond), loop.Meter.Latency.Summary!.Max);
        Assert.Equal(Near((99 * 5 - 99) * Microsecond), loop.Schedule!.ErrorNanoseconds.Max);
        Assert.Equal(200_000, loop.Schedule.Reached, 1e-6);
    }

    [Fact]
    public void Loops_go_on_in_time_a_microsecond_behind_each_other()
    {
        Run(records: 3, new Pace(PaceKind.Multiplier, 1), loops: 2);

        // A microsecond apart, and so the second loop's first record; each burst takes five.
        Assert.Equal([1, 2, 3], _bursts);
    }

    [Fact]
    public void An_interruption_lets_the_rest_be()
    {
        using var interruption = new CancellationTokenSource();
        ReplayLoop<FakeClock> loop = LoopOf(
            records: 10, new Pace(PaceKind.PacketsPerSecond, 1000), loops: 1, mostAtOnce: 64, onBurst: () =>
            {
                if (_bursts.Count == 4) interruption.Cancel();
            });

        loop.Run(interruption.Token);

        Assert.Equal(4, loop.Meter.Records);
    }

    private static long Near(long nanoseconds)
    {
        var histogram = new DelayHistogram();
        histogram.Record(nanoseconds);
        return histogram.Summary!.Max;
    }

    private ReplayLoop<FakeClock> Run(int records, Pace pace, int loops = 1, int mostAtOnce = 64)
    {
        ReplayLoop<FakeClock> loop = LoopOf(records, pace, loops, mostAtOnce, onBurst: null);
        loop.Run(CancellationToken.None);
        return loop;
    }

    private ReplayLoop<FakeClock> LoopOf(int records, Pace pace, int loops, int mostAtOnce, Action? onBurst)
    {
        var reader = new Records(records);
        var pipeline = new Pipe(_bursts, mostAtOnce, () =>
        {
            _time.Now += Cost;
            onBurst?.Invoke();
        });
        var meter = new RunMeter();
        var feed = new CaptureFeed(reader, new ReplayOptions { Loops = loops }, new Unwatched(), meter);
        return new ReplayLoop<FakeClock>(feed, pipeline, meter, pace, new Unwatched(), _time.Clock);
    }

    private sealed class Pipe(List<int> bursts, int most, Action pass) : IPipeline
    {
        public int Process(ReadOnlySpan<CaptureRecord> records)
        {
            bursts.Add(Math.Min(records.Length, most));
            pass();
            return bursts[^1];
        }

        public void Finish()
        {
        }
    }

    /// <summary>Records a microsecond apart.</summary>
    private sealed class Records(int count) : CaptureReader
    {
        private int _next;

        public override IReadOnlyList<CaptureInterface> Interfaces => [];

        public override string Name => "records";

        public override long Position => _next;

        public override long Length => count;

        public override CaptureDamage? Damage => null;

        public override bool CanRewind => true;

        public override int Read(Span<CaptureRecord> records)
        {
            int given = Math.Min(records.Length, count - _next);
            for (int index = 0; index < given; index++)
                records[index] = new CaptureRecord { Timestamp = _next++ * Microsecond };
            return given;
        }

        public override void Rewind() => _next = 0;

        protected override void Dispose(bool disposing)
        {
        }
    }
}
