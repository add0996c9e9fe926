namespace Dataplane.Core;

/// <summary>
/// Client and service → backend, with the time of last use: Cilium's cilium_lb4_affinity. Consulted only for the first
/// packet of a connection. Each node has its own clients, as each has its own map. Entries whose timeout has passed are
/// let go when the table would grow.
/// </summary>
public sealed class AffinityMap : IDisposable
{
    private const int InitialCapacity = 1024;

    private NativeArray<Entry> _slots = new(InitialCapacity);
    private NativeArray<Entry> _outgrown = new(0);

    /// <summary>Entries kept, those among them that have expired since the table last grew.</summary>
    public int Count { get; private set; }

    /// <summary>The backend that the client had, if it was used less than the timeout ago (nanoseconds).</summary>
    public bool TryGet(in FlowKey key, uint service, long now, long timeout, out uint backend)
    {
        ref readonly Entry entry = ref _slots[SlotOf(key.Source, service, Owner(in key))];
        backend = entry.Backend;
        return entry.Service != 0 && now - entry.LastUsed < timeout;
    }

    /// <summary>
    /// <paramref name="service"/> is not 0. After <paramref name="timeout"/> nanoseconds without use the entry may be
    /// forgotten.
    /// </summary>
    public void Remember(in FlowKey key, uint service, uint backend, long now, long timeout = long.MaxValue)
    {
        if (2 * (Count + 1) > _slots.Length) Grow(now);

        uint owner = Owner(in key);
        ref Entry entry = ref _slots[SlotOf(key.Source, service, owner)];
        if (entry.Service == 0) Count++;
        entry = new Entry
        {
            Client = key.Source,
            Service = service,
            Owner = owner,
            Backend = backend,
            LastUsed = now,
            Timeout = timeout,
        };
    }

    public void Dispose()
    {
        _slots.Dispose();
        _outgrown.Dispose();
    }

    /// <summary>Family and node: what tells clients with the same name apart.</summary>
    private static uint Owner(in FlowKey key) => (uint)key.Zone << 8 | key.Family;

    /// <summary>Where the entry is, or the free slot where it would be.</summary>
    private long SlotOf(uint client, uint service, uint owner)
    {
        long mask = _slots.Length - 1;
        long slot = FlowHash.Mix((ulong)service << 32 | client, owner) & mask;
        while (true)
        {
            ref readonly Entry entry = ref _slots[slot];
            if (entry.Service == 0) return slot;
            if (entry.Client == client && entry.Service == service && entry.Owner == owner) return slot;

            slot = (slot + 1) & mask;
        }
    }

    private void Grow(long now)
    {
        (_slots, _outgrown) = (_outgrown, _slots);
        long live = 0;
        for (long slot = 0; slot < _outgrown.Length; slot++)
        {
            if (_outgrown[slot].IsLive(now)) live++;
        }

        _slots.Renew(4 * live >= _outgrown.Length ? 2 * _outgrown.Length : _outgrown.Length);
        Count = (int)live;
        for (long slot = 0; slot < _outgrown.Length; slot++)
        {
            ref readonly Entry entry = ref _outgrown[slot];
            if (entry.IsLive(now)) _slots[SlotOf(entry.Client, entry.Service, entry.Owner)] = entry;
        }

        _outgrown.Renew(0);
    }

    private struct Entry
    {
        public uint Client;

        /// <summary>0 marks a free slot.</summary>
        public uint Service;

        public uint Owner;
        public uint Backend;
        public long LastUsed;
        public long Timeout;

        public readonly bool IsLive(long now) => Service != 0 && now - LastUsed < Timeout;
    }
}
