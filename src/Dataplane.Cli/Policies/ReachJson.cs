using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dataplane.Replay.Policies.Reach;

namespace Dataplane.Cli.Policies;

/// <summary>
/// All pairs as one JSON document, a line each, written while they are judged: what repeats from pair to pair is
/// made into bytes once.
/// </summary>
public sealed class ReachJson
{
    private const int BufferSize = 1 << 18;

    private readonly ReachReport _report;
    private readonly ReachJudge _judge;
    private readonly Stream _output;
    private readonly byte[] _buffer = new byte[BufferSize];
    private byte[]?[] _tails = new byte[]?[64];
    private long[] _counts = new long[64];
    private int _used;

    private ReachJson(ReachReport report, Stream output)
    {
        _report = report;
        _judge = report.Matrix.Judge;
        _output = output;
    }

    public static void Write(Stream output, ReachReport report, CancellationToken cancellation)
    {
        var json = new ReachJson(report, output);
        json.WriteAll(cancellation);
        json.Flush();
    }

    private void WriteAll(CancellationToken cancellation)
    {
        Put($"{{\n  \"schemaVersion\": 1,\n  \"enforcer\": {Quote(_report.Enforcement.Name)},\n  \"pairs\": [");
        WritePairs(cancellation);
        Put("\n  ],\n");
        if (!_report.Expectations.IsEmpty) WriteExpectations();
        long allowed = Count(isAllowed: true), denied = Count(isAllowed: false);
        Put($"  \"allowed\": {allowed},\n  \"denied\": {denied},\n");
        Put($"  \"notes\": [{string.Join(", ", _report.Notes.Select(Quote))}]\n}}\n");
    }

    private void WritePairs(CancellationToken cancellation)
    {
        ReachMatrix matrix = _report.Matrix;
        byte[][] middles = [.. matrix.Columns.Select(MiddleOf)];
        ReadOnlySpan<ReachColumn> columns = matrix.Columns.AsSpan();
        string separator = "";
        foreach (int source in matrix.Sources)
        {
            cancellation.ThrowIfCancellationRequested();
            byte[] head = Head(separator, source);
            for (int column = 0; column < columns.Length; column++)
            {
                int verdict = matrix.VerdictOf(source, in columns[column]);
                if (verdict < 0) continue;

                byte[] tail = (verdict < _tails.Length ? _tails[verdict] : null) ?? Remember(verdict);
                _counts[verdict]++;
                Put(head);
                Put(middles[column]);
                Put(tail);
                if (separator.Length > 0) continue;

                separator = ",";
                head = Head(separator, source);
            }
        }
    }

    private byte[] Remember(int verdict)
    {
        int room = Math.Max(verdict + 1, 2 * _tails.Length);
        if (_tails.Length <= verdict)
        {
            Array.Resize(ref _tails, room);
            Array.Resize(ref _counts, room);
        }

        return _tails[verdict] = MakeTail(_report.Matrix.Judge[verdict]);
    }

    private byte[] Head(string separator, int source) =>
        Encoding.UTF8.GetBytes($"{separator}\n    {{\"from\":{Quote(_report.Matrix.Judge.Ends[source].Name)},");

    private byte[] MiddleOf(ReachColumn column)
    {
        ReachTarget target = _report.Matrix.Targets[column.Target];
        string endpoint = !column.IsService || column.Hop.End < 0
            ? ""
            : $"\"endpoint\":{Quote(_report.Matrix.Judge.Ends[column.Hop.End].Name)},"
                + $"\"endpointPort\":{column.Hop.Port.Port},";
        return Encoding.UTF8.GetBytes(
            $"\"to\":{Quote(target.Name)},\"port\":{target.Port.Port},"
            + $"\"protocol\":\"{target.Port.ProtocolName}\",{endpoint}");
    }

    private byte[] MakeTail(ReachVerdict verdict)
    {
        string? policy = VerdictWords.PolicyOf(_judge, verdict);
        string text = $"\"allowed\":{(verdict.IsAllowed ? "true" : "false")},\"reason\":\"{verdict.ReasonText}\","
            + $"\"direction\":{Quote(policy is null ? null : VerdictWords.DirectionOf(verdict))},"
            + $"\"policy\":{Quote(policy)},\"rule\":{Quote(VerdictWords.RuleOf(_judge, verdict))},"
            + $"\"source\":{Quote(VerdictWords.SourceOf(_judge, verdict)?.ToString())}}}";
        return Encoding.UTF8.GetBytes(text);
    }

    private void WriteExpectations()
    {
        Put("  \"expectations\": [");
        string separator = "";
        foreach (ExpectationResult result in _report.Expectations)
        {
            string examples = string.Join(", ", ReachChecks.ExamplesOf(_report, result).Select(Quote));
            Put(
                $"{separator}\n    {{\"text\":{Quote(result.Expectation.Text)},"
                + $"\"source\":{Quote(result.Expectation.Source.ToString())},"
                + $"\"holds\":{(result.Holds ? "true" : "false")},\"pairs\":{result.Pairs},\"wrong\":{result.Wrong},"
                + $"\"sentence\":{Quote(result.Sentence)},\"examples\":[{examples}]}}");
            separator = ",";
        }

        Put("\n  ],\n");
    }

    private static string Quote(string? text) =>
        text is null ? "null" : $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    private void Put(string text) => Put(Encoding.UTF8.GetBytes(text));

    private void Put(byte[] bytes)
    {
        if (bytes.Length > BufferSize - _used) Flush();
        if (bytes.Length > BufferSize)
        {
            _output.Write(bytes);
            return;
        }

        bytes.CopyTo(_buffer.AsSpan(_used));
        _used += bytes.Length;
    }

    private void Flush()
    {
        _output.Write(_buffer, 0, _used);
        _output.Flush();
        _used = 0;
    }

    private long Count(bool isAllowed)
    {
        long count = 0;
        for (int number = 0; number < _counts.Length; number++)
        {
            if (_counts[number] > 0 && _report.Matrix.Judge.IsAllowed(number) == isAllowed) count += _counts[number];
        }

        return count;
    }
}
