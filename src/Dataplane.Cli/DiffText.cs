using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Replay.Diff;

namespace Dataplane.Cli;

/// <summary>The first differences side by side, then which fields differ in how many frames, then the sums.</summary>
public sealed class DiffText(TextWriter output, Style style, string oursName, string referenceName, long shown)
    : IDiffOutput
{
    private const int ShownNumbers = 20;
    private const int Width = 80;
    private const int ExampleSize = 40;

    private readonly SideBySide _sideBySide = new(output, style);
    private readonly Dictionary<string, FieldDifference> _first = [];
    private long _pairs;
    private long _lonely;

    public void Different(DissectedFrame ours, DissectedFrame reference, IReadOnlyList<FieldDifference> differences)
    {
        foreach (FieldDifference difference in differences) _first.TryAdd(difference.Field, difference);
        if (++_pairs > shown) return;

        Heading();
        string other = reference.Number == ours.Number ? "" : $", reference {reference.Number}";
        output.WriteLine(style.Bold($"@@ frame {ours.Number}{other} @@"));
        _sideBySide.Write(ours, reference, differences);
        output.WriteLine();
    }

    public void OnlyOurs(DissectedFrame frame) => Lonely('-', "ours", frame);

    public void OnlyReference(DissectedFrame frame) => Lonely('+', "the reference", frame);

    public void Read(long frames)
    {
    }

    public void End(DiffSummary summary)
    {
        if (_pairs > shown)
            output.WriteLine($"… and {Quantity.Count(_pairs - shown)} more frames differ (--show N shows more)");
        if (_lonely > shown) output.WriteLine($"… and {Quantity.Count(_lonely - shown)} more frames have no partner");
        if (_pairs > shown || _lonely > shown) output.WriteLine();
        WriteFields(summary.Fields);
        Unmatched("only in ours", summary.OnlyOurs);
        Unmatched("only in the reference", summary.OnlyReference);
        string verdict = $"{Quantity.Count(summary.Compared)} frames compared, {Quantity.Count(summary.Equal)} equal, "
            + $"{Quantity.Count(summary.Compared - summary.Equal)} different";
        output.WriteLine(summary.Same ? style.Good(verdict) : style.Bad(verdict));

        IgnoredField[] seen = [.. summary.Ignored.Where(ignored => ignored.Frames > 0)];
        if (seen.Length > 0)
        {
            output.WriteLine("ignored where they differ (field, frames):");
            foreach (IgnoredField ignored in seen)
                output.WriteLine($"  {ignored.Field} {Quantity.Count(ignored.Frames)}");
        }

        string[] quiet = [.. summary.Ignored.Where(ignored => ignored.Frames == 0).Select(ignored => ignored.Field)];
        if (quiet.Length > 0) WriteWrapped("also ignored, without a difference:", quiet);
    }

    public void Fault(FrameFault fault) => output.WriteLine(style.Bad($"frame {fault.Frame}: {fault.Fault}"));

    public void End(DissectSummary summary)
    {
        string verdict = $"{Quantity.Count(summary.Frames)} frames, {Quantity.Count(summary.Good)} good, "
            + $"{Quantity.Count(summary.Faults)} faults";
        output.WriteLine(summary.Faults == 0 ? style.Good(verdict) : style.Bad(verdict));
        output.WriteLine($"{Quantity.Count(summary.Tunnelled)} frames dissect as a tunnel's");
        if (summary.InputFaults > 0)
            output.WriteLine(
                $"{Quantity.Count(summary.InputFaults)} faults were in the input already and do not count");
        if (summary.AboveTransport > 0)
        {
            output.WriteLine($"{Quantity.Count(summary.AboveTransport)} faults above the transport do not count "
                + "(--input IN compares them with the input's)");
        }

        if (summary.Cut > 0)
            output.WriteLine(
                $"{Quantity.Count(summary.Cut)} frames are cut by a snap length: their checksums cannot be checked");
    }

    private void Heading()
    {
        if (_pairs + _lonely > 1) return;

        output.WriteLine(style.Bold($"--- {oursName}"));
        output.WriteLine(style.Bold($"+++ {referenceName}"));
    }

    private void Lonely(char sign, string where, DissectedFrame frame)
    {
        if (++_lonely > shown) return;

        Heading();
        output.WriteLine(style.Bold($"@@ frame {frame.Number}, only in {where} @@"));
        for (int layer = 1; layer < frame.Layers.Count; layer++)
        {
            string title = frame.Title(layer);
            if (title.Length > 0)
                output.WriteLine($"{sign}{(title.Length < Width ? title : title[..(Width - 2)] + "…")}");
        }

        output.WriteLine();
    }

    private void WriteFields(ImmutableArray<FieldCount> fields)
    {
        if (fields.IsEmpty) return;

        var table = new TextTable(2, "field", "first: ours | reference", "frames");
        foreach (FieldCount field in fields)
        {
            FieldDifference first = _first[field.Field];
            string example = $"{Short(first.Ours)} | {Short(first.Reference)}";
            string frame = first.Frame.ToString(CultureInfo.InvariantCulture);
            table.Add(field.Field, $"{frame}: {example}", Quantity.Count(field.Frames));
        }

        table.Write(output, Style.Plain);
        output.WriteLine();
    }

    private static string Short(string? value) =>
        value is null ? "-" : value.Length <= ExampleSize / 2 ? value : value[..(ExampleSize / 2 - 1)] + "…";

    private void WriteWrapped(string heading, string[] names)
    {
        output.Write(heading);
        int column = Width;
        foreach (string name in names)
        {
            bool wrap = column + name.Length + 2 > Width;
            output.Write(wrap ? $"\n  {name}" : $", {name}");
            column = wrap ? name.Length + 2 : column + name.Length + 2;
        }

        output.WriteLine();
    }

    private void Unmatched(string where, ImmutableArray<long> frames)
    {
        if (frames.IsEmpty) return;

        string more = frames.Length > ShownNumbers ? $" and {Quantity.Count(frames.Length - ShownNumbers)} more" : "";
        output.WriteLine(
            $"{where}: {Quantity.Count(frames.Length)} frames ({string.Join(", ", frames.Take(ShownNumbers))}{more})");
    }
}
