using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dataplane.Cluster.Model;
using Dataplane.Replay.Policies.Lint;

namespace Dataplane.Cli.Policies;

/// <summary>What lint found, in each of its formats.</summary>
public static class LintOutput
{
    private const string Suite = "dataplane policy lint";

    private static readonly JsonWriterOptions Readable = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Write(TextWriter output, LintReport report, string format, Style style)
    {
        switch (format)
        {
            case "json": output.WriteLine(Json(report)); break;
            case "junit": JUnitWriter.Write(output, Suite, Cases(report)); break;
            case "sarif":
                output.WriteLine(SarifWriter.Write(
                    [.. LintRule.All.Select(rule => new CheckRule(rule.Id, rule.Summary))],
                    report.Findings.Select(finding =>
                        new CheckResult(finding.Rule.Id, finding.Severity, finding.Source, finding.Sentence))));
                break;
            default:
                foreach (LintFinding finding in report.Findings) output.WriteLine(Line(finding, style));
                break;
        }
    }

    /// <summary><c>file:line: severity: sentence [rule-id]</c>, as compilers say it and editors understand.</summary>
    private static string Line(LintFinding finding, Style style)
    {
        string level = CheckResult.LevelOf(finding.Severity);
        string shown = finding.Severity == Severity.Note ? style.Faint(level) : style.Bad(level);
        string policy = finding.Policy is null ? "" : $"{finding.Policy}: ";
        return $"{finding.Source}: {shown}: {policy}{finding.Sentence} [{finding.Rule.Id}]";
    }

    private static string Json(LintReport report)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 1);
            json.WriteNumber("policies", report.Policies.Length);
            json.WriteStartArray("findings");
            foreach (LintFinding finding in report.Findings)
            {
                json.WriteStartObject();
                json.WriteString("rule", finding.Rule.Id);
                json.WriteString("severity", CheckResult.LevelOf(finding.Severity));
                json.WriteString("policy", finding.Policy);
                json.WriteString("sentence", finding.Sentence);
                json.WriteString("source", finding.Source.ToString());
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("notes");
            foreach (string note in report.Notes) json.WriteStringValue(note);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>A test for each policy, and one for each finding that belongs to none.</summary>
    private static List<JUnitCase> Cases(LintReport report)
    {
        List<JUnitCase> cases = [];
        foreach (string policy in report.Policies)
            cases.Add(CaseOf(policy, [.. report.Findings.Where(finding => finding.Policy == policy)]));
        foreach (LintFinding finding in report.Findings.Where(finding => finding.Policy is null))
            cases.Add(CaseOf(finding.Source.ToString(), [finding]));

        return cases;
    }

    private static JUnitCase CaseOf(string name, LintFinding[] findings)
    {
        LintFinding? worst = findings.Where(finding => finding.Severity != Severity.Note)
            .MaxBy(finding => finding.Severity);
        string detail = string.Join('\n', findings.Select(finding => Line(finding, Style.Plain)));
        return new JUnitCase(name, worst?.Sentence, detail, worst?.Source.ToString());
    }
}
