using System.Text.RegularExpressions;
using System.Xml.Linq;
using Dataplane.Tests.Golden;

namespace Dataplane.Tests.Architecture;

/// <summary>The repository as files: projects, sources, and what <c>src/README.md</c> says of them.</summary>
internal static class SourceTree
{
    private static readonly Regex TableRow = new(
        @"^\| `(?<project>Dataplane\.\w+)` \|[^|]*\|(?<references>[^|]*)\|", RegexOptions.Compiled);
    private static readonly Regex MapLine = new(@"^(?<folder>src/[\w./-]+/)(\s|$)", RegexOptions.Compiled);

    public static string Root => GoldenFolder.RepositoryRoot;

    /// <summary>Names of the projects under src, as their folders have them.</summary>
    public static IReadOnlyList<string> Projects { get; } =
    [
        .. Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetFileNameWithoutExtension(path)!)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The reference table of <c>src/README.md</c>: project to the projects that it may reference.</summary>
    public static IReadOnlyDictionary<string, IReadOnlySet<string>> AllowedReferences { get; } = ReadTable();

    /// <summary>Folders that the file map of <c>src/README.md</c> names.</summary>
    public static IReadOnlyList<string> MappedFolders { get; } =
    [
        .. File.ReadLines(Path.Combine(Root, "src", "README.md"))
            .Select(line => MapLine.Match(line))
            .Where(match => match.Success)
            .Select(match => match.Groups["folder"].Value.TrimEnd('/')),
    ];

    /// <summary>Paths from the root of all C# files under the given top-level folders, build output aside.</summary>
    public static IEnumerable<string> Sources(params string[] folders) => Files("*.cs", folders);

    public static IEnumerable<string> Files(string pattern, params string[] folders) => folders
        .SelectMany(folder =>
            Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories))
        .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
        .Where(path =>
            !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>ProjectReference elements of a csproj, as project names.</summary>
    public static IReadOnlyList<string> ProjectReferences(string project) =>
    [
        .. XDocument.Load(Path.Combine(Root, "src", project, project + ".csproj"))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)),
    ];

    /// <summary>The text without comments and strings, line by line, so that prose is not taken for code.</summary>
    public static IEnumerable<string> CodeLines(string path) => Read(path)
        .Split('\n')
        .Select(line => Regex.Replace(line, "\"(\\\\.|[^\"\\\\])*\"", "\"\""))
        .Select(line => Regex.Replace(line, @"//.*$", ""));

    private static Dictionary<string, IReadOnlySet<string>> ReadTable()
    {
        Dictionary<string, IReadOnlySet<string>> table = [];
        foreach (string line in File.ReadLines(Path.Combine(Root, "src", "README.md")))
        {
            Match row = TableRow.Match(line);
            if (!row.Success) continue;

            IEnumerable<string> references = row.Groups["references"].Value
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(name => name != "–")
                .Select(name => "Dataplane." + name);
            table.Add(row.Groups["project"].Value, references.ToHashSet());
        }

        return table;
    }
}
