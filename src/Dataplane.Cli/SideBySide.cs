using Dataplane.Replay.Diff;

namespace Dataplane.Cli;

/// <summary>
/// Two dissections beside each other in 80 columns, as <c>diff -y</c> prints: every layer's headline, the
/// fields that differ, and the field before and after each. <c>|</c> differs, <c>&lt;</c> is ours alone,
/// <c>&gt;</c> the reference's.
/// </summary>
public sealed class SideBySide(TextWriter output, Style style)
{
    private const int Column = 38;
    private const int MostLines = 4;

    public void Write(DissectedFrame ours, DissectedFrame reference, IReadOnlyList<FieldDifference> differences)
    {
        HashSet<string> different = [.. differences.Select(one => one.Field)];
        List<Row> rows = Align(Lines(ours), Lines(reference));
        bool[] shown = new bool[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i].IsLayer) shown[i] = rows[i].Layer > 0;
            if (!rows[i].Differs || rows[i].IsLayer || !different.Contains(rows[i].Name)) continue;

            for (int near = Math.Max(i - 1, 0); near <= Math.Min(i + 1, rows.Count - 1); near++)
                shown[near] |= near == i || !rows[near].Differs;
        }

        for (int i = 0; i < rows.Count; i++)
        {
            if (shown[i]) Write(rows[i]);
        }
    }

    private void Write(in Row row)
    {
        (string left, string right) = row.IsLayer || !row.Differs
            ? (row.Left ?? "", row.Right ?? "")
            : Focus(row.Left, row.Right);
        char sign = !row.Differs ? ' ' : row.Left is null ? '>' : row.Right is null ? '<' : row.IsLayer ? ' ' : '|';
        string[] leftLines = [.. Wrap(left, row.IsLayer)];
        string[] rightLines = [.. Wrap(right, row.IsLayer)];
        for (int i = 0; i < Math.Max(leftLines.Length, rightLines.Length); i++)
        {
            string line = $"{leftLines.ElementAtOrDefault(i) ?? "",-Column} {sign} {rightLines.ElementAtOrDefault(i)}"
                .TrimEnd();
            output.WriteLine(sign == ' ' ? line : style.Bad(line));
        }
    }

    /// <summary>Long values begin shortly before their first difference.</summary>
    private static (string Left, string Right) Focus(string? left, string? right)
    {
        if (left is null || right is null || Math.Min(left.Length, right.Length) <= 2 * Column)
            return (left ?? "", right ?? "");

        int at = left.AsSpan().CommonPrefixLength(right);
        int value = left.IndexOf(": ", StringComparison.Ordinal) + 2;
        const int Octet = 3;
        int octet = (at - value) / Octet;
        if (octet < 8) return (left, right);

        int from = value + (octet - 2) * Octet;
        string name = left[..value];
        return ($"{name}byte {octet - 2} on: {left[from..]}", $"{name}byte {octet - 2} on: {right[from..]}");
    }

    private static IEnumerable<string> Wrap(string text, bool isLayer)
    {
        const string Indent = "    ";
        string rest = text;
        for (int line = 1; rest.Length > Column; line++)
        {
            if (line == MostLines)
            {
                yield return rest[..(Column - 1)] + "…";
                yield break;
            }

            int cut = rest.LastIndexOf(' ', Column - 1);
            if (cut <= Indent.Length) cut = rest.LastIndexOf(':', Column - 2) + 1;
            if (cut <= Indent.Length) cut = Column;
            yield return rest[..cut];
            rest = (isLayer ? "  " : Indent) + rest[cut..].TrimStart();
        }

        yield return rest;
    }

    private static List<Line> Lines(DissectedFrame frame)
    {
        List<Line> lines = [];
        int layer = -1;
        foreach (DissectedField field in frame.Fields)
        {
            while (layer < field.Layer) lines.Add(Headline(frame, ++layer));
            string show = field.Show.Length > 0 ? field.Show : field.Value;
            lines.Add(
                new Line(layer, frame.QualifiedName(field), $"  {field.Name}: {show}", field.Value, IsLayer: false));
        }

        while (layer < frame.Layers.Count - 1) lines.Add(Headline(frame, ++layer));
        return lines;
    }

    private static Line Headline(DissectedFrame frame, int layer) =>
        new(layer, frame.Layers[layer], frame.Title(layer), "", IsLayer: true);

    /// <summary>The longest common sequence of names; what is not in it stands alone.</summary>
    private static List<Row> Align(List<Line> left, List<Line> right)
    {
        int[,] common = new int[left.Count + 1, right.Count + 1];
        for (int i = left.Count - 1; i >= 0; i--)
        {
            for (int j = right.Count - 1; j >= 0; j--)
            {
                common[i, j] = left[i].Pairs(right[j])
                    ? common[i + 1, j + 1] + 1
                    : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        List<Row> rows = [];
        for (int i = 0, j = 0; i < left.Count || j < right.Count;)
        {
            if (i < left.Count && j < right.Count && left[i].Pairs(right[j])) rows.Add(new Row(left[i++], right[j++]));
            else if (j == right.Count || (i < left.Count && common[i + 1, j] >= common[i, j + 1]))
                rows.Add(new Row(left[i++], null));
            else rows.Add(new Row(null, right[j++]));
        }

        return rows;
    }

    private readonly record struct Line(int Layer, string Name, string Text, string Value, bool IsLayer)
    {
        public bool Pairs(in Line other) => IsLayer == other.IsLayer && Name == other.Name;
    }

    private readonly struct Row(Line? left, Line? right)
    {
        public bool IsLayer => (left ?? right)!.Value.IsLayer;

        public int Layer => (left ?? right)!.Value.Layer;

        public string Name => (left ?? right)!.Value.Name;

        public string? Left => left?.Text;

        public string? Right => right?.Text;

        public bool Differs => left?.Text != right?.Text || left?.Value != right?.Value;
    }
}
