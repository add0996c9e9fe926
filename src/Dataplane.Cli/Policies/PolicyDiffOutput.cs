using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dataplane.Cluster.Model;
using Dataplane.Replay.Policies.Changes;

namespace Dataplane.Cli.Policies;

/// <summary>What a change of policies changes, in each of its formats.</summary>
public sealed class PolicyDiffOutput(TextWriter output, Style style)
{
    private const string Suite = "dataplane policy diff";

    private static readonly CheckRule Opened = new("opened", "Pods can talk that could not.");
    private static readonly CheckRule Closed = new("closed", "Pods cannot talk that could.");

    private static readonly CheckRule FlowOpened = new(
        "flow-opened", "A flow of the capture gets through that did not.");
    private static readonly CheckRule FlowClosed = new("flow-closed", "A flow of the capture is dropped that was not.");

    private readonly TextWriter _output = output;
    private readonly Style _style = style;

    public void Write(PolicyChangeReport report, string format)
    {
        switch (format)
        {
            case "json": WriteJson(report); break;
            case "junit": JUnitWriter.Write(_output, Suite, Cases(report)); break;
            case "sarif":
                _output.WriteLine(SarifWriter.Write(
                    [Opened, Closed, FlowOpened, FlowClosed], [.. report.Changes.Select(ResultOf),
                        .. report.Flows.Select(ResultOf)]));
                break;
            default: WriteText(report); break;
        }
    }

    private void WriteText(PolicyChangeReport report)
    {
        foreach (PolicyChange change in report.Changes)
        {
            string sign = change.Is.IsAllowed ? _style.Good("+") : _style.Bad("-");
            _output.WriteLine($"{sign} {PairOf(change)}: {CauseOf(change)}");
        }

        foreach (FlowChange flow in report.Flows)
        {
            string sign = flow.IsDropped ? _style.Bad("-") : _style.Good("+");
            _output.WriteLine($"{sign} {FlowOf(flow)}: {CauseOf(flow)}");
        }

        if (report.IsEmpty)
        {
            _output.WriteLine("nothing changes");
            return;
        }

        _output.WriteLine();
        _output.WriteLine($"{report.Opened} pairs can talk that could not (+), {report.Closed} cannot that could (-)");
    }

    private static string PairOf(PolicyChange change) => $"{change.From.Name} -> {change.To.Name} {change.PortName}";

    private static string CauseOf(PolicyChange change) => PolicyOutcome.Sentences(change.Was, change.Is);

    private static string SentenceOf(PolicyChange change) =>
        $"{PairOf(change)} {(change.Is.IsAllowed ? "can talk now" : "cannot talk any more")}: {CauseOf(change)}";

    private static string FlowOf(FlowChange flow) =>
        $"{flow.Flows} {(flow.Flows == 1 ? "flow" : "flows")} of the capture, "
        + $"{flow.Packets} {(flow.Packets == 1 ? "packet" : "packets")}: {flow.From} -> {flow.To} {flow.Port}";

    private static string CauseOf(FlowChange flow) => PolicyOutcome.Sentences(flow.Was, flow.Is);

    private static JUnitCase[] Cases(PolicyChangeReport report) =>
    [
        .. report.Changes.Select(CaseOf)
            .Concat(report.Flows.Select(flow =>
                new JUnitCase(FlowOf(flow), CauseOf(flow), CauseOf(flow), flow.Cause.Source?.ToString())))
            .DefaultIfEmpty(new JUnitCase("nothing changes", null, "", null)),
    ];

    private static CheckResult ResultOf(FlowChange flow) => new(
        flow.IsDropped ? FlowClosed.Id : FlowOpened.Id, Severity.Warning,
        flow.Cause.Source, $"{FlowOf(flow)}: {CauseOf(flow)}");

    private static JUnitCase CaseOf(PolicyChange change) => new(
        $"{PairOf(change)} stays {(change.Was.IsAllowed ? "allowed" : "denied")}",
        SentenceOf(change), CauseOf(change), change.Cause.Source?.ToString());

    private static CheckResult ResultOf(PolicyChange change) => new(
        change.Is.IsAllowed ? Opened.Id : Closed.Id, Severity.Warning, change.Cause.Source, SentenceOf(change));

    private void WriteJson(PolicyChangeReport report)
    {
        _output.Write("{\n  \"schemaVersion\": 1,\n  \"pairs\": [");
        string separator = "\n    ";
        foreach (PolicyChange change in report.Changes)
        {
            string tail = TailOf(change);
            foreach (int from in change.From.Ends)
            {
                foreach (int to in change.To.Ends)
                {
                    if (from == to) continue;

                    _output.Write(
                        $"{separator}{{\"from\":{Quote(report.Pods[from])},\"to\":{Quote(report.Pods[to])},{tail}}}");
                    separator = ",\n    ";
                }
            }
        }

        _output.Write("\n  ],\n  \"flows\": [");
        separator = "\n    ";
        foreach (FlowChange flow in report.Flows)
        {
            _output.Write(separator + JsonOf(flow));
            separator = ",\n    ";
        }

        _output.Write($"\n  ],\n  \"opened\": {report.Opened},\n  \"closed\": {report.Closed},\n");
        _output.Write($"  \"notes\": [{string.Join(", ", report.Notes.Select(Quote))}]\n}}\n");
    }

    private static string TailOf(PolicyChange change)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture, $"\"port\":{change.Port.Port},\"protocol\":\"{change.Port.ProtocolName}\",");
        if (change.Port.Port == 0) text.Append($"\"ports\":{Quote(change.PortName)},");
        text.Append($"\"allowed\":{(change.Is.IsAllowed ? "true" : "false")},");
        text.Append($"\"reason\":{Quote(change.Is.Reason)},\"was\":{Quote(change.Was.Reason)},");
        return text.Append(LinesOf(change.Cause, change.Was)).ToString();
    }

    private static string LinesOf(PolicyOutcome cause, PolicyOutcome was) =>
        $"\"policy\":{Quote(cause.Policy)},\"rule\":{Quote(cause.Rule)},\"source\":{Quote(cause.Source?.ToString())},"
        + $"\"wasPolicy\":{Quote(was.Policy)},\"wasRule\":{Quote(was.Rule)},"
        + $"\"wasSource\":{Quote(was.Source?.ToString())}";

    private static string JsonOf(FlowChange flow) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"from\":{Quote(flow.From)},\"to\":{Quote(flow.To)},\"port\":{flow.Port.Port},"
        + $"\"protocol\":\"{flow.Port.ProtocolName}\",")
        + string.Create(
            CultureInfo.InvariantCulture,
            $"\"flows\":{flow.Flows},\"packets\":{flow.Packets},\"allowed\":{(flow.IsDropped ? "false" : "true")},"
            + $"\"reason\":{Quote((flow.IsDropped ? flow.Is : flow.Was).Reason)},")
        + LinesOf(flow.Cause, flow.Was) + "}";

    private static string Quote(string? text) =>
        text is null ? "null" : $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
