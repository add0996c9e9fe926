using Dataplane.Core;

namespace Dataplane.Engines.Iptables;

/// <summary>
/// The address lists of <c>xt_recent.c</c>: 100 addresses each, the one unused longest gives way; every
/// address with its last time stamps, as many as the module keeps for the rules at hand. Memory grows
/// outside of the collector's heap.
/// </summary>
internal sealed class RecentLists : IDisposable
{
    public const int AddressLimit = 100;

    private const int InitialCapacity = 256;

    private readonly NativeArray<List> _lists;
    private readonly NativeArray<Entry> _entries = new(InitialCapacity);
    private readonly NativeArray<int> _buckets = new(2 * InitialCapacity);
    private readonly NativeArray<long> _stamps;
    private readonly int[] _depths;
    private readonly int _stride;
    private int _used = 1;
    private int _free;

    /// <summary>For each list, how many stamps of an address it keeps (a power of two).</summary>
    public RecentLists(int[] depths)
    {
        _depths = depths;
        _stride = depths.Length == 0 ? 1 : depths.Max();
        _lists = new NativeArray<List>(depths.Length);
        _stamps = new NativeArray<long>((long)InitialCapacity * _stride);
    }

    public int CountOf(int list) => _lists[list].Count;

    /// <summary><c>recent_mt</c>: whether the address matches, and what that does to the list.</summary>
    public bool Ask(RecentRule rule, UInt128 address, bool isNegated, long now)
    {
        address &= rule.Mask;
        int entry = Find(rule.List, address);
        if (entry == 0)
        {
            if (rule.Mode != RecentMode.Set) return isNegated;

            Add(rule.List, address, now);
            return !isNegated;
        }

        return rule.Mode switch
        {
            RecentMode.Set => Touch(rule.List, entry, now) ^ isNegated,
            RecentMode.Remove => Remove(rule.List, entry) ^ isNegated,
            _ => Check(rule, entry, isNegated, now),
        };
    }

    public void Dispose()
    {
        _lists.Dispose();
        _entries.Dispose();
        _buckets.Dispose();
        _stamps.Dispose();
    }

    private bool Check(RecentRule rule, int entry, bool isNegated, long now)
    {
        long oldest = now - rule.Age;
        bool isMatch = HasHits(rule, entry, oldest) ^ isNegated;
        bool isReaped = rule.Reaps && TryReap(rule.List, oldest, entry);
        if (rule.Mode == RecentMode.Update && isMatch && !isReaped) Touch(rule.List, entry, now);
        return isMatch;
    }

    private bool HasHits(RecentRule rule, int entry, long oldest)
    {
        uint hits = 0;
        long first = (long)entry * _stride;
        for (int index = 0; index < _entries[entry].StampCount; index++)
        {
            if (rule.Age != 0 && _stamps[first + index] < oldest) continue;
            if (++hits >= rule.HitCount) return true;
        }

        return false;
    }

    /// <summary>
    /// Lets the address go that was unused longest, if its last stamp is too old; true when it was the one asked for.
    /// </summary>
    private bool TryReap(int list, long oldest, int asked)
    {
        int head = _lists[list].Oldest;
        if (_stamps[(long)head * _stride + _entries[head].NextStamp - 1] >= oldest) return false;

        Remove(list, head);
        return head == asked;
    }

    private bool Touch(int list, int entry, long now)
    {
        ref Entry touched = ref _entries[entry];
        touched.NextStamp &= _depths[list] - 1;
        _stamps[(long)entry * _stride + touched.NextStamp++] = now;
        touched.StampCount = Math.Max(touched.StampCount, touched.NextStamp);
        Unlink(list, entry);
        Append(list, entry);
        return true;
    }

    private void Add(int list, UInt128 address, long now)
    {
        if (_lists[list].Count >= AddressLimit) Remove(list, _lists[list].Oldest);

        int entry = Take();
        ref int bucket = ref _buckets[BucketOf(list, address)];
        _entries[entry] =
            new Entry { Address = address, List = list, NextStamp = 1, StampCount = 1, NextInBucket = bucket };
        bucket = entry;
        _stamps[(long)entry * _stride] = now;
        Append(list, entry);
        _lists[list].Count++;
    }

    private bool Remove(int list, int entry)
    {
        ref int link = ref _buckets[BucketOf(list, _entries[entry].Address)];
        while (link != entry) link = ref _entries[link].NextInBucket;
        link = _entries[entry].NextInBucket;
        Unlink(list, entry);
        _lists[list].Count--;
        _entries[entry].NextInBucket = _free;
        _free = entry;
        return true;
    }

    private int Find(int list, UInt128 address)
    {
        int entry = _buckets[BucketOf(list, address)];
        while (entry != 0 && (_entries[entry].Address != address || _entries[entry].List != list))
        {
            entry = _entries[entry].NextInBucket;
        }

        return entry;
    }

    private long BucketOf(int list, UInt128 address) =>
        FlowHash.Mix((ulong)(address >> 64) ^ (ulong)list << 32, (ulong)address) & (_buckets.Length - 1);

    private int Take()
    {
        if (_free != 0)
        {
            int entry = _free;
            _free = _entries[entry].NextInBucket;
            return entry;
        }

        if (_used == _entries.Length) Grow();
        return _used++;
    }

    /// <summary>Only when no entry is free: all that are used are linked again.</summary>
    private void Grow()
    {
        _entries.Resize(2 * _entries.Length);
        _stamps.Resize(2 * _stamps.Length);
        _buckets.Renew(2 * _entries.Length);
        for (int entry = 1; entry < _used; entry++)
        {
            ref int bucket = ref _buckets[BucketOf(_entries[entry].List, _entries[entry].Address)];
            _entries[entry].NextInBucket = bucket;
            bucket = entry;
        }
    }

    private void Append(int list, int entry)
    {
        ref List to = ref _lists[list];
        _entries[entry].Older = to.Newest;
        _entries[entry].Newer = 0;
        if (to.Newest == 0) to.Oldest = entry;
        else _entries[to.Newest].Newer = entry;
        to.Newest = entry;
    }

    private void Unlink(int list, int entry)
    {
        ref List from = ref _lists[list];
        ref readonly Entry gone = ref _entries[entry];
        if (gone.Older == 0) from.Oldest = gone.Newer;
        else _entries[gone.Older].Newer = gone.Newer;
        if (gone.Newer == 0) from.Newest = gone.Older;
        else _entries[gone.Newer].Older = gone.Older;
    }

    private struct List
    {
        public int Oldest;
        public int Newest;
        public int Count;
    }

    private struct Entry
    {
        public UInt128 Address;
        public int List;
        public int Older;
        public int Newer;
        public int NextInBucket;
        public int NextStamp;
        public int StampCount;
    }
}
