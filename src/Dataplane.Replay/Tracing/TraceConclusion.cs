using System.Globalization;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Replay.Tracing;

/// <summary>From what was recorded to the answer: verdict, reason and one plain sentence.</summary>
internal static class TraceConclusion
{
    public static TraceReport Of(
        Emulation emulation, TraceRecorder recorder, in RecordState record, string who, string where)
    {
        bool isDropped = record.Verdict == Verdict.Dropped;
        string? node = isDropped && record.Node != RecordState.NoNode
            ? emulation.Model.Nodes[record.Node].Name
            : recorder.LastNode;
        var nothing = new TraceTuple("", "", 0, 0, "");
        return new TraceReport
        {
            Verdict = VerdictText.Name(record.Verdict),
            Reason = ReasonOf(in record),
            Stage = isDropped ? VerdictText.Name(record.Stage) : null,
            Node = node ?? NodeOf(recorder),
            Policy = recorder.Denial?.Policy,
            Rule = RuleOf(recorder),
            Source = (recorder.Denial?.Source ?? recorder.Refusal?.Source)?.ToString(),
            Shows = ShownBy(emulation, in record),
            Sentence = Sentence(emulation, recorder, in record, node, who, where),
            Cni = emulation.Model.Cni,
            Proxy = emulation.Proxy.Name,
            Sent = recorder.Sent ?? nothing,
            Delivered = recorder.Delivered,
            Wire = recorder.Wire,
            Steps = recorder.Steps,
        };
    }

    public static TraceReply Reply(TraceRecorder recorder, in RecordState record) =>
        new(VerdictText.Name(record.Verdict), ReasonOf(in record), recorder.Sent!, recorder.Delivered)
        {
            Wire = recorder.Wire,
            Steps = recorder.Steps,
        };

    /// <summary>Whether the reply comes back as what the client waits for.</summary>
    public static string OfReply(TraceReply reply, TraceTuple sent)
    {
        if (reply.Delivered is not { } back) return $" The reply does not come back: {reply.Reason ?? reply.Verdict}.";

        bool isExpected = back.Src == sent.Dst && back.Dst == sent.Src && back.SrcPort == sent.DstPort
            && back.DstPort == sent.SrcPort;
        return isExpected
            ? $" The reply comes back from {End(back.Src, back.SrcPort)}, as the client expects."
            : $" The reply comes back from {End(back.Src, back.SrcPort)}, which the client does not know.";
    }

    private static string? RuleOf(TraceRecorder recorder) => recorder.Denial is { Rule: >= 0 } denial
        ? denial.Rule.ToString(CultureInfo.InvariantCulture)
        : recorder.Rule;

    private static string? ReasonOf(in RecordState record) => record.Verdict switch
    {
        Verdict.Dropped => DropReasonText.Name(record.Drop),
        Verdict.Ignored => VerdictText.Name(record.Ignored),
        _ => null,
    };

    private static long? ShownBy(Emulation emulation, in RecordState record) =>
        record is { Verdict: Verdict.Ignored, Ignored: IgnoreReason.SeenAgain }
        && emulation.State.Sightings is { Shown: >= 0 and long shown } ? shown + 1 : null;

    private static string? NodeOf(TraceRecorder recorder) =>
        recorder.Steps.LastOrDefault(step => step.Node is not null)?.Node;

    private static string Sentence(
        Emulation emulation, TraceRecorder recorder, in RecordState record, string? node, string who, string where)
    {
        switch (record.Verdict)
        {
            case Verdict.Dropped:
                return $"A packet from {who} to {where} is dropped at {node ?? "no node"}: "
                    + $"{recorder.Denial?.Sentence ?? recorder.Refusal?.Text ?? DropReasonText.Sentence(record.Drop)}.";
            case Verdict.Ignored when record.Ignored == IgnoreReason.SeenAgain:
                return $"A packet from {who} to {where} is one that the capture shows at several points: "
                    + "it has entered as "
                    + (ShownBy(emulation, in record) is { } shown
                        ? $"packet {shown} (--packet {shown} tells its way)."
                        : "an earlier one of several packets that are alike.");
            case Verdict.Ignored:
                return $"A packet from {who} to {where} is not this cluster's business: "
                    + $"{VerdictText.Name(record.Ignored)}.";
            case Verdict.Answered:
                return $"A packet from {who} to {where} is answered by {node ?? NodeOf(recorder) ?? "a node"} itself.";
        }

        if (recorder.Delivered is not { } delivered) return $"A packet from {who} to {where} is on its way.";

        string arrival = delivered.Pod is { } pod ? $"reaches pod {pod} on {node}"
            : recorder.Steps.Any(step => step.Action == "deliver") ? $"reaches {node} itself"
            : $"leaves the cluster at {node}";
        return $"A packet from {who} to {where} {arrival} as {End(delivered.Dst, delivered.DstPort)}"
            + (delivered.Src == recorder.Sent?.Src
                ? "."
                : $", with the source {End(delivered.Src, delivered.SrcPort)}.");
    }

    private static string End(string address, ushort port)
    {
        if (port == 0) return address;

        return address.Contains(':') ? $"[{address}]:{port}" : $"{address}:{port}";
    }
}
