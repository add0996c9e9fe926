namespace Dataplane.Replay.Diff;

/// <summary>Reads the capture a second time, in step, and gives each dissected frame its bytes.</summary>
internal sealed class RecordingReader(IFrameReader frames, string capture, CancellationToken cancellation)
    : IFrameReader
{
    private readonly RecordReader _records = new(capture, cancellation);
    private long _number;

    public string? Damage => frames.Damage;

    public DissectedFrame? Read()
    {
        if (frames.Read() is not { } frame) return null;

        FrameRecord? record = null;
        while (_number < frame.Number)
        {
            record = _records.Read();
            _number++;
        }

        frame.Record = record;
        return frame;
    }

    public void Dispose()
    {
        frames.Dispose();
        _records.Dispose();
    }
}
