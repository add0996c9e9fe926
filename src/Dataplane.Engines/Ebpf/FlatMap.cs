using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Dataplane.Core;

namespace Dataplane.Engines.Ebpf;

/// <summary>What a key must tell the map that holds it.</summary>
public interface IFlatKey<TSelf>
    where TSelf : unmanaged
{
    /// <summary>No key of its kind; marks a free slot, and is what zeroed memory reads as.</summary>
    bool IsFree { get; }

    uint Hash();

    bool Matches(in TSelf other);
}

/// <summary>A BPF hash map as open addressing: keys and values side by side, at most half full, filled once.</summary>
public sealed class FlatMap<TKey, TValue> : IDisposable
    where TKey : unmanaged, IFlatKey<TKey>
    where TValue : unmanaged
{
    private const int MinCapacity = 16;
    private const int CacheLine = 64;

    private readonly NativeArray<Entry> _slots;

    /// <summary>Room for <paramref name="count"/> entries; the map does not grow.</summary>
    public FlatMap(long count)
    {
        long capacity = MinCapacity;
        while (capacity < 2 * count) capacity *= 2;
        _slots = new NativeArray<Entry>(capacity);
    }

    public int Count { get; private set; }

    /// <summary>Bytes of memory.</summary>
    public long Size => _slots.Length * Unsafe.SizeOf<Entry>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(in TKey key, out TValue value)
    {
        ref readonly Entry entry = ref _slots[SlotOf(in key)];
        value = entry.Value;
        return !entry.Key.IsFree;
    }

    /// <summary>
    /// Sends for the line that the key's probe begins in, and the next: entries are no divisors of lines.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch(in TKey key)
    {
        if (!Sse.IsSupported) return;

        byte* line = (byte*)(_slots.Start + (key.Hash() & (_slots.Length - 1)));
        Sse.Prefetch0(line);
        Sse.Prefetch0(line + CacheLine);
    }

    /// <summary>Slots that a look-up of the key compares; more than one where others lie in its way.</summary>
    public int CountProbes(in TKey key)
    {
        long mask = _slots.Length - 1;
        return (int)((SlotOf(in key) - (key.Hash() & mask)) & mask) + 1;
    }

    public bool Contains(in TKey key) => !_slots[SlotOf(in key)].Key.IsFree;

    public void Set(in TKey key, in TValue value)
    {
        ref Entry entry = ref _slots[SlotOf(in key)];
        if (entry.Key.IsFree)
        {
            if (2L * Count >= _slots.Length) throw new InvalidOperationException("more entries than room was made for");
            Count++;
        }

        entry = new Entry { Key = key, Value = value };
    }

    public void Dispose() => _slots.Dispose();

    /// <summary>Where the entry is, or the free slot where it would be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long SlotOf(in TKey key)
    {
        long mask = _slots.Length - 1;
        long slot = key.Hash() & mask;
        while (!_slots[slot].Key.IsFree && !_slots[slot].Key.Matches(in key)) slot = (slot + 1) & mask;
        return slot;
    }

    private struct Entry
    {
        public TKey Key;
        public TValue Value;
    }
}
