namespace Dataplane.Core;

/// <summary>
/// The underlay interfaces of all nodes, each with a queue and a wire of its own, towards a fabric that has no limits.
/// </summary>
public sealed class NodeLinks : IDisposable
{
    private readonly LinkQueue[] _queues;

    public NodeLinks(LinkParameters parameters, int nodes)
    {
        Parameters = parameters;
        _queues = new LinkQueue[nodes];
        for (int node = 0; node < nodes; node++) _queues[node] = new LinkQueue(parameters);
    }

    public LinkParameters Parameters { get; }

    public LinkQueue this[int node] => _queues[node];

    /// <summary>
    /// The lane's frame leaves its node, and its time becomes that of its departure; false: the queue is full.
    /// </summary>
    /// <param name="lane">The frame as it leaves.</param>
    /// <param name="size">Bytes of all frames that it leaves in.</param>
    /// <param name="frames">How many those are.</param>
    public bool TrySend(ref Lane lane, int size, int frames)
    {
        if (!_queues[lane.Node].TrySend(lane.Timestamp, size, frames, lane.NetworkLength, out long departure))
            return false;

        lane.Timestamp = departure;
        return true;
    }

    public void Dispose()
    {
        foreach (LinkQueue queue in _queues) queue.Dispose();
    }
}
