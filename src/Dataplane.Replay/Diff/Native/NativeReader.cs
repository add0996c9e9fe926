using System.Collections.Immutable;

namespace Dataplane.Replay.Diff.Native;

/// <summary>Dissects a capture with our own parser, under tshark's names; no other program is needed.</summary>
public sealed class NativeReader(
    string capture, ImmutableArray<TunnelPort> ports, bool keepRecords,
    CancellationToken cancellation = default) : IFrameReader
{
    private readonly RecordReader _records = new(capture, cancellation);
    private readonly NativeDissector _dissector = new(ports);
    private long _frames;

    public string? Damage => _records.Damage;

    public DissectedFrame? Read()
    {
        if (_records.Read() is not { } record) return null;

        DissectedFrame frame = _dissector.Dissect(++_frames, record);
        if (keepRecords) frame.Record = record;
        return frame;
    }

    public void Dispose() => _records.Dispose();
}
