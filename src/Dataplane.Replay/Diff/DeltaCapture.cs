using System.Text;
using Dataplane.Capture;
using Dataplane.Wire;

namespace Dataplane.Replay.Diff;

/// <summary>
/// Writes what differs as pcapng: frames of a different pair beside each other with the same packet id, frames without
/// a partner alone; interfaces <c>ours</c> and <c>reference</c>, comments that name the fields.
/// </summary>
public sealed class DeltaCapture : IDiffWatch, IDisposable
{
    private readonly CaptureWriter _writer;
    private readonly IDiffWatch _next;
    private readonly Dictionary<(string Side, LinkType Link), int> _interfaces = [];
    private ulong _pairs;

    /// <summary>Everything is told to <paramref name="next"/>, too.</summary>
    public DeltaCapture(string path, IDiffWatch next)
    {
        if (path.EndsWith(".pcap", StringComparison.Ordinal))
            throw new InvalidDataException($"-w {path}: pcap has no room for comments; name it .pcapng");

        _writer = CaptureWriter.Create(path);
        _next = next;
    }

    public void Different(DissectedFrame ours, DissectedFrame reference, IReadOnlyList<FieldDifference> differences)
    {
        _pairs++;
        string fields = string.Join(
            "; ", differences.Select(one => $"{one.Field}: {one.Ours ?? "-"} | {one.Reference ?? "-"}"));
        Write("ours", ours, $"frame {ours.Number}, reference frame {reference.Number} differs: {fields}");
        Write("reference", reference, $"reference frame {reference.Number}, ours is frame {ours.Number}: {fields}");
        _next.Different(ours, reference, differences);
    }

    public void OnlyOurs(DissectedFrame frame)
    {
        _pairs++;
        Write("ours", frame, $"frame {frame.Number} is in ours only");
        _next.OnlyOurs(frame);
    }

    public void OnlyReference(DissectedFrame frame)
    {
        _pairs++;
        Write("reference", frame, $"frame {frame.Number} is in the reference only");
        _next.OnlyReference(frame);
    }

    public void Read(long frames) => _next.Read(frames);

    public void Dispose() => _writer.Dispose();

    private void Write(string side, DissectedFrame frame, string comment)
    {
        if (frame.Record is not { } record) return;

        _writer.Write(
            order: 0,
            Interface(side, record.LinkType),
            record.Timestamp,
            record.Bytes.Span,
            record.OriginalLength,
            new PacketMetadata { PacketId = _pairs, Comment = Encoding.UTF8.GetBytes(comment) });
        _writer.Commit();
    }

    private int Interface(string side, LinkType link)
    {
        if (_interfaces.TryGetValue((side, link), out int index)) return index;

        index = _writer.AddInterface(side, link);
        _interfaces.Add((side, link), index);
        return index;
    }
}
