using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dataplane.Engines.Policies;
using Dataplane.Replay.Policies.Reach;

namespace Dataplane.Cli.Policies;

/// <summary>
/// All pairs as one JSON document, a line each, written while they are judged: what repeats from pair to pair (names, verdicts)
/// is made into bytes once.
/// </summary>
public sealed class ReachJson : IDisposable
{
    private const int BufferSize = 1 << 18;

    private readonly ReachReport _report;
    private readonly PolicyModel _model;
    private readonly BufferedStream _output;
    private readonly Dictionary<int, byte[]> _tails = [];
    private long _allowed;
    private long _denied;

    private ReachJson(ReachReport report, Stream output)
    {
        _report = report;
        _model = report.Matrix.Judge.Model;
        _output = new BufferedStream(output, BufferSize);
    }

    public static void Write(Stream output, ReachReport report, CancellationToken cancellation)
    {
        using var json = new ReachJson(report, output);
        json.WriteAll(cancellation);
    }

    public void Dispose() => _output.Flush();

    private void WriteAll(CancellationToken cancellation)
    {
        Put($"{{\n  \"schemaVersion\": 1,\n  \"enforcer\": {Quote(_report.Enforcement.Name)},\n  \"pairs\": [");
        WritePairs(cancellation);
        Put("\n  ],\n");
        if (!_report.Expectations.IsEmpty) WriteExpectations();
        Put($"  \"allowed\": {_allowed},\n  \"denied\": {_denied},\n");
        Put($"  \"notes\": [{string.Join(", ", _report.Notes.Select(Quote))}]\n}}\n");
    }

    private void WritePairs(CancellationToken cancellation)
    {
        ReachMatrix matrix = _report.Matrix;
        byte[][] middles = [.. matrix.Columns.Select(MiddleOf)];
        byte[] separator = "\n    "u8.ToArray();
        foreach (int source in matrix.Sources)
        {
            cancellation.ThrowIfCancellationRequested();
            byte[] head = Encoding.UTF8.GetBytes($"{{\"from\":{Quote(matrix.Judge.Ends[source].Name)},");
            for (int column = 0; column < middles.Length; column++)
            {
                int verdict = matrix.VerdictOf(source, matrix.Columns[column]);
                if (verdict < 0) continue;

                _output.Write(separator);
                _output.Write(head);
                _output.Write(middles[column]);
                _output.Write(TailOf(verdict));
                if (separator.Length == 5) separator = ",\n    "u8.ToArray();
            }
        }
    }

    private byte[] MiddleOf(ReachColumn column)
    {
        ReachTarget target = _report.Matrix.Targets[column.Target];
        string endpoint = !column.IsService || column.Hop.End < 0
            ? ""
            : $"\"endpoint\":{Quote(_report.Matrix.Judge.Ends[column.Hop.End].Name)},\"endpointPort\":{column.Hop.Port.Port},";
        return Encoding.UTF8.GetBytes(
            $"\"to\":{Quote(target.Name)},\"port\":{target.Port.Port},\"protocol\":\"{target.Port.ProtocolName}\",{endpoint}");
    }

    private byte[] TailOf(int number)
    {
        ReachVerdict verdict = _report.Matrix.Judge[number];
        if (verdict.IsAllowed) _allowed++;
        else _denied++;
        if (_tails.TryGetValue(number, out byte[]? known)) return known;

        string? policy = VerdictWords.PolicyOf(_model, verdict);
        string text = $"\"allowed\":{(verdict.IsAllowed ? "true" : "false")},\"reason\":\"{verdict.ReasonText}\","
            + $"\"direction\":{Quote(policy is null ? null : VerdictWords.DirectionOf(verdict))},\"policy\":{Quote(policy)},"
            + $"\"rule\":{Quote(VerdictWords.RuleOf(_model, verdict))},\"source\":{Quote(VerdictWords.SourceOf(_model, verdict)?.ToString())}}}";
        return _tails[number] = Encoding.UTF8.GetBytes(text);
    }

    private void WriteExpectations()
    {
        Put("  \"expectations\": [");
        string separator = "";
        foreach (ExpectationResult result in _report.Expectations)
        {
            string examples = string.Join(", ", ReachChecks.ExamplesOf(_report, result).Select(Quote));
            Put($"{separator}\n    {{\"text\":{Quote(result.Expectation.Text)},\"source\":{Quote(result.Expectation.Source.ToString())},"
                + $"\"holds\":{(result.Holds ? "true" : "false")},\"pairs\":{result.Pairs},\"wrong\":{result.Wrong},"
                + $"\"sentence\":{Quote(result.Sentence)},\"examples\":[{examples}]}}");
            separator = ",";
        }

        Put("\n  ],\n");
    }

    private static string Quote(string? text) =>
        text is null ? "null" : $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    private void Put(FormattableString text) => Put(FormattableString.Invariant(text));

    private void Put(string text) => _output.Write(Encoding.UTF8.GetBytes(text));
}
