using System.Runtime.InteropServices;

namespace Dataplane.Core;

/// <summary>
/// Asks the kernel for 2 MiB pages behind large tables (madvise(2), MADV_HUGEPAGE), so that random look-ups miss the cache
/// but not the TLB, too, and gives pages back. Hints: where they are not taken, nothing changes.
/// </summary>
internal static unsafe partial class LargePages
{
    private const int DontNeed = 4;
    private const int Hugepage = 14;

    public static void Ask(void* start, nuint size)
    {
        if (OperatingSystem.IsLinux()) _ = Advise(start, size, Hugepage);
    }

    /// <summary>Gives the pages back; the memory stays, and reads as zero. Only for whole, large parts (MADV_DONTNEED).</summary>
    public static void Release(void* start, nuint size)
    {
        if (OperatingSystem.IsLinux()) _ = Advise(start, size, DontNeed);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint size, int advice);
}
