using System.Globalization;

namespace Dataplane.Bench.Soak;

/// <summary>What the process holds between two rounds.</summary>
/// <param name="Anonymous">Bytes of memory that are no file's (RssAnon).</param>
/// <param name="Managed">Bytes that the collector cannot free.</param>
/// <param name="Handles">Open file descriptors.</param>
/// <param name="Threads">The runtime's own among them.</param>
internal readonly record struct SoakSample(long Anonymous, long Managed, int Handles, int Threads)
{
    /// <summary>
    /// Looks at the open files, and how far apart: what the runtime's own threads read for a moment is not left open.
    /// </summary>
    private const int Looks = 5;
    private const int BetweenLooks = 20;

    public static SoakSample Take()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        long managed = GC.GetTotalMemory(forceFullCollection: true);
        return new SoakSample(Status("RssAnon:") * 1024, managed, CountHandles(), (int)Status("Threads:"));
    }

    /// <summary>What the process has open now, each by the path that it leads to.</summary>
    public static IEnumerable<string> OpenFiles() => Directory.EnumerateFileSystemEntries("/proc/self/fd")
        .Select(handle => new FileInfo(handle).LinkTarget ?? "closed meanwhile")
        .Order(StringComparer.Ordinal);

    private static int CountHandles()
    {
        int least = int.MaxValue;
        for (int look = 0; look < Looks; look++)
        {
            if (look > 0) Thread.Sleep(BetweenLooks);
            least = Math.Min(least, Directory.EnumerateFileSystemEntries("/proc/self/fd").Count());
        }

        return least;
    }

    private static long Status(string name)
    {
        string line = File.ReadLines("/proc/self/status")
            .First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(
            line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}
