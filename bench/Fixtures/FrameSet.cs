using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Bench.Fixtures;

/// <summary>
/// Frames in memory as a capture reader would hand them out, a microsecond apart; they can be given again and again.
/// </summary>
public sealed unsafe class FrameSet : IDisposable
{
    public const long Gap = 1000;

    private const long Start = 1_700_000_000_000_000_000;

    private readonly NativeArray<byte> _bytes;
    private readonly CaptureRecord[] _records;

    public FrameSet(IReadOnlyList<byte[]> frames, LinkType linkType = LinkType.Ethernet, int missing = 0)
    {
        _bytes = new NativeArray<byte>(frames.Sum(frame => (long)frame.Length));
        _records = new CaptureRecord[frames.Count];
        byte* to = _bytes.Start;
        for (int index = 0; index < frames.Count; index++)
        {
            byte[] frame = frames[index];
            frame.CopyTo(new Span<byte>(to, frame.Length));
            _records[index] = new CaptureRecord
            {
                Data = to,
                CapturedLength = frame.Length,
                OriginalLength = frame.Length + missing,
                Timestamp = Start + (index * Gap),
                LinkType = linkType,
            };
            to += frame.Length;
        }
    }

    public ReadOnlySpan<CaptureRecord> Records => _records;

    /// <summary>All frames again, later by their whole span.</summary>
    public void Advance()
    {
        long span = _records.Length * Gap;
        foreach (ref CaptureRecord record in _records.AsSpan()) record.Timestamp += span;
    }

    /// <summary>The same flows from other source ports: plain Ethernet, IPv4 without options, TCP or UDP.</summary>
    public void ChangeSourcePorts()
    {
        foreach (ref readonly CaptureRecord record in _records.AsSpan())
        {
            byte* port = record.Data + EthernetHeader.Size + Ipv4Header.Size;
            if (++port[1] == 0) port[0]++;
        }
    }

    public void Dispose() => _bytes.Dispose();
}
