using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Dataplane.Tests.Golden;

/// <summary>
/// What real systems answered: found by name through <c>tests/Golden/MANIFEST.tsv</c>, wherever a file is kept.
/// </summary>
public static class GoldenFolder
{
    private static readonly Lazy<string> Root = new(FindRoot);
    private static readonly Lazy<Dictionary<string, GoldenFile>> Files = new(ReadManifest);

    public static string RepositoryRoot => Root.Value;

    /// <summary>Every golden file, READMEs aside.</summary>
    public static IReadOnlyCollection<GoldenFile> Manifest => Files.Value.Values;

    /// <summary>The folder itself, found upwards from the test assembly.</summary>
    public static string Find() => Path.Combine(RepositoryRoot, "tests", "Golden");

    public static bool Contains(string name) => Files.Value.ContainsKey(name);

    /// <summary>Where a golden file is kept: gzipped when the name ends in <c>.gz</c>.</summary>
    public static string PathOf(string name) =>
        Files.Value.TryGetValue(name, out GoldenFile? file)
            ? Path.Combine(RepositoryRoot, file.StoredAt)
            : throw new FileNotFoundException($"{name} is not in tests/Golden/MANIFEST.tsv");

    /// <summary>
    /// The content, decompressed. Names are those of the manifest: <c>10-overlay/hostgw/setup.json</c>.
    /// </summary>
    public static byte[] Read(string name) => ReadStored(PathOf(name));

    public static string ReadText(string name) => Encoding.UTF8.GetString(Read(name));

    /// <summary>A file of the disk, decompressed where its name ends in <c>.gz</c>.</summary>
    public static byte[] ReadStored(string path)
    {
        using FileStream stored = File.OpenRead(path);
        using MemoryStream content = new();
        if (path.EndsWith(".gz", StringComparison.Ordinal))
        {
            using GZipStream unzipped = new(stored, CompressionMode.Decompress);
            unzipped.CopyTo(content);
        }
        else
        {
            stored.CopyTo(content);
        }

        return content.ToArray();
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Dataplane.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName
            ?? throw new DirectoryNotFoundException($"no Dataplane.sln above {AppContext.BaseDirectory}");
    }

    private static Dictionary<string, GoldenFile> ReadManifest()
    {
        Dictionary<string, GoldenFile> files = [];
        foreach (string line in File.ReadLines(Path.Combine(Find(), "MANIFEST.tsv")))
        {
            if (line.StartsWith('#')) continue;

            string[] columns = line.Split('\t');
            long size = long.Parse(columns[2], CultureInfo.InvariantCulture);
            files.Add(columns[0], new GoldenFile(columns[0], columns[1], size, columns[3]));
        }

        return files;
    }
}

/// <summary>One line of the manifest: the hash and the size are those of the uncompressed content.</summary>
public sealed record GoldenFile(string Name, string Sha256, long Size, string StoredAt);
