using System.Runtime.InteropServices;

namespace Dataplane.Fuzz;

/// <summary>
/// Native memory that ends where a page begins which cannot be read: one byte too far ends the process.
/// </summary>
internal sealed unsafe partial class GuardedBytes
{
    private const int PageSize = 4096;
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;

    private readonly byte* _end;

    public GuardedBytes(int capacity)
    {
        Capacity = (capacity + PageSize - 1) & -PageSize;
        byte* start = Map(null, (nuint)(Capacity + PageSize), ReadWrite, PrivateAnonymous, -1, 0);
        if ((nint)start == -1) throw new IOException("no memory for the guarded bytes");

        _end = start + Capacity;
        if (Protect(_end, PageSize, 0) != 0) throw new IOException("the guard page could not be protected");
    }

    public int Capacity { get; }

    /// <summary>The last bytes before the guard, with <paramref name="slack"/> readable ones behind them.</summary>
    public Span<byte> Place(ReadOnlySpan<byte> bytes, int slack = 0)
    {
        Span<byte> place = new(_end - slack - bytes.Length, bytes.Length);
        bytes.CopyTo(place);
        return place;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial byte* Map(byte* near, nuint size, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(byte* start, nuint size, int protection);
}
