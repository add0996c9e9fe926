using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Replay.Policies.Reach;

namespace Dataplane.Cli.Policies;

/// <summary>Who can talk to whom, for people: a matrix of sources and destinations, or what is not as expected.</summary>
public sealed class ReachText(TextWriter output, Style style)
{
    private const string Allowed = ".";
    private const string Denied = "X";
    private const string Some = "~";
    private const string NotAsked = "-";
    private const int ColumnsAtOnce = 40;

    private readonly TextWriter _output = output;
    private readonly Style _style = style;

    public void Write(ReachReport report)
    {
        if (report.Expectations.IsEmpty) WriteMatrix(report);
        else WriteExpectations(report);
    }

    private sealed record Column(string Name, ReachPort Port, ImmutableArray<ReachColumn> Hops);

    private void WriteMatrix(ReachReport report)
    {
        ReachMatrix matrix = report.Matrix;
        ImmutableArray<ReachGroup> rows = ReachGroups.Of(matrix.Judge, matrix.Sources);
        ImmutableArray<Column> columns = ColumnsOf(matrix);
        for (int first = 0; first < columns.Length; first += ColumnsAtOnce)
        {
            WriteBlock(matrix, rows, columns.AsSpan().Slice(first, Math.Min(ColumnsAtOnce, columns.Length - first)), first);
            _output.WriteLine();
        }

        _output.WriteLine($"{Allowed} allowed   {_style.Bad(Denied)} denied   {Some} some of them   {NotAsked} not asked");
    }

    private void WriteBlock(ReachMatrix matrix, ImmutableArray<ReachGroup> rows, ReadOnlySpan<Column> columns, int first)
    {
        int digits = Number(first + columns.Length).Length;
        int names = 0;
        foreach (Column column in columns) names = Math.Max(names, column.Name.Length);
        _output.WriteLine(_style.Bold("to"));
        for (int index = 0; index < columns.Length; index++)
            _output.WriteLine($"  {Number(first + index + 1).PadLeft(digits)}  {columns[index].Name.PadRight(names)}  {columns[index].Port}");

        int width = rows.Select(row => row.Name.Length).DefaultIfEmpty(0).Max();
        _output.WriteLine();
        _output.Write(_style.Bold("from".PadRight(width + 2)));
        for (int index = 0; index < columns.Length; index++) _output.Write(" " + Number(first + index + 1).PadLeft(digits));
        _output.WriteLine();
        foreach (ReachGroup row in rows)
        {
            _output.Write("  " + row.Name.PadRight(width));
            foreach (Column column in columns)
            {
                string cell = CellOf(matrix, row, column);
                _output.Write(" " + new string(' ', digits - 1) + (cell == Denied ? _style.Bad(cell) : cell));
            }

            _output.WriteLine();
        }
    }

    /// <summary>Whoever is in one group is not told apart: one that is not the destination itself speaks for it.</summary>
    private static string CellOf(ReachMatrix matrix, ReachGroup row, Column column)
    {
        int allowed = 0, denied = 0;
        foreach (ReachColumn hop in column.Hops)
        {
            int verdict = Ask(matrix, row, hop);
            if (verdict < 0) continue;
            if (matrix.Judge[verdict].IsAllowed) allowed++;
            else denied++;
        }

        return (allowed, denied) switch { (0, 0) => NotAsked, (_, 0) => Allowed, (0, _) => Denied, _ => Some };
    }

    private static int Ask(ReachMatrix matrix, ReachGroup row, in ReachColumn hop)
    {
        int verdict = -1;
        for (int index = 0; index < row.Ends.Length && verdict < 0; index++) verdict = matrix.VerdictOf(row.Ends[index], hop);
        return verdict;
    }

    /// <summary>A Service has one column a port; pods are grouped as rows are.</summary>
    private static ImmutableArray<Column> ColumnsOf(ReachMatrix matrix)
    {
        ILookup<int, ReachColumn> byTarget = matrix.Columns.ToLookup(column => column.Target);
        int[] ends = [.. matrix.Columns.Where(column => !column.IsService).Select(column => column.Hop.End).Distinct()];
        Dictionary<int, ReachGroup> groups = ReachGroups.Of(matrix.Judge, ends)
            .SelectMany(group => group.Ends.Select(end => (end, group)))
            .ToDictionary(entry => entry.end, entry => entry.group);
        OrderedDictionary<(string Name, ReachPort Port), List<ReachColumn>> columns = [];
        for (int number = 0; number < matrix.Targets.Length; number++)
        {
            ReachTarget target = matrix.Targets[number];
            string name = target.IsService ? target.Name : groups[target.Hops[0].End].Name;
            if (!columns.TryGetValue((name, target.Port), out List<ReachColumn>? hops)) columns.Add((name, target.Port), hops = []);
            if (target.IsService || hops.Count < 2) hops.AddRange(byTarget[number]);
        }

        return [.. columns.Select(column => new Column(column.Key.Name, column.Key.Port, [.. column.Value]))];
    }

    private void WriteExpectations(ReachReport report)
    {
        foreach (ExpectationResult result in report.Expectations)
        {
            string line = $"{result.Expectation.Source}: {result.Expectation.Text}";
            if (result.Holds)
            {
                _output.WriteLine($"{_style.Good("ok     ")} {line} ({result.Pairs} {(result.Pairs == 1 ? "pair" : "pairs")})");
                continue;
            }

            string mark = result.Problem is not null ? "ERROR  " : result.Expectation.Allows ? "BLOCKED" : "LEAK   ";
            _output.WriteLine($"{_style.Bad(mark)} {line}: {result.Sentence}");
            foreach (string example in ReachChecks.ExamplesOf(report, result)) _output.WriteLine($"          {example}");
        }

        int failed = report.Expectations.Count(result => !result.Holds);
        _output.WriteLine();
        _output.WriteLine(failed == 0
            ? _style.Good($"all {report.Expectations.Length} expectations hold")
            : _style.Bad($"{failed} of {report.Expectations.Length} expectations do not hold"));
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
