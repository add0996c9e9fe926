using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using System.Xml.Linq;
using Dataplane.Capture;
using Dataplane.Replay.Bench;

namespace Dataplane.Cli.Bench;

/// <summary>A report as people read it: text on a terminal, one SVG, or one page that needs nothing else.</summary>
internal sealed record BenchDocument
{
    private const string Vector = ".svg";
    private const string Page = ".html";
    private const double BytesPerGibibyte = 1L << 30;

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    public required string Title { get; init; }

    public required MachineFacts Machine { get; init; }

    /// <summary>What was measured, and how.</summary>
    public required ImmutableArray<string> Method { get; init; }

    public required TextTable Table { get; init; }

    /// <summary>What it comes to.</summary>
    public ImmutableArray<string> Conclusions { get; init; } = [];

    /// <summary>SVG documents.</summary>
    public required Func<ImmutableArray<string>> Charts { get; init; }

    public static bool CanBe(string path) => Path.GetExtension(path) is Vector or Page;

    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    public static string Number(double value) =>
        value.ToString(value < 100 ? "0.0" : "N0", CultureInfo.InvariantCulture);

    public static string Percent(double share) => (100 * share).ToString("0", CultureInfo.InvariantCulture) + " %";

    public void Write(TextWriter output, Style style)
    {
        foreach (string line in MachineLines().Concat(Method)) output.WriteLine(line);
        output.WriteLine();
        Table.Write(output, style);
        if (Conclusions.IsEmpty) return;

        output.WriteLine();
        foreach (string line in Conclusions) output.WriteLine(line);
    }

    /// <summary>In the form that the name asks for.</summary>
    public void WriteTo(Stream stream, string path)
    {
        using var output =
            new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
        if (Path.GetExtension(path) == Page) WritePage(output);
        else output.Write(Stacked([.. Charts().Select(Unclipped)]).ToString());
    }

    private IEnumerable<string> MachineLines()
    {
        string load = Machine.LoadAverage is { } average ? Text($", load {average:0.00} at the start") : "";
        yield return $"{Machine.Processor}, {Machine.Cores} cores, {Machine.Runtime}{load}";
        yield return Text($"{Machine.System}, kernel {Machine.Kernel}, {Machine.MemoryBytes / BytesPerGibibyte:0.0} GiB; {Machine.Compilation}");
    }

    private void WritePage(TextWriter output)
    {
        output.Write($$"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>{{WebUtility.HtmlEncode(Title)}}</title>
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em; color: #222; background: #fff; }
            table { border-collapse: collapse; font-size: 13px; }
            th, td { padding: .15em .7em; text-align: left; border-bottom: 1px solid #ddd; white-space: nowrap; }
            .n { text-align: right; font-variant-numeric: tabular-nums; }
            svg { max-width: 100%; height: auto; margin: 1em 0; }
            .wide { overflow-x: auto; }
            </style>
            </head>
            <body>
            <h1>{{WebUtility.HtmlEncode(Title)}}</h1>

            """);
        WriteParagraph(output, MachineLines());
        WriteParagraph(output, Method);
        WriteParagraph(output, Conclusions);
        foreach (string chart in Charts()) output.WriteLine(Unclipped(chart).ToString());
        output.Write("<div class=\"wide\">\n");
        Table.WriteHtml(output);
        output.Write("</div>\n</body>\n</html>\n");
    }

    private static void WriteParagraph(TextWriter output, IEnumerable<string> lines)
    {
        string text = string.Join("<br>\n", lines.Select(WebUtility.HtmlEncode));
        if (text.Length > 0) output.Write($"<p>{text}</p>\n");
    }

    /// <summary>
    /// Without clips: nothing lies beyond its axes, letters of another width than was measured stay whole, and charts
    /// in one document share no names.
    /// </summary>
    private static XElement Unclipped(string chart)
    {
        XElement root = XDocument.Parse(chart).Root!;
        root.Descendants(Svg + "defs").Remove();
        root.Descendants().Attributes("clip-path").Remove();
        return root;
    }

    /// <summary>One below the other; one alone as it is.</summary>
    private static XElement Stacked(ImmutableArray<XElement> charts)
    {
        if (charts is [XElement only]) return only;

        double top = 0;
        var all = new XElement(Svg + "svg");
        foreach (XElement chart in charts)
        {
            chart.SetAttributeValue("y", top.ToString(CultureInfo.InvariantCulture));
            all.Add(chart);
            top += BenchChart.Height;
        }

        all.SetAttributeValue("width", BenchChart.Width);
        all.SetAttributeValue("height", top);
        return all;
    }
}
