using System.Globalization;
using System.Text;

namespace Dataplane.Cli.Manual;

/// <summary>Writes man(7): requests begin a line, and text cannot be taken for one.</summary>
public sealed class Roff(TextWriter writer)
{
    public void Title(string name, int section, string version, string book) =>
        writer.WriteLine($".TH {name} {section} \"\" \"{Escape(version)}\" \"{Escape(book)}\"");

    public void Section(string title) => writer.WriteLine($".SH {Escape(title)}");

    public void Subsection(string title) => writer.WriteLine($".SS {Escape(title)}");

    public void Paragraph(string text)
    {
        writer.WriteLine(".PP");
        Text(text);
    }

    public void Heading(string text)
    {
        writer.WriteLine(".PP");
        writer.WriteLine($".I {Escape(text)}");
    }

    /// <summary>A term in bold, and below it what it means.</summary>
    public void Entry(string term, string text)
    {
        writer.WriteLine(".TP");
        writer.WriteLine($".B {Escape(term)}");
        Text(text);
    }

    /// <summary>Lines as they stand.</summary>
    public void Lines(IEnumerable<string> lines)
    {
        writer.WriteLine(".PP");
        writer.WriteLine(".RS 4");
        writer.WriteLine(".nf");
        foreach (string line in lines) Text(line);
        writer.WriteLine(".fi");
        writer.WriteLine(".RE");
    }

    public void Text(string text)
    {
        string line = Escape(text);
        writer.WriteLine(line.Length > 0 && line[0] is '.' or '\'' ? @"\&" + line : line);
    }

    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 16);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value == '\\') escaped.Append(@"\e");
            else if (rune.Value == '-') escaped.Append(@"\-");
            else if (rune.Value == '\'') escaped.Append(@"\(aq");
            else if (rune.Value == '"') escaped.Append(@"\(dq");
            else if (rune.Value == '^') escaped.Append(@"\(ha");
            else if (rune.Value == '~') escaped.Append(@"\(ti");
            else if (rune.Value == '`') escaped.Append(@"\(ga");
            else if (rune.IsAscii) escaped.Append(rune);
            else escaped.Append(CultureInfo.InvariantCulture, $"\\[u{rune.Value:X4}]");
        }

        return escaped.ToString();
    }
}
