using Dataplane.Capture;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Replay.Generate;

/// <summary>Made-up traffic as a capture that was never written: records are made where they are read.</summary>
internal sealed unsafe class GeneratedCapture(TrafficSource source, string name) : CaptureReader
{
    private const int WindowSize = 1 << 20;
    private const uint SnapLength = 262_144;

    private readonly NativeArray<byte> _window = new(WindowSize);
    private readonly CaptureInterface[] _interfaces = [new CaptureInterface("", LinkType.Ethernet, SnapLength)];

    public override IReadOnlyList<CaptureInterface> Interfaces => _interfaces;

    public override string Name => name;

    public override long Position => source.Packets;

    public override long Length => -1;

    public override CaptureDamage? Damage => null;

    public override bool CanRewind => false;

    public override int Read(Span<CaptureRecord> records)
    {
        int count = 0;
        int used = 0;
        while (count < records.Length && !source.IsDone
            && used + FrameComposer.LargestFrame + CaptureRecord.Slack <= WindowSize)
        {
            ReadOnlySpan<byte> frame = source.Next(out long timestamp);
            byte* at = _window.Start + used;
            frame.CopyTo(new Span<byte>(at, frame.Length));
            records[count++] = new CaptureRecord
            {
                Data = at,
                CapturedLength = frame.Length,
                OriginalLength = frame.Length,
                Timestamp = timestamp,
                LinkType = LinkType.Ethernet,
            };
            used += frame.Length;
        }

        return count;
    }

    public override void Rewind() => throw new NotSupportedException();

    protected override void Dispose(bool disposing) => _window.Dispose();
}
