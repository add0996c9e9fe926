namespace Dataplane.Core;

/// <summary>
/// Client and service → backend, with the time of last use: Cilium's cilium_lb4_affinity. Consulted only for the first
/// packet of a connection.
/// </summary>
public sealed class AffinityMap
{
    private readonly Dictionary<(uint Client, byte Family, uint Service), (uint Backend, long LastUsed)> _entries = [];

    public int Count => _entries.Count;

    /// <summary>The backend that the client had, if it was used within the timeout (both in nanoseconds).</summary>
    public bool TryGet(in FlowKey key, uint service, long now, long timeout, out uint backend)
    {
        backend = 0;
        if (!_entries.TryGetValue((key.Source, key.Family, service), out (uint Backend, long LastUsed) entry)) return false;
        if (now - entry.LastUsed > timeout) return false;

        backend = entry.Backend;
        return true;
    }

    public void Remember(in FlowKey key, uint service, uint backend, long now) =>
        _entries[(key.Source, key.Family, service)] = (backend, now);
}
