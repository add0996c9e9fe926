using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Dataplane.Core;

/// <summary>
/// Zeroed memory outside the collector's heap, aligned to cache lines: tables may have millions of entries that the
/// collector must neither scan nor move, and one entry is one line. Indexing is not checked; owners check.
/// </summary>
public sealed unsafe class NativeArray<T> : IDisposable
    where T : unmanaged
{
    private const int Alignment = 64;
    private const nuint LargePage = 2 << 20;

    private T* _items;

    public NativeArray(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        _items = Allocate(length);
    }

    ~NativeArray() => Free();

    public long Length { get; private set; }

    public T* Start => _items;

    public ref T this[long index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _items[index];
    }

    /// <summary>Keeps what fits; what is new is zero.</summary>
    public void Resize(long length)
    {
        T* grown = Allocate(length);
        NativeMemory.Copy(_items, grown, (nuint)(Math.Min(length, Length) * sizeof(T)));
        NativeMemory.AlignedFree(_items);
        _items = grown;
        Length = length;
    }

    /// <summary>Other memory in the same object, all of it zero: tables that grow allocate nothing that is the collector's.</summary>
    public void Renew(long length)
    {
        T* fresh = Allocate(length);
        NativeMemory.AlignedFree(_items);
        _items = fresh;
        Length = length;
    }

    public void Clear() => NativeMemory.Clear(_items, (nuint)(Length * sizeof(T)));

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static T* Allocate(long length)
    {
        nuint size = (nuint)Math.Max(1, length * sizeof(T));
        bool isLarge = size >= 2 * LargePage;
        void* items = NativeMemory.AlignedAlloc(size, isLarge ? LargePage : Alignment);
        if (isLarge) LargePages.Ask(items, size);
        NativeMemory.Clear(items, size);
        return (T*)items;
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_items);
        _items = null;
    }
}
