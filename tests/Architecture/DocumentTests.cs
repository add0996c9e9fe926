using System.Globalization;
using System.Text.RegularExpressions;
using Dataplane.Tests.Golden;
using Xunit;

namespace Dataplane.Tests.Architecture;

/// <summary>Documents that name files name files that exist.</summary>
public class DocumentTests
{
    private static readonly Regex Link = new(@"\]\((?<target>[^)#\s]+)(#[^)]*)?\)", RegexOptions.Compiled);
    private static readonly Regex Capture = new(@"`(?<path>[\w./-]+\.(pcap|pcapng)(\.gz)?)`", RegexOptions.Compiled);

    private static readonly Regex CountedCapture = new(
        @"^\| `(?<path>[\w./-]+)` \|([^|]*\|){2} (?<count>[\d,]+) \|",
        RegexOptions.Compiled | RegexOptions.Multiline);

    private static readonly Regex Quoted = new(@"`(?<text>[^`\s]+)`", RegexOptions.Compiled);
    private static readonly Regex NamedPath = new(
        @"(?<=^|\s)(pcaps|tools|src|tests)/[\w./-]+\w", RegexOptions.Compiled);

    [Fact]
    public void The_file_map_names_every_folder_that_holds_sources()
    {
        IEnumerable<string> folders = SourceTree.Sources("src")
            .Concat(SourceTree.Files("*.csproj", "src"))
            .Select(path => Path.GetDirectoryName(path)!.Replace('\\', '/'))
            .Distinct();

        Assert.DoesNotContain(folders, folder => !SourceTree.MappedFolders.Contains(folder));
    }

    [Fact]
    public void The_file_map_names_no_folder_that_is_not_there() =>
        Assert.DoesNotContain(
            SourceTree.MappedFolders, folder => !Directory.Exists(Path.Combine(SourceTree.Root, folder)));

    [Fact]
    public void Every_decision_has_its_day()
    {
        string[] rows =
        [
            .. SourceTree.Read("src/README.md").Split("## Decisions")[1].Split("\n## ")[0].Split('\n')
                .Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1),
        ];

        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.Matches(@"^\| 20\d\d-\d\d-\d\d \| ", row));
    }

    [Fact]
    public void Links_between_documents_lead_somewhere()
    {
        IEnumerable<string> broken = Documents()
            .SelectMany(document => Link.Matches(SourceTree.Read(document))
                .Select(match => match.Groups["target"].Value)
                .Where(target => !target.Contains("://", StringComparison.Ordinal))
                .Where(target => !Path.Exists(Path.Combine(SourceTree.Root, Path.GetDirectoryName(document)!, target)))
                .Select(target => $"{document}: {target}"));

        Assert.Empty(broken);
    }

    [Fact]
    public void The_table_of_captures_names_every_capture_and_no_other()
    {
        IEnumerable<string> named = Capture.Matches(SourceTree.Read("pcaps/README.md"))
            .Select(match => match.Groups["path"].Value)
            .Where(path => path.Contains('/', StringComparison.Ordinal) && !path.StartsWith('/'))
            .Select(path => path.StartsWith("pcaps/", StringComparison.Ordinal) ? path["pcaps/".Length..] : path)
            .Distinct();
        IEnumerable<string> stored = SourceTree.Files("*.pcap*", "pcaps").Select(path => path["pcaps/".Length..]);

        Assert.Equal(stored.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_table_of_captures_counts_right()
    {
        MatchCollection rows = CountedCapture.Matches(SourceTree.Read("pcaps/README.md"));

        Assert.NotEmpty(rows);
        Assert.All(rows, row =>
        {
            byte[] capture = GoldenFolder.ReadStored(Path.Combine(SourceTree.Root, "pcaps", row.Groups["path"].Value));
            int count = int.Parse(row.Groups["count"].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
            Assert.Equal(PcapFile.Parse(capture).Frames.Count, count);
        });
    }

    [Fact]
    public void Commands_in_documents_name_captures_and_scripts_that_exist()
    {
        IEnumerable<string> missing = Documents()
            .SelectMany(document => NamedPath.Matches(SourceTree.Read(document))
                .Select(match => match.Value)
                .Where(path => !Path.Exists(Path.Combine(SourceTree.Root, path)))
                .Select(path => $"{document}: {path}"));

        Assert.Empty(missing);
    }

    [Fact]
    public void The_lists_of_contributing_name_files_that_exist()
    {
        string lists = SourceTree.Read("README.md").Split("\n## Contributing")[1].Split("\n## ")[0];
        string[] named =
        [
            .. Quoted.Matches(lists).Select(match => match.Groups["text"].Value)
                .Where(text =>
                    text.EndsWith(".cs", StringComparison.Ordinal) || text.Contains('/', StringComparison.Ordinal))
                .Where(text => !text.Contains("NAME", StringComparison.Ordinal)),
        ];
        string[] files = [.. SourceTree.Sources("src", "tests", "fuzz")];

        Assert.NotEmpty(named);
        Assert.DoesNotContain(named, name => !Path.Exists(Path.Combine(SourceTree.Root, name))
            && !files.Any(file => file.EndsWith($"/{name}", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Documents() =>
        SourceTree.Files("*.md", "src", "tests", "pcaps").Append("README.md");
}
