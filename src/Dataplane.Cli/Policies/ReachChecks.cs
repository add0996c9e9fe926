using Dataplane.Cluster.Model;
using Dataplane.Replay.Policies.Reach;

namespace Dataplane.Cli.Policies;

/// <summary>Expectations as tests and as findings, for continuous integration.</summary>
public static class ReachChecks
{
    private const string Suite = "dataplane reach";

    private static readonly CheckRule Leak = new("leak", "Pods can talk that should not.");
    private static readonly CheckRule Blocked = new("blocked", "Pods cannot talk that should.");
    private static readonly CheckRule Unanswered = new("unanswered", "An expectation names nobody, or no port.");

    /// <summary>One line for each example, and how many there are beyond.</summary>
    public static IEnumerable<string> ExamplesOf(ReachReport report, ExpectationResult result)
    {
        ReachJudge judge = report.Matrix.Judge;
        foreach (ReachSurprise surprise in result.Examples)
            yield return $"{surprise.From} -> {surprise.To} {surprise.Port}: "
                + $"{VerdictWords.Sentence(judge, surprise.Verdict)}";

        if (result.Wrong > result.Examples.Length) yield return $"and {result.Wrong - result.Examples.Length} more";
    }

    public static void WriteJUnit(TextWriter output, ReachReport report) => JUnitWriter.Write(output, Suite,
    [
        .. report.Expectations.Select(result => new JUnitCase(
            result.Expectation.Text,
            result.Sentence,
            string.Join('\n', ExamplesOf(report, result)),
            result.Expectation.Source.ToString())),
    ]);

    public static void WriteSarif(TextWriter output, ReachReport report) => output.WriteLine(SarifWriter.Write(
        [Leak, Blocked, Unanswered],
        report.Expectations.Where(result => !result.Holds).Select(result => ResultOf(report, result))));

    private static CheckResult ResultOf(ReachReport report, ExpectationResult result)
    {
        CheckRule rule = result.Problem is not null ? Unanswered : result.Expectation.Allows ? Blocked : Leak;
        IEnumerable<SourceLine> lines = result.Examples
            .Select(surprise => VerdictWords.SourceOf(report.Matrix.Judge, surprise.Verdict))
            .OfType<SourceLine>()
            .Distinct();
        string examples = string.Join("; ", ExamplesOf(report, result));
        string sentence = $"{result.Expectation.Text}: "
            + $"{result.Sentence}{(examples.Length == 0 ? "" : ": " + examples)}";
        return new CheckResult(rule.Id, Severity.Damage, result.Expectation.Source, sentence) { Related = [.. lines] };
    }
}
