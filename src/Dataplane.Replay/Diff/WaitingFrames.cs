using System.Diagnostics.CodeAnalysis;

namespace Dataplane.Replay.Diff;

/// <summary>
/// Frames that have not found their partner yet, first come first served. Some are held in memory, the others in a
/// temporary file: what a frame costs here is its key and its place.
/// </summary>
internal sealed class WaitingFrames(int mostInMemory) : IDisposable
{
    private readonly Dictionary<UInt128, Queue<Place>> _frames = [];
    private FrameSpill? _spill;
    private int _inMemory;

    public int InMemory => _inMemory;

    public bool HasSpilled => _spill is not null;

    public void Add(UInt128 key, DissectedFrame frame)
    {
        if (!_frames.TryGetValue(key, out Queue<Place>? queue)) _frames.Add(key, queue = new Queue<Place>(capacity: 1));
        if (_inMemory < mostInMemory)
        {
            _inMemory++;
            queue.Enqueue(new Place(frame, 0, frame.Number));
            return;
        }

        _spill ??= new FrameSpill();
        queue.Enqueue(new Place(null, _spill.Write(frame), frame.Number));
    }

    public bool TryTake(UInt128 key, [NotNullWhen(true)] out DissectedFrame? frame)
    {
        frame = null;
        if (!_frames.TryGetValue(key, out Queue<Place>? queue)) return false;

        frame = Take(queue.Dequeue());
        if (queue.Count == 0) _frames.Remove(key);
        return true;
    }

    /// <summary>All that are left, in the capture's order.</summary>
    public IEnumerable<DissectedFrame> TakeAll()
    {
        Place[] places = [.. _frames.Values.SelectMany(queue => queue).OrderBy(place => place.Number)];
        _frames.Clear();
        foreach (Place place in places) yield return Take(place);
    }

    public void Dispose() => _spill?.Dispose();

    private DissectedFrame Take(in Place place)
    {
        if (place.Frame is null) return _spill!.Read(place.Offset);

        _inMemory--;
        return place.Frame;
    }

    private readonly record struct Place(DissectedFrame? Frame, long Offset, long Number);
}
