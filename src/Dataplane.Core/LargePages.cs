using System.Runtime.InteropServices;

namespace Dataplane.Core;

/// <summary>
/// Asks the kernel for 2 MiB pages behind large tables (madvise(2), MADV_HUGEPAGE), so that random look-ups miss the
/// cache but not the TLB, too, and gives pages back. Hints: where they are not taken, nothing changes.
/// </summary>
internal static unsafe partial class LargePages
{
    private const int DontNeed = 4;
    private const int Hugepage = 14;

    public static void Ask(void* start, nuint size)
    {
        if (OperatingSystem.IsLinux()) _ = Advise(start, size, Hugepage);
    }

    /// <summary>
    /// Gives the pages back that lie wholly inside; the memory stays, and reads as zero there (MADV_DONTNEED, which
    /// would round a size up to what follows). Only for large parts that start with a page.
    /// </summary>
    public static void Release(void* start, nuint size)
    {
        nuint whole = size & ~((nuint)Environment.SystemPageSize - 1);
        if (OperatingSystem.IsLinux()) _ = Advise(start, whole, DontNeed);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint size, int advice);
}
