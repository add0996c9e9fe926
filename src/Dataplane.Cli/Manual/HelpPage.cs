using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Dataplane.Cli.Manual;

/// <summary>A page of --help in its parts, so that the manual and the shells' completions say the same words.</summary>
public sealed partial class HelpPage
{
    private const int EntryIndent = 6;

    private HelpPage(ImmutableArray<HelpPart> parts) => Parts = parts;

    /// <summary>The usage lines are the first part.</summary>
    public ImmutableArray<HelpPart> Parts { get; }

    public IEnumerable<HelpEntry> Entries => Parts.SelectMany(part => part.Entries);

    public static HelpPage Parse(string text) =>
        new([.. text.TrimEnd().Split("\n\n").Select((paragraph, index) => PartOf(paragraph.Split('\n'), index))]);

    /// <summary>
    /// What is said of the option of that name, in one clause; empty where the page does not have it.
    /// </summary>
    public string Clause(string option)
    {
        HelpEntry? entry = Entries.FirstOrDefault(entry => entry.Words.Contains(option));
        return entry is null ? "" : entry.Text.Split(';', '.', ':')[0].Trim();
    }

    private static HelpPart PartOf(string[] lines, int index)
    {
        if (index == 0) return new HelpPart(HelpPartKind.Usage, "", [.. lines], []);
        string[] title = [.. lines.TakeWhile(line => Indent(line) == 0)];
        if (title.Length == lines.Length) return new HelpPart(HelpPartKind.Prose, "", [.. lines], []);
        if (title.Length == 0 && Indent(lines[0]) <= EntryIndent && lines[0].TrimStart()[0] != '-')
            return new HelpPart(
                HelpPartKind.Examples, "", [.. lines.Select(line => line[Math.Min(2, Indent(line))..])], []);

        return new HelpPart(HelpPartKind.Entries, string.Join(' ', title), [], EntriesOf(lines[title.Length..]));
    }

    private static ImmutableArray<HelpEntry> EntriesOf(string[] lines)
    {
        ImmutableArray<HelpEntry>.Builder entries = ImmutableArray.CreateBuilder<HelpEntry>();
        foreach (string line in lines)
        {
            if (entries.Count == 0 || Indent(line) <= EntryIndent)
            {
                string[] sides = Gap().Split(line.Trim(), 2);
                entries.Add(new HelpEntry(sides[0], sides.Length > 1 ? sides[1] : ""));
            }
            else
            {
                HelpEntry last = entries[^1];
                entries[^1] = last with { Text = last.Text.Length == 0 ? line.Trim() : $"{last.Text} {line.Trim()}" };
            }
        }

        return entries.ToImmutable();
    }

    private static int Indent(string line) => line.Length - line.TrimStart(' ').Length;

    [GeneratedRegex(" {2,}")]
    private static partial Regex Gap();
}

/// <summary>A paragraph of a page: lines as they stand, or a titled list of entries.</summary>
public sealed record HelpPart(
    HelpPartKind Kind, string Title, ImmutableArray<string> Lines, ImmutableArray<HelpEntry> Entries);

/// <summary>What a paragraph of a page is.</summary>
public enum HelpPartKind : byte
{
    Usage,
    Prose,
    Examples,
    Entries,
}

/// <summary>One entry: <c>-f, --manifests PATH</c>, and what is said of it.</summary>
public sealed record HelpEntry(string Term, string Text)
{
    /// <summary>The term's words without commas, so that an option is found by its name.</summary>
    public IEnumerable<string> Words => Term.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
}
