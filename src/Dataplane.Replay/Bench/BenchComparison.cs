using System.Collections.Immutable;

namespace Dataplane.Replay.Bench;

/// <summary>
/// Two reports of <c>dataplane bench</c> side by side: what <c>bench compare -o json</c> prints. The noise of a figure
/// is the notch of McGill, Tukey and Larsen's box plots (1978), 1.57 times the distance of the quartiles by the root of
/// the number of rounds; of two figures, both together, and never less than <see cref="LeastNoise"/>.
/// </summary>
public sealed record BenchComparison
{
    public const int CurrentSchemaVersion = 1;

    /// <summary>
    /// By so much the same code differs from process to process, which no round of one process shows.
    /// </summary>
    public const double LeastNoise = 0.03;

    private const double Notch = 1.57;

    /// <summary>Facts that differ from minute to minute.</summary>
    private static readonly string[] Passing = ["loadAverage"];

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    public required string Before { get; init; }

    public required string After { get; init; }

    /// <summary>
    /// What is not the same of the machines: between these reports, ratios say more of machines than of the program.
    /// </summary>
    public ImmutableArray<MachineDifference> MachineDifferences { get; init; } = [];

    public ImmutableArray<ComparedFigure> Compared { get; init; } = [];

    /// <summary>Parameters of runs that the other report has not.</summary>
    public ImmutableArray<string> OnlyBefore { get; init; } = [];

    public ImmutableArray<string> OnlyAfter { get; init; } = [];

    public int Faster => Compared.Count(figure => figure.Verdict == ComparedFigure.Faster);

    public int Slower => Compared.Count(figure => figure.Verdict == ComparedFigure.Slower);

    /// <exception cref="InvalidDataException">A file is no report, or the two have no run in common.</exception>
    public static BenchComparison Of(string beforePath, string afterPath)
    {
        var before = BenchFile.Read(beforePath);
        var after = BenchFile.Read(afterPath);
        Dictionary<string, BenchFileRun> later = after.All.DistinctBy(run => run.Key).ToDictionary(run => run.Key);
        HashSet<string> earlier = [.. before.All.Select(run => run.Key)];
        BenchFileRun[] pairs = [.. before.All.DistinctBy(run => run.Key).Where(run => later.ContainsKey(run.Key))];
        if (pairs.Length == 0)
            throw new InvalidDataException(
                $"{beforePath} and {afterPath} have no run in common: the parameters of runs have to be the same");

        return new BenchComparison
        {
            Before = beforePath,
            After = afterPath,
            MachineDifferences = [.. DifferencesOf(before, after)],
            Compared = [.. pairs.SelectMany(run => Compare(run, later[run.Key], before.Rounds, after.Rounds))],
            OnlyBefore = [.. earlier.Where(key => !later.ContainsKey(key))],
            OnlyAfter = [.. later.Keys.Where(key => !earlier.Contains(key))],
        };
    }

    private static IEnumerable<MachineDifference> DifferencesOf(BenchFile before, BenchFile after) =>
        before.Machine.Keys.Union(after.Machine.Keys).Except(Passing).Order(StringComparer.Ordinal)
            .Select(fact => new MachineDifference(
                fact, before.Machine.GetValueOrDefault(fact, ""), after.Machine.GetValueOrDefault(fact, "")))
            .Where(difference => difference.Before != difference.After);

    private static IEnumerable<ComparedFigure> Compare(
        BenchFileRun before, BenchFileRun after, int roundsBefore, int roundsAfter)
    {
        foreach (BenchFigure old in before.Figures)
        {
            BenchFigure? young = after.Figures.FirstOrDefault(figure => figure.Name == old.Name);
            if (young is null) continue;

            double noise = Math.Max(LeastNoise,
                Math.Sqrt(SquaredNotch(old.Spread, roundsBefore) + SquaredNotch(young.Spread, roundsAfter)));
            double ratio = young.Value / old.Value;
            yield return new ComparedFigure(
                before.Key, old.Name, old.Value, young.Value, ratio, noise, ComparedFigure.VerdictOf(ratio, noise));
        }
    }

    private static double SquaredNotch(double spread, int rounds) => Notch * spread * Notch * spread / rounds;
}

/// <summary>One figure of a pair of runs.</summary>
/// <param name="Run">Its parameters.</param>
/// <param name="Figure">What was measured.</param>
/// <param name="BeforeNanoseconds">In the first report.</param>
/// <param name="AfterNanoseconds">In the second.</param>
/// <param name="Ratio">After by before.</param>
/// <param name="Noise">As a share: ratios within it say nothing.</param>
/// <param name="Verdict"><c>faster</c>, <c>slower</c>, or <c>same</c>: no difference that the
/// noise allows to tell.</param>
public sealed record ComparedFigure(
    string Run, string Figure, double BeforeNanoseconds, double AfterNanoseconds, double Ratio, double Noise,
    string Verdict)
{
    public const string Faster = "faster";
    public const string Slower = "slower";
    public const string Same = "same";

    /// <summary>Both ways alike: half the time and twice the time are as far from one.</summary>
    internal static string VerdictOf(double ratio, double noise) =>
        ratio > 1 + noise ? Slower : ratio < 1 / (1 + noise) ? Faster : Same;
}

public sealed record MachineDifference(string Fact, string Before, string After);
