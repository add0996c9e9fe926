using Dataplane.Capture;
using Dataplane.Wire;

namespace Dataplane.Replay.Diff;

/// <summary>Walks the records of a capture one by one, with our own reader.</summary>
internal sealed class RecordReader(string capture, CancellationToken cancellation) : IDisposable
{
    private const int Ahead = 256;

    private readonly CaptureReader _reader = CaptureFile.Open(
        capture, new CaptureReadOptions { Cancellation = cancellation });
    private readonly CaptureRecord[] _records = new CaptureRecord[Ahead];
    private int _count;
    private int _next;

    public string? Damage => _reader.Damage is { } damage ? $"{capture}: offset {damage.Offset}: {damage.Text}" : null;

    public FrameRecord? Read()
    {
        if (_next == _count)
        {
            _next = 0;
            _count = _reader.Read(_records);
        }

        return _next < _count ? FrameRecord.Of(in _records[_next++]) : null;
    }

    public void Dispose() => _reader.Dispose();
}
