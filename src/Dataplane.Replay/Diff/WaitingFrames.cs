using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Dataplane.Replay.Diff;

/// <summary>Frames that have not found their partner yet, first come first served.</summary>
internal sealed class WaitingFrames
{
    private readonly Dictionary<UInt128, Queue<DissectedFrame>> _frames = [];

    public void Add(UInt128 key, DissectedFrame frame)
    {
        if (!_frames.TryGetValue(key, out Queue<DissectedFrame>? queue)) _frames.Add(key, queue = new Queue<DissectedFrame>());
        queue.Enqueue(frame);
    }

    public bool TryTake(UInt128 key, [NotNullWhen(true)] out DissectedFrame? frame)
    {
        frame = null;
        if (!_frames.TryGetValue(key, out Queue<DissectedFrame>? queue)) return false;

        frame = queue.Dequeue();
        if (queue.Count == 0) _frames.Remove(key);
        return true;
    }

    public ImmutableArray<long> Numbers() => [.. _frames.Values.SelectMany(queue => queue).Select(frame => frame.Number).Order()];
}
