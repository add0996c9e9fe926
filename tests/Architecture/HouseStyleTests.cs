using System.Text.RegularExpressions;
using Xunit;

namespace Dataplane.Tests.Architecture;

/// <summary>Rules of the house that a compiler does not check.</summary>
public class HouseStyleTests
{
    private static readonly string[] UnsafeAllowed =
    [
        "Dataplane.Wire", "Dataplane.Core", "Dataplane.Engines", "Dataplane.Pipeline", "Dataplane.Capture",
        "Dataplane.Replay",
    ];

    [Fact]
    public void Sources_have_no_conditional_compilation() =>
        AssertNoLine(SourceTree.Sources("src"), new Regex(@"^\s*#\s*(if|elif|else|endif|region)\b"));

    [Fact]
    public void No_type_is_called_Manager_Helper_Utils_or_Common() =>
        AssertNoLine(
            SourceTree.Sources("src", "tests", "bench", "fuzz"),
            new Regex(@"\b(class|struct|record|interface|enum)\s+\w*(Manager|Helpers?|Util(s|ities|ity)?|Common)\b"));

    [Fact]
    public void Unsafe_code_lives_where_packets_do() =>
        AssertNoLine(
            SourceTree.Sources("src").Where(path => !UnsafeAllowed.Contains(path.Split('/')[1])),
            new Regex(@"\bunsafe\b"));

    [Fact]
    public void No_work_is_left_behind_as_a_note() =>
        AssertNoRawLine(
            SourceTree.Sources("src", "tests", "bench", "fuzz")
                .Concat(SourceTree.Files("*.md", "src", "tests", "pcaps")),
            new Regex(@"\b(TO" + @"DO|FIX" + @"ME|HA" + @"CK|X" + @"XX)\b"));

    [Fact]
    public void Nothing_depends_on_one_machine_s_folders() =>
        AssertNoRawLine(
            SourceTree.Sources("src", "tests", "bench", "fuzz")
                .Concat(SourceTree.Files("*.md", "src", "tests", "pcaps"))
                .Concat(SourceTree.Files("*.csproj", "src", "tests", "bench", "fuzz"))
                .Concat(SourceTree.Files("*", "tools"))
                .Append("README.md"),
            new Regex(@"(?<![\w.])/(ho" + @"me|ro" + @"ot|wo" + @"rk)/"));

    [Fact]
    public void Every_source_has_a_file_scoped_namespace_of_its_folder()
    {
        List<string> strays = [];
        foreach (string path in SourceTree.Sources("src")
            .Where(path => !path.EndsWith("/Program.cs", StringComparison.Ordinal)))
        {
            Match space = Regex.Match(SourceTree.Read(path), @"^namespace (?<name>[\w.]+);", RegexOptions.Multiline);
            string folder = Path.GetDirectoryName(path)!["src/".Length..].Replace('/', '.');
            bool hasNoTypes = Regex.IsMatch(
                SourceTree.Read(path), @"^(\[assembly:|global using)", RegexOptions.Multiline);
            if (space.Success ? space.Groups["name"].Value != folder : !hasNoTypes) strays.Add(path);
        }

        Assert.Empty(strays);
    }

    private static void AssertNoLine(IEnumerable<string> paths, Regex forbidden) =>
        Assert.Empty(Find(paths, SourceTree.CodeLines, forbidden));

    private static void AssertNoRawLine(IEnumerable<string> paths, Regex forbidden) =>
        Assert.Empty(Find(paths, path => SourceTree.Read(path).Split('\n'), forbidden));

    private static List<string> Find(
        IEnumerable<string> paths, Func<string, IEnumerable<string>> read, Regex forbidden) =>
    [
        .. paths.SelectMany(path => read(path)
            .Select((line, index) => (line, Place: $"{path}:{index + 1}"))
            .Where(found => forbidden.IsMatch(found.line))
            .Select(found => $"{found.Place}: {found.line.Trim()}")),
    ];
}
