using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Dataplane.Core;

/// <summary>
/// Connections of all nodes, found from either direction. Entries lie in a slab that only grows; an open-addressed
/// index of 8-byte slots (32 bits of hash, entry and direction) leads to them, so that a probe stays in one cache line
/// and growing moves no entry. Slots grow by half, and then by a third: with doubling alone, four million connections
/// would have a table that is half empty. Native memory: nothing here is the collector's.
/// </summary>
public sealed unsafe class ConnectionTable : IDisposable
{
    private const int InitialEntries = 1 << 12;
    private const int LinksPerEntry = 2;

    /// <summary>Entries that a growing index takes at once.</summary>
    private const int LinkedAtOnce = 32;

    /// <summary>Slots in use at most, per cent: above it, runs get long.</summary>
    private const int MostFull = 65;

    /// <summary>A full table is searched for expired entries once in so many nanoseconds of capture time.</summary>
    private const long SweepInterval = 1_000_000_000;

    private readonly NativeArray<Connection> _entries = new(InitialEntries);
    private readonly NativeArray<ulong> _slots = new(4 * InitialEntries);
    private readonly NativeArray<uint> _free = new(InitialEntries);
    private uint _size = 4 * InitialEntries;
    private long _used = 1;
    private long _freeCount;
    private long _released;
    private readonly long _limit;
    private long _swept = long.MinValue;

    /// <param name="limit">Connections at most; 0: no limit.</param>
    public ConnectionTable(long limit = 0) => _limit = limit;

    /// <summary>Entries in use, expired ones included until they are swept.</summary>
    public long Count => _used - 1 - _released;

    /// <summary>Connections ever made, less those that never came to be.</summary>
    public long Created { get; private set; }

    /// <summary>Bytes of memory held.</summary>
    public long MemorySize =>
        (_entries.Length * Connection.Size) + (_slots.Length * sizeof(ulong)) + (_free.Length * sizeof(uint));

    /// <summary>All entries, until one is added.</summary>
    public Connection* Entries => _entries.Start;

    public ref Connection this[uint entry]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _entries.Start[entry];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchSlot(uint hash)
    {
        if (Sse.IsSupported) Sse.Prefetch0(_slots.Start + HomeOf(hash));
    }

    /// <summary>
    /// The first entry whose hash fits (entry × 2 + direction; 0: none), and its line on the way to the cache.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint FindCandidate(uint hash)
    {
        ulong* slots = _slots.Start;
        for (uint at = HomeOf(hash); ; at = Behind(at))
        {
            ulong slot = slots[at];
            if ((uint)(slot >> 32) != hash && slot != 0) continue;

            uint reference = (uint)slot;
            if (reference != 0 && Sse.IsSupported) Sse.Prefetch0(_entries.Start + (reference >> 1));
            return reference;
        }
    }

    /// <summary>Whether the entry and direction really are this key's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Matches(uint reference, in FlowKey key)
    {
        ref Connection entry = ref _entries.Start[reference >> 1];
        return (reference & 1) == 0 ? entry.Original.Equals(key) : entry.Reply.Equals(key);
    }

    /// <summary>
    /// Whether the entry and direction are still a connection between the key's addresses, whatever its ports.
    /// </summary>
    public bool IsBetween(uint reference, in FlowKey key)
    {
        ref readonly Connection entry = ref _entries.Start[reference >> 1];
        FlowKey tuple = (reference & 1) == 0 ? entry.Original : entry.Reply;
        return reference != 0 && tuple.Addresses == key.Addresses && tuple.Family == key.Family
            && tuple.Zone == key.Zone
            && tuple.Protocol == key.Protocol;
    }

    /// <summary>Entry × 2 + direction (1: reply) of the key; 0 where there is none.</summary>
    public uint Find(in FlowKey key, uint hash)
    {
        ulong* slots = _slots.Start;
        for (uint at = HomeOf(hash); ; at = Behind(at))
        {
            ulong slot = slots[at];
            if (slot == 0) return 0;
            if ((uint)(slot >> 32) == hash && Matches((uint)slot, in key)) return (uint)slot;
        }
    }

    public uint Find(in FlowKey key) => Find(in key, key.Hash());

    /// <summary>Adds a connection; false where the limit is reached and nothing has expired.</summary>
    public bool TryAdd(in Connection connection, long now, out uint entry)
    {
        entry = 0;
        if (_freeCount == 0 && (_used == _entries.Length || (_limit > 0 && Count >= _limit)) && !MakeRoom(now))
            return false;

        if (Count * LinksPerEntry * 100 >= _slots.Length * MostFull) GrowIndex();
        entry = _freeCount > 0 ? TakeFree() : (uint)_used++;
        _entries[entry] = connection;
        Link(connection.Original.Hash(), entry << 1);
        Link(connection.Reply.Hash(), entry << 1 | 1);
        Created++;
        return true;
    }

