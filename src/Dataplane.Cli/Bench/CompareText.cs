using Dataplane.Replay.Bench;

namespace Dataplane.Cli.Bench;

/// <summary>Two reports of <c>dataplane bench</c> as a table, with what stands in the way of trusting it.</summary>
internal static class CompareText
{
    public static void Write(BenchComparison comparison, TextWriter output, Style style)
    {
        foreach (MachineDifference difference in comparison.MachineDifferences)
            output.WriteLine(
                $"not the same machine: {difference.Fact}: {Shown(difference.Before)}, then {Shown(difference.After)}");
        if (!comparison.MachineDifferences.IsEmpty) output.WriteLine();

        var table = new TextTable(2, "run", "figure", "before", "after", "ratio", "noise", "verdict");
        foreach (ComparedFigure figure in comparison.Compared)
        {
            string[] cells =
            [
                figure.Run,
                figure.Figure,
                Quantity.Nanoseconds(figure.BeforeNanoseconds),
                Quantity.Nanoseconds(figure.AfterNanoseconds),
                BenchDocument.Text($"{figure.Ratio:0.000}"),
                BenchDocument.Text($"{100 * figure.Noise:0.0} %"),
                figure.Verdict == ComparedFigure.Same ? "no difference" : figure.Verdict,
            ];
            Func<string, string>? paint = figure.Verdict switch
            {
                ComparedFigure.Slower => style.Bad,
                ComparedFigure.Faster => style.Good,
                _ => null,
            };
            if (paint is null) table.Add(cells);
            else table.AddPainted(paint, cells);
        }

        table.Write(output, style);
        output.WriteLine();
        foreach (string run in comparison.OnlyBefore) output.WriteLine($"only in {comparison.Before}: {run}");
        foreach (string run in comparison.OnlyAfter) output.WriteLine($"only in {comparison.After}: {run}");
        int same = comparison.Compared.Length - comparison.Slower - comparison.Faster;
        output.WriteLine(
            $"{comparison.Slower} slower, {comparison.Faster} faster, "
            + $"{same} without a difference that the noise allows to tell");
    }

    private static string Shown(string fact) => fact.Length == 0 ? "not said" : fact;
}
