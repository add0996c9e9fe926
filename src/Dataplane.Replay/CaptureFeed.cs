using Dataplane.Capture;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>A capture's records, batch by batch and loop by loop, and how far a run has come with them.</summary>
internal sealed class CaptureFeed(
    CaptureReader reader, ReplayOptions options, IReplayObserver observer, RunMeter meter, CapturePoints? points = null)
{
    private const int BatchSize = 256;
    private const long BytesBetweenSamples = 64 << 20;

    private readonly CaptureRecord[] _batch = new CaptureRecord[BatchSize];
    private int _count;
    private long _before;
    private long _sampleAt;

    public LoopClock Loops { get; } = new(options.Loops);

    /// <summary>What was read last; its frames stay until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<CaptureRecord> Batch => _batch.AsSpan(0, _count);

    /// <summary>Records read, over all loops.</summary>
    public long Records { get; private set; }

    /// <summary>Bytes of input, over all loops.</summary>
    public long Position => _before + reader.Position;

    public bool IsDone => options.Count > 0 && Records >= options.Count;

    public void Start() => observer.Started(reader.Length < 0 ? -1 : reader.Length * options.Loops, -1);

    /// <summary>Starts the next loop; false behind the last.</summary>
    public bool TryBegin()
    {
        if (!Loops.TryBegin()) return false;
        if (Loops.Number > 1) reader.Rewind();

        long started = reader.Position;
        _before = (Loops.Number - 1) * Math.Max(0, reader.Length) - started;
        _sampleAt = started + BytesBetweenSamples;
        return true;
    }

    public void End() => Loops.End(meter.Records);

    /// <summary>Reads the next batch; false at the loop's end.</summary>
    public bool Read(CancellationToken cancellation)
    {
        _count = 0;
        if (cancellation.IsCancellationRequested) return false;

        int wanted = options.Count == 0 ? BatchSize : (int)Math.Min(BatchSize, options.Count - Records);
        if (wanted > 0) _count = reader.Read(_batch.AsSpan(0, wanted));
        Records += _count;
        points?.Look();
        Loops.Shift(_batch.AsSpan(0, _count));
        return _count > 0;
    }

    /// <summary>Tells how far it is, and looks at the memory now and then.</summary>
    public void Report()
    {
        observer.Progress(meter.Records, Position);
        if (reader.Position < _sampleAt) return;

        _sampleAt = reader.Position + BytesBetweenSamples;
        meter.SampleMemory();
    }
}
