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
    private const nuint Alignment = 64;
    private const nuint LargePage = 2 << 20;
    private const nuint MovedAtOnce = 8 * LargePage;

    private void* _block;
    private T* _items;

    public NativeArray(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        _items = Allocate(length, out _block);
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
        T* grown = Allocate(length, out void* block);
        Move((byte*)_items, (byte*)grown, (nuint)(Math.Min(length, Length) * sizeof(T)));
        Free();
        _block = block;
        _items = grown;
        Length = length;
    }

    /// <summary>
    /// Other memory in the same object, all of it zero: tables that grow allocate nothing that is the collector's.
    /// </summary>
    public void Renew(long length)
    {
        Free();
        T* fresh = Allocate(length, out void* block);
        _block = block;
        _items = fresh;
        Length = length;
    }

    public void Clear() => NativeMemory.Clear(_items, (nuint)(Length * sizeof(T)));

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>Zeroed by the system where it can be: what a table does not use yet takes no memory.</summary>
    private static T* Allocate(long length, out void* block)
    {
        nuint size = (nuint)(length * sizeof(T));
        bool isLarge = size >= 2 * LargePage;
        nuint alignment = isLarge ? LargePage : Alignment;
        block = NativeMemory.AllocZeroed(size + alignment);
        nuint start = ((nuint)block + alignment - 1) & ~(alignment - 1);
        if (isLarge) LargePages.Ask((void*)start, size);
        return (T*)start;
    }

    // What has been copied is given back as it goes: a large table that grows is not held twice.
    private static void Move(byte* from, byte* to, nuint size)
    {
        for (nuint done = 0; done < size; done += MovedAtOnce)
        {
            nuint part = Math.Min(MovedAtOnce, size - done);
            NativeMemory.Copy(from + done, to + done, part);
            if (part == MovedAtOnce) LargePages.Release(from + done, part);
        }
    }

    // The allocator keeps what is freed, where it lies below something else: the system gets it back at once.
    private void Free()
    {
        nuint size = (nuint)(Length * sizeof(T));
        if (_block is not null && size >= 2 * LargePage) LargePages.Release((byte*)_items, size);
        NativeMemory.Free(_block);
        _block = null;
        _items = null;
    }
}