    /// <summary>
    /// The key is found no more. What the entry held can still be read, and its place is not given to another, until
    /// <see cref="Recycle"/>: packets of the burst may refer to it, and one of
    /// them may remove it again.
    /// </summary>
    public void Remove(uint entry)
    {
        ref Connection connection = ref _entries[entry];
        if (connection.IsRemoved) return;

        Unlink(connection.Original.Hash(), entry << 1);
        Unlink(connection.Reply.Hash(), entry << 1 | 1);
        connection.Original.Family = 0;
        connection.Reply.Family = 0;
        _free[_released++] = entry;
    }

    /// <summary>
    /// Removes a connection whose first packet went nowhere: as in the kernel, it never was (nf_conntrack_confirm).
    /// Counted otherwise, connections would depend on whether another such packet is of the same burst.
    /// </summary>
    public void Forget(uint entry)
    {
        if (_entries[entry].IsRemoved) return;

        Remove(entry);
        Created--;
    }

    /// <summary>Between bursts: removed entries may be used again.</summary>
    public void Recycle() => _freeCount = _released;

    public void Dispose()
    {
        _entries.Dispose();
        _slots.Dispose();
        _free.Dispose();
    }

    private bool MakeRoom(long now)
    {
        if (_swept == long.MinValue || now - _swept >= SweepInterval)
        {
            Sweep(now);
            Recycle();
            _swept = now;
        }

        bool atLimit = _limit > 0 && Count >= _limit;
        if (atLimit) return false;
        if (_freeCount > _entries.Length / 4 || _used < _entries.Length) return true;

        _entries.Resize(2 * _entries.Length);
        _free.Resize(_entries.Length);
        return true;
    }

    private void GrowIndex()
    {
        long length = _slots.Length;
        _slots.Renew(BitOperations.IsPow2(length) ? length + (length / 2) : length / 3 * 4);
        _size = (uint)_slots.Length;
        for (long first = 1; first < _used; first += LinkedAtOnce)
            Relink((uint)first, (uint)Math.Min(_used, first + LinkedAtOnce));
    }

    // In two passes: each link is a line of its own that is not in the cache, and all of them come at the same time.
    private void Relink(uint first, uint behind)
    {
        Connection* entries = _entries.Start;
        for (uint entry = first; entry < behind; entry++)
        {
            PrefetchSlot(entries[entry].Original.Hash());
            PrefetchSlot(entries[entry].Reply.Hash());
        }

        for (uint entry = first; entry < behind; entry++)
        {
            if (entries[entry].IsRemoved) continue;
            Link(entries[entry].Original.Hash(), entry << 1);
            Link(entries[entry].Reply.Hash(), entry << 1 | 1);
        }
    }

    // What is free lies in front of what was released and is not free yet.
    private uint TakeFree()
    {
        uint entry = _free[--_freeCount];
        _free[_freeCount] = _free[--_released];
        return entry;
    }

    private void Sweep(long now)
    {
        for (uint entry = 1; entry < _used; entry++)
        {
            ref Connection connection = ref _entries[entry];
            if (connection.Original.Family != 0 && connection.Expires < now) Remove(entry);
        }
    }

    // The hash as a fraction of the table (Lemire, "Fast random integer generation in an interval", 2019).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint HomeOf(uint hash) => (uint)((ulong)hash * _size >> 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Behind(uint at) => at + 1 == _size ? 0 : at + 1;

    private uint Distance(uint from, uint to) => to >= from ? to - from : to + _size - from;

    private void Link(uint hash, uint reference)
    {
        uint at = HomeOf(hash);
        while (_slots[at] != 0) at = Behind(at);
        _slots[at] = (ulong)hash << 32 | reference;
    }

    // Linear probing without tombstones: what follows in the run moves up where it may.
    private void Unlink(uint hash, uint reference)
    {
        ulong wanted = (ulong)hash << 32 | reference;
        uint at = HomeOf(hash);
        while (_slots[at] != wanted) at = Behind(at);

        for (uint next = Behind(at); ; next = Behind(next))
        {
            ulong slot = _slots[next];
            if (slot == 0) break;
            if (Distance(HomeOf((uint)(slot >> 32)), next) < Distance(at, next)) continue;
            _slots[at] = slot;
            at = next;
        }

        _slots[at] = 0;
    }
}
