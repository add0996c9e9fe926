using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Dataplane.Replay.Bench;

/// <summary>What <c>bench compare</c> takes from a report of another day: its machine, its rounds, its runs.</summary>
internal sealed class BenchFile
{
    private const string Runs = "runs";
    private const string MachineName = "machine";
    private const string RoundsName = "rounds";

    /// <summary>
    /// By what runs are told apart; a load by its percentage, since what is offered is another
    /// rate wherever saturation is.
    /// </summary>
    private static readonly string[] Parameters =
    [
        "engine", "services", "endpoints", "policies", "flows", "distribution", "frameSize", "cni", "workers",
        "loadPercent",
    ];

    private BenchFile(
        string path, int rounds, ImmutableSortedDictionary<string, string> machine, ImmutableArray<BenchFileRun> runs)
    {
        Path = path;
        Rounds = rounds;
        Machine = machine;
        All = runs;
    }

    public string Path { get; }

    public int Rounds { get; }

    public ImmutableSortedDictionary<string, string> Machine { get; }

    public ImmutableArray<BenchFileRun> All { get; }

    /// <exception cref="InvalidDataException">The file is none that <c>bench -o json</c> wrote.</exception>
    public static BenchFile Read(string path)
    {
        if (!File.Exists(path)) throw new InvalidDataException($"{path}: no such file");

        try
        {
            using FileStream stream = File.OpenRead(path);
            using JsonDocument document = JsonDocument.Parse(stream);
            return Of(path, document.RootElement);
        }
        catch (JsonException error)
        {
            string place = error.LineNumber is { } line
                ? string.Create(CultureInfo.InvariantCulture, $"{path}:{line + 1}")
                : path;
            throw new InvalidDataException($"{place}: not JSON, as dataplane bench -o json writes it");
        }
    }

    private static BenchFile Of(string path, JsonElement root)
    {
        bool isReport = root.ValueKind == JsonValueKind.Object
            && root.TryGetProperty(Runs, out JsonElement runs) && runs.ValueKind == JsonValueKind.Array;
        if (!isReport)
            throw new InvalidDataException($"{path}: no runs in it: give what dataplane bench -o json wrote");

        int rounds = root.TryGetProperty(RoundsName, out JsonElement number) && number.TryGetInt32(out int count)
            ? Math.Max(1, count)
            : 1;
        ImmutableSortedDictionary<string, string> machine = root.TryGetProperty(MachineName, out JsonElement facts)
            && facts.ValueKind == JsonValueKind.Object
            ? facts.EnumerateObject().DistinctBy(fact => fact.Name)
                .ToImmutableSortedDictionary(fact => fact.Name, fact => fact.Value.ToString())
            : ImmutableSortedDictionary<string, string>.Empty;
        return new BenchFile(
            path, rounds, machine, [.. root.GetProperty(Runs).EnumerateArray().Where(IsObject).Select(RunOf)]);
    }

    private static bool IsObject(JsonElement element) => element.ValueKind == JsonValueKind.Object;

    private static BenchFileRun RunOf(JsonElement run)
    {
        IEnumerable<(string Name, string Value)> parameters = Parameters
            .Where(name => run.TryGetProperty(name, out _))
            .Select(name => (name, run.GetProperty(name).ToString()));
        return new BenchFileRun([.. parameters], [.. BenchFigure.Known.SelectMany(figure => figure.TryRead(run))]);
    }
}

/// <summary>One run: by what it is found again, and what was measured.</summary>
internal sealed record BenchFileRun(
    ImmutableArray<(string Name, string Value)> Parameters, ImmutableArray<BenchFigure> Figures)
{
    public string Key => string.Join(' ', Parameters.Select(parameter => $"{parameter.Name}={parameter.Value}"));
}

/// <summary>A figure in nanoseconds, less being better, with the spread of its rounds.</summary>
internal sealed record BenchFigure(
    string Name, string ValueName, string SpreadName, double Value = 0, double Spread = 0)
{
    /// <summary>By their names in the reports.</summary>
    public static readonly ImmutableArray<BenchFigure> Known =
    [
        new("p99.9", "p999Nanoseconds", "p999Spread"),
        new("established", "nanosecondsPerPacket", "spread"),
        new("first packet", "firstPacketNanoseconds", "firstPacketSpread"),
        new("look-up", "lookupNanoseconds", "lookupSpread"),
    ];

    /// <summary>One figure, or none where the run has it not.</summary>
    public IEnumerable<BenchFigure> TryRead(JsonElement run)
    {
        bool isThere = run.TryGetProperty(ValueName, out JsonElement value) && value.ValueKind == JsonValueKind.Number;
        if (!isThere || value.GetDouble() is not (> 0 and < double.MaxValue)) yield break;

        bool hasSpread = run.TryGetProperty(SpreadName, out JsonElement spread)
            && spread.ValueKind == JsonValueKind.Number;
        yield return this with { Value = value.GetDouble(), Spread = hasSpread ? Math.Abs(spread.GetDouble()) : 0 };
    }
}
