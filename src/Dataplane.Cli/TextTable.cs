using System.Net;

namespace Dataplane.Cli;

/// <summary>Columns of text: the first ones to the left, numbers to the right, no lines around.</summary>
public sealed class TextTable(int leftColumns, params string[] headings)
{
    private const string Gap = "  ";

    private readonly int _leftColumns = leftColumns;
    private readonly string[] _headings = headings;
    private readonly List<(string[] Cells, Func<string, string>? Paint)> _rows = [];

    public void Add(params string[] cells) => _rows.Add((cells, null));

    public void AddPainted(Func<string, string> paint, params string[] cells) => _rows.Add((cells, paint));

    public void Write(TextWriter output, Style style)
    {
        int[] widths = [.. _headings.Select((heading, column) =>
            _rows.Select(row => row.Cells[column].Length).Append(heading.Length).Max())];

        output.WriteLine(style.Bold(Line(_headings, widths)));
        foreach ((string[] cells, Func<string, string>? paint) in _rows)
        {
            string line = Line(cells, widths);
            output.WriteLine(paint is null ? line : paint(line));
        }
    }

    /// <summary>The same as a table of a page.</summary>
    public void WriteHtml(TextWriter output)
    {
        output.Write("<table>\n<thead>");
        WriteRow(output, "th", _headings);
        output.Write("</thead>\n<tbody>\n");
        foreach ((string[] cells, _) in _rows) WriteRow(output, "td", cells);
        output.Write("</tbody>\n</table>\n");
    }

    private void WriteRow(TextWriter output, string element, string[] cells)
    {
        output.Write("<tr>");
        for (int column = 0; column < cells.Length; column++)
        {
            string kind = column < _leftColumns ? "" : " class=\"n\"";
            output.Write($"<{element}{kind}>{WebUtility.HtmlEncode(cells[column])}</{element}>");
        }

        output.Write("</tr>\n");
    }

    private string Line(string[] cells, int[] widths) =>
        string.Join(Gap, cells.Select((cell, column) =>
            column < _leftColumns ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd();
}
