using Dataplane.Capture;

namespace Dataplane.Fuzz;

/// <summary>
/// Inputs to begin with: this repository's captures and manifests, and the shared suites' where they lie beside it.
/// </summary>
internal static class SeedFiles
{
    private const int Largest = 20_000;
    private const int MostOfAKind = 120;
    private const int MostFrames = 400;

    private static readonly string Root = FindRoot();

    /// <summary>The suites are used by the runs alone: what tests do must not depend on them.</summary>
    public static bool WithShared { get; set; }

    public static IEnumerable<byte[]> Own(string pattern) => Small(Path.Combine(Root, "pcaps"), pattern);

    public static IEnumerable<byte[]> Shared(params string[] patterns)
    {
        string? folder = WithShared ? SharedFolder() : null;
        return folder is null ? [] : patterns.SelectMany(pattern => Small(folder, pattern)).Take(MostOfAKind);
    }

    public static IEnumerable<byte[]> Captures(Predicate<byte[]> isWanted)
    {
        IEnumerable<byte[]> all = [.. Own("*.pcap"), .. SeedCaptures.Plain(), .. Shared("*.pcap", "*.pcapng", "*.cap")];
        return all.Where(bytes => isWanted(bytes));
    }

    public static IEnumerable<byte[]> Compressed() =>
        [.. Own("*.pcap.gz"), .. SeedCaptures.Compressed(), .. Shared("*.pcap.gz")];

    /// <summary>Frames of the captures; whatever cannot be read gives none.</summary>
    public static IEnumerable<byte[]> Frames() =>
        Captures(_ => true).SelectMany(FramesOf).Take(WithShared ? 10 * MostFrames : MostFrames);

    private static IEnumerable<byte[]> FramesOf(byte[] capture)
    {
        try
        {
            using CaptureReader reader = CaptureFile.Open(new MemoryStream(capture), "seed");
            var records = new Wire.CaptureRecord[12];
            int count = reader.Read(records);
            return [.. records.Take(count).Select(record => record.Bytes.ToArray())];
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }

    private static IEnumerable<byte[]> Small(string folder, string pattern) => Directory
        .EnumerateFiles(folder, pattern, SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal)
        .Where(path => new FileInfo(path).Length is > 0 and <= Largest)
        .Select(File.ReadAllBytes);

    /// <summary>Beside the repository, or beside a folder that it lies in.</summary>
    private static string? SharedFolder()
    {
        for (string? parent = Path.GetDirectoryName(Root); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            string folder = Path.Combine(parent, "shared", "suites");
            if (Directory.Exists(folder)) return folder;
        }

        return null;
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Dataplane.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new IOException($"{AppContext.BaseDirectory}: not inside the repository");
    }
}
