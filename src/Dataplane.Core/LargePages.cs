using System.Runtime.InteropServices;

namespace Dataplane.Core;

/// <summary>
/// Asks the kernel for 2 MiB pages behind large tables (madvise(2), MADV_HUGEPAGE): random look-ups then miss the cache, but
/// not the TLB, too. A hint: where it is not taken, nothing changes.
/// </summary>
internal static unsafe partial class LargePages
{
    private const int Hugepage = 14;

    public static void Ask(void* start, nuint size)
    {
        if (OperatingSystem.IsLinux()) _ = Advise(start, size, Hugepage);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint size, int advice);
}
