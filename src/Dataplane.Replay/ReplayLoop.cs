using Dataplane.Replay.Pacing;
using Dataplane.Replay.Workers;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>Takes a capture's records through a pipeline: as fast as they go, or each when it is due.</summary>
internal sealed class ReplayLoop<TClock>
    where TClock : struct, IClock
{
    private readonly CaptureFeed _feed;
    private readonly IPipeline _pipeline;
    private readonly IReplayObserver _observer;
    private readonly TClock _clock;
    private readonly Pacer<TClock>? _pacer;
    private long[] _due = [];

    public ReplayLoop(
        CaptureFeed feed, IPipeline pipeline, RunMeter meter, Pace pace, IReplayObserver observer, TClock clock)
    {
        _feed = feed;
        _pipeline = pipeline;
        Meter = meter;
        _observer = observer;
        _clock = clock;
        _pacer = pace.Kind == PaceKind.TopSpeed ? null : new Pacer<TClock>(new Schedule(pace), clock, observer.Warn);
    }

    public RunMeter Meter { get; }

    /// <summary>Null at top speed.</summary>
    public ScheduleReport? Schedule => _pacer?.Report();

    /// <summary>By how much records were sent late; null at top speed.</summary>
    public DelayHistogram? Errors => _pacer?.Errors;

    /// <summary>All loops; by a crew, if there is one.</summary>
    public void Run(CancellationToken cancellation, Crew? crew = null)
    {
        _feed.Start();
        while (!cancellation.IsCancellationRequested && !_feed.IsDone && _feed.TryBegin())
        {
            if (crew is null) RunOnce(cancellation);
            else crew.Run(cancellation);
            _feed.End();
        }
    }

    private void RunOnce(CancellationToken cancellation)
    {
        while (true)
        {
            Meter.BeginBatch(_clock.Now);
            if (!_feed.Read(cancellation)) return;

            if (_pacer is null) Process(_feed.Batch);
            else Process(_feed.Batch, _pacer, cancellation);

            Meter.EndBatch();
            _feed.Report();
        }
    }

    private void Process(ReadOnlySpan<CaptureRecord> batch)
    {
        long arrived = _clock.Now;
        while (!batch.IsEmpty)
        {
            int taken = _pipeline.Process(batch);
            batch = batch[taken..];
            Meter.EndBurst(_clock.Now, arrived, taken);
        }
    }

    // A burst ends where the next record is not due yet: none waits for others.
    private void Process(ReadOnlySpan<CaptureRecord> batch, Pacer<TClock> pacer, CancellationToken cancellation)
    {
        if (_due.Length < batch.Length) _due = new long[batch.Length];
        Span<long> due = _due.AsSpan(0, batch.Length);
        pacer.Plan(batch, due);
        while (!batch.IsEmpty)
        {
            int released = pacer.Await(due, cancellation);
            if (released == 0) return;

            int taken = _pipeline.Process(batch[..released]);
            Meter.EndBurst(_clock.Now, due[..taken]);
            pacer.Sent(due[..taken]);
            _observer.Progress(Meter.Records, _feed.Position);
            batch = batch[taken..];
            due = due[taken..];
        }
    }
}
