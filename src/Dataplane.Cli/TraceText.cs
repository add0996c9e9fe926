using Dataplane.Replay.Tracing;

namespace Dataplane.Cli;

/// <summary>A trace for people: the sentence first, then each step at its node; rules that match are marked.</summary>
public static class TraceText
{
    private const string Match = "*";

    public static void Write(TextWriter output, TraceReport report, Style style)
    {
        output.WriteLine(style.Bold(report.Sentence));
        output.WriteLine();
        string verdict = report.Verdict == "dropped" ? style.Bad(report.Verdict) : style.Good(report.Verdict);
        string reason = report.Reason is null ? "" : $", {report.Reason}";
        string stage = report.Stage is null ? "" : $" in stage {report.Stage}";
        output.WriteLine($"verdict  {verdict}{reason}{stage}{(report.Node is null ? "" : $", at {report.Node}")}");
        if (report.Policy is not null) output.WriteLine($"policy   {report.Policy}");
        if (report.Rule is not null) output.WriteLine($"rule     {report.Rule}");
        if (report.Source is not null) output.WriteLine($"source   {report.Source}");
        output.WriteLine($"cluster  {report.Cni}, {report.Proxy}");
        output.WriteLine();
        WriteSteps(output, "there", report.Steps, style);
        if (report.Reply is not { } reply) return;

        output.WriteLine();
        WriteSteps(output, "and back", reply.Steps, style);
    }

    private static void WriteSteps(TextWriter output, string way, IReadOnlyList<TraceStep> steps, Style style)
    {
        output.WriteLine(style.Bold(way));
        string? node = null;
        foreach (TraceStep step in steps)
        {
            if (step.Node != node && step.Node is not null) output.WriteLine($"  {step.Node}");
            node = step.Node ?? node;
            string mark = step.Matched == true ? Match : " ";
            string device = step.Device is null ? "" : $" [{step.Device}]";
            string line = $"  {mark} {step.Stage,-21} {step.Action,-11} {step.Detail}{device}";
            output.WriteLine(
                step.Matched == false ? style.Faint(line) : step.Action == "drop" ? style.Bad(line) : line);
        }
    }
}
