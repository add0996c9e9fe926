using System.Globalization;

namespace Dataplane.Bench.Soak;

/// <summary>What the process holds between two rounds.</summary>
/// <param name="Anonymous">Bytes of memory that are no file's (RssAnon).</param>
/// <param name="Managed">Bytes that the collector cannot free.</param>
/// <param name="Handles">Open file descriptors.</param>
/// <param name="Threads">The runtime's own among them.</param>
internal readonly record struct SoakSample(long Anonymous, long Managed, int Handles, int Threads)
{
    public static SoakSample Take()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        long managed = GC.GetTotalMemory(forceFullCollection: true);
        return new SoakSample(
            Status("RssAnon:") * 1024, managed, Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(), (int)Status("Threads:"));
    }

    private static long Status(string name)
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}
