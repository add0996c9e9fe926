using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Replay.Policies.Reach;

namespace Dataplane.Cli.Policies;

/// <summary>
/// Who can talk to whom, for people: a matrix of sources and destinations, or what is not as expected.
/// </summary>
public sealed class ReachText(TextWriter output, Style style)
{
    private const string Allowed = ".";
    private const string Denied = "X";
    private const string Some = "~";
    private const string NotAsked = "-";
    private const int ColumnsAtOnce = 40;
    private const int MostRows = 80;
    private const int MostColumns = 160;

    private readonly TextWriter _output = output;
    private readonly Style _style = style;

    public void Write(ReachReport report)
    {
        if (report.Expectations.IsEmpty) WriteMatrix(report);
        else WriteExpectations(report);
    }

    private sealed record Column(string Name, string Port, ImmutableArray<ReachColumn> Hops);

    private void WriteMatrix(ReachReport report)
    {
        ReachMatrix matrix = report.Matrix;
        ImmutableArray<ReachGroup> rows = ReachGroups.Of(matrix.Judge, matrix.Sources);
        ImmutableArray<Column> columns = ColumnsOf(matrix);
        bool isLarge = rows.Length > MostRows || columns.Length > MostColumns;
        if (isLarge)
        {
            rows = ReachGroups.ByNamespace(matrix.Judge, matrix.Sources);
            columns = ColumnsByNamespace(matrix);
        }

        for (int first = 0; first < columns.Length; first += ColumnsAtOnce)
        {
            WriteBlock(
                matrix, rows, columns.AsSpan().Slice(first, Math.Min(ColumnsAtOnce, columns.Length - first)), first);
            _output.WriteLine();
        }

        if (isLarge)
            _output.WriteLine(
                "too many to tell apart here: whole namespaces, "
                + "all ports (--from, --to and --port ask for less, -o json for all)");
        _output.WriteLine(
            $"{Allowed} allowed   {_style.Bad(Denied)} denied   {Some} some of them   {NotAsked} not asked");
    }

    private void WriteBlock(
        ReachMatrix matrix, ImmutableArray<ReachGroup> rows, ReadOnlySpan<Column> columns, int first)
    {
        int digits = Number(first + columns.Length).Length;
        int names = 0;
        foreach (Column column in columns) names = Math.Max(names, column.Name.Length);
        _output.WriteLine(_style.Bold("to"));
        for (int index = 0; index < columns.Length; index++)
            _output.WriteLine($"  {Number(first + index + 1).PadLeft(digits)}  {columns[index].Name.PadRight(names)}  {columns[index].Port}".TrimEnd());

        int width = rows.Select(row => row.Name.Length).DefaultIfEmpty(0).Max();
        _output.WriteLine();
        _output.Write(_style.Bold("from".PadRight(width + 2)));
        for (int index = 0; index < columns.Length; index++)
            _output.Write(" " + Number(first + index + 1).PadLeft(digits));
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

    private static string CellOf(ReachMatrix matrix, ReachGroup row, Column column)
    {
        bool allowed = false, denied = false;
        foreach (int source in row.Ends)
        {
            foreach (ReachColumn hop in column.Hops)
            {
                int verdict = matrix.VerdictOf(source, hop);
                if (verdict < 0) continue;
                if (matrix.Judge.IsAllowed(verdict)) allowed = true;
                else denied = true;
                if (allowed && denied) return Some;
            }
        }

        return allowed ? Allowed : denied ? Denied : NotAsked;
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
            if (!columns.TryGetValue((name, target.Port), out List<ReachColumn>? hops))
                columns.Add((name, target.Port), hops = []);
            hops.AddRange(byTarget[number]);
        }

        return [
            .. columns.Select(column => new Column(column.Key.Name, column.Key.Port.ToString(), [.. column.Value]))];
    }

    private static ImmutableArray<Column> ColumnsByNamespace(ReachMatrix matrix)
    {
        var pods = matrix.Columns.Where(column => !column.IsService).ToLookup(column => column.Hop.End);
        IEnumerable<Column> ofPods = ReachGroups.ByNamespace(matrix.Judge, [.. pods.Select(pod => pod.Key)])
            .Select(group => new Column(group.Name, "", [.. group.Ends.SelectMany(end => pods[end])]));
        IEnumerable<Column> ofServices = matrix.Columns.Where(column => column.IsService)
            .GroupBy(column => string.Join('/', matrix.Targets[column.Target].Name.Split('/').Take(2)) + "/*")
            .Select(group => new Column(group.Key, "", [.. group]));
        return [.. ofPods, .. ofServices];
    }

    private void WriteExpectations(ReachReport report)
    {
        foreach (ExpectationResult result in report.Expectations)
        {
            string line = $"{result.Expectation.Source}: {result.Expectation.Text}";
            if (result.Holds)
            {
                _output.WriteLine(
                    $"{_style.Good("ok     ")} {line} ({result.Pairs} {(result.Pairs == 1 ? "pair" : "pairs")})");
                continue;
            }

            string mark = result.Problem is not null ? "ERROR  " : result.Expectation.Allows ? "BLOCKED" : "LEAK   ";
            _output.WriteLine($"{_style.Bad(mark)} {line}: {result.Sentence}");
            foreach (string example in ReachChecks.ExamplesOf(report, result))
                _output.WriteLine($"          {example}");
        }

        int failed = report.Expectations.Count(result => !result.Holds);
        _output.WriteLine();
        _output.WriteLine(failed == 0
            ? _style.Good($"all {report.Expectations.Length} expectations hold")
            : _style.Bad($"{failed} of {report.Expectations.Length} expectations do not hold"));
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
