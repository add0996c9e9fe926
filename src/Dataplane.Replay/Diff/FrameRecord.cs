using Dataplane.Wire;

namespace Dataplane.Replay.Diff;

/// <summary>A frame's own bytes and time, kept where it may have to be written again.</summary>
public sealed record FrameRecord(ReadOnlyMemory<byte> Bytes, int OriginalLength, long Timestamp, LinkType LinkType)
{
    internal static FrameRecord Of(in CaptureRecord record) =>
        new(record.Bytes.ToArray(), record.OriginalLength, record.Timestamp, record.LinkType);
}
