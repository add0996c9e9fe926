using Dataplane.Capture;
using Dataplane.Replay.Pacing;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>Takes a capture's records through a pipeline: as fast as they go, or each when it is due.</summary>
internal sealed class ReplayLoop<TClock>
    where TClock : struct, IClock
{
    private const int BatchSize = 256;
    private const long BytesBetweenSamples = 64 << 20;

    private readonly CaptureReader _reader;
    private readonly IPipeline _pipeline;
    private readonly ReplayOptions _options;
    private readonly IReplayObserver _observer;
    private readonly TClock _clock;
    private readonly Pacer<TClock>? _pacer;
    private readonly CaptureRecord[] _batch = new CaptureRecord[BatchSize];
    private readonly long[] _due = new long[BatchSize];

    public ReplayLoop(CaptureReader reader, IPipeline pipeline, ReplayOptions options, IReplayObserver observer, TClock clock)
    {
        _reader = reader;
        _pipeline = pipeline;
        _options = options;
        _observer = observer;
        _clock = clock;
        _pacer = options.Pace.Kind == PaceKind.TopSpeed
            ? null
            : new Pacer<TClock>(new Schedule(options.Pace), clock, observer.Warn);
        Loops = new LoopClock(options.Loops);
    }

    public RunMeter Meter { get; } = new();

    public LoopClock Loops { get; }

    /// <summary>Null at top speed.</summary>
    public ScheduleReport? Schedule => _pacer?.Report();

    /// <summary>By how much records were sent late; null at top speed.</summary>
    public DelayHistogram? Errors => _pacer?.Errors;

    private bool IsDone => _options.Count > 0 && Meter.Records >= _options.Count;

    public void Run(CancellationToken cancellation)
    {
        _observer.Started(_reader.Length < 0 ? -1 : _reader.Length * _options.Loops, -1);
        while (Loops.TryBegin() && !cancellation.IsCancellationRequested)
        {
            if (Loops.Number > 1) _reader.Rewind();
            RunOnce(cancellation);
            Loops.End(Meter.Records);
            if (IsDone) break;
        }
    }

    private void RunOnce(CancellationToken cancellation)
    {
        long started = _reader.Position;
        long sampleAt = started + BytesBetweenSamples;
        long before = (Loops.Number - 1) * Math.Max(0, _reader.Length) - started;
        long progress = before + started;
        while (!cancellation.IsCancellationRequested)
        {
            Meter.BeginBatch(_clock.Now);
            int wanted = _options.Count == 0 ? BatchSize : (int)Math.Min(BatchSize, _options.Count - Meter.Records);
            int count = wanted == 0 ? 0 : _reader.Read(_batch.AsSpan(0, wanted));
            if (count == 0) return;

            Span<CaptureRecord> batch = _batch.AsSpan(0, count);
            Loops.Shift(batch);
            if (_pacer is null) Process(batch);
            else Process(batch, _pacer, progress, cancellation);

            Meter.EndBatch();
            long position = _reader.Position;
            progress = before + position;
            _observer.Progress(Meter.Records, progress);
            if (position < sampleAt) continue;

            sampleAt = position + BytesBetweenSamples;
            Meter.SampleMemory();
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
    private void Process(ReadOnlySpan<CaptureRecord> batch, Pacer<TClock> pacer, long progress, CancellationToken cancellation)
    {
        Span<long> due = _due.AsSpan(0, batch.Length);
        pacer.Plan(batch, due);
        while (!batch.IsEmpty)
        {
            int released = pacer.Await(due, cancellation);
            if (released == 0) return;

            int taken = _pipeline.Process(batch[..released]);
            Meter.EndBurst(_clock.Now, due[..taken]);
            pacer.Sent(due[..taken]);
            _observer.Progress(Meter.Records, progress);
            batch = batch[taken..];
            due = due[taken..];
        }
    }
}
