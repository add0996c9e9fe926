using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Dataplane.Replay;
using Dataplane.Replay.Bench;

namespace Dataplane.Cli;

/// <summary><c>dataplane bench</c>: what packets cost, measured here and now.</summary>
public sealed class BenchVerb : IVerb
{
    private const string Scaling = "scaling";
    private const int MostFlows = 1 << 22;
    private const int MostRounds = 1000;

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(10);
    private static readonly string[] Kinds = [Scaling, "pipeline", "latency", "compare"];

    private readonly Argument<string> _kind = new("KIND") { Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string[]> _services = OptionValues.Many("--services");
    private readonly Option<string[]> _proxy = OptionValues.Many("--proxy");
    private readonly Option<string> _endpoints = OptionValues.One("--endpoints");
    private readonly Option<string> _flows = OptionValues.One("--flows");
    private readonly Option<string> _rounds = OptionValues.One("--rounds");
    private readonly Option<string> _seed = OptionValues.One("--seed");
    private readonly Option<string> _chart = OptionValues.One("--chart");
    private readonly Option<string> _output = OptionValues.One("--output", "-o");
    private readonly Option<string> _color = OptionValues.One("--color");
    private readonly Option<string[]>[] _later =
    [
        OptionValues.Later("--policies"), OptionValues.Later("--frame-size"), OptionValues.Later("--cni"),
        OptionValues.Later("--workers"), OptionValues.Later("--histogram"),
    ];

    public string Name => "bench";

    public string Help => HelpText.Bench;

    public Command Command
    {
        get
        {
            var command = new Command(Name) { _kind, _services, _proxy, _endpoints, _flows, _rounds, _seed, _chart, _output, _color };
            foreach (Option<string[]> option in _later) command.Add(option);
            return command;
        }
    }

    public int Run(ParseResult arguments, Streams streams, CancellationToken cancellation)
    {
        arguments.RefuseLater(_later);
        CheckKind(arguments.GetValue(_kind) ?? Scaling);
        ScalingOptions options = Options(arguments);
        bool json = arguments.OneOf(_output, "text", "json") == "json";
        Style style = Style.Choose(arguments.OneOf(_color, "auto", "always", "never"));
        string? chart = arguments.GetValue(_chart);
        if (chart is not null) CheckChart(chart);

        ScalingReport report = ScalingRunner.Run(options, SayNowAndThen(streams), cancellation);
        if (json) streams.Result.WriteLine(CliJson.Write(report));
        else new ScalingText(streams.Result, style).Write(report);
        if (chart is not null) WriteChart(chart, report, streams);
        return ExitCode.Done;
    }

    private static void CheckKind(string kind)
    {
        if (!Kinds.Contains(kind)) throw new UsageException(Suggestion.For("bench", kind, Kinds));
        if (kind != Scaling) throw new UsageException($"bench {kind}: not built yet; {Scaling} is");
    }

    private ScalingOptions Options(ParseResult arguments)
    {
        ScalingOptions defaults = new();
        return defaults with
        {
            Services = Numbers(arguments.GetValue(_services)) ?? defaults.Services,
            Proxies = Proxies(arguments.GetValue(_proxy)) ?? defaults.Proxies,
            Endpoints = Number(arguments, _endpoints, defaults.Endpoints, ushort.MaxValue),
            Flows = Number(arguments, _flows, defaults.Flows, MostFlows),
            Rounds = Number(arguments, _rounds, defaults.Rounds, MostRounds),
            Seed = (ulong)arguments.Number(_seed, least: 0, otherwise: (long)defaults.Seed),
        };
    }

    private static int Number(ParseResult arguments, Option<string> option, int otherwise, int most)
    {
        long number = arguments.Number(option, least: 1, otherwise);
        return number <= most ? (int)number : throw new UsageException($"{option.Name} {number}: {most} is the most");
    }

    private static ImmutableArray<int>? Numbers(string[]? lists)
    {
        if (lists is null or []) return null;

        var numbers = new SortedSet<int>();
        foreach (string text in Words(lists))
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number < 1)
                throw new UsageException($"--services {text}: give whole numbers from 1, with commas between them");

            numbers.Add(number);
        }

        return numbers.Count > 0 ? [.. numbers] : throw new UsageException("--services: no number given");
    }

    private static ImmutableArray<string>? Proxies(string[]? lists)
    {
        if (lists is null or []) return null;

        string[] names = [.. Words(lists).Distinct()];
        foreach (string name in names)
        {
            if (name == "nftables") throw new UsageException($"--proxy {name}: not built yet");
            if (!PipelineCatalog.Proxies.Contains(name)) throw new UsageException(Suggestion.For("proxy", name, [.. PipelineCatalog.Proxies]));
        }

        return names.Length > 0 ? [.. names] : throw new UsageException("--proxy: no name given");
    }

    private static IEnumerable<string> Words(string[] lists) =>
        lists.SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    // Minutes of measuring are not lost to a name: the file is opened before.
    private static void CheckChart(string path)
    {
        if (Path.GetExtension(path) is not (".svg" or ".html"))
            throw new UsageException($"--chart {path}: the name has to end in .svg or .html");

        File.Create(path).Dispose();
    }

    private static void WriteChart(string path, ScalingReport report, Streams streams)
    {
        string svg = ScalingChart.Draw(report);
        File.WriteAllText(path, Path.GetExtension(path) == ".html" ? ScalingChart.Page(svg) : svg);
        streams.Say($"chart: {path}");
    }

    private static Action<string> SayNowAndThen(Streams streams)
    {
        long said = Stopwatch.GetTimestamp();
        return line =>
        {
            if (Stopwatch.GetElapsedTime(said) < ProgressInterval) return;

            said = Stopwatch.GetTimestamp();
            streams.Say(line);
        };
    }
}
