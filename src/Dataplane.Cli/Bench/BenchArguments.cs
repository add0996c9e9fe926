using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Dataplane.Cluster.Cni;
using Dataplane.Replay;
using Dataplane.Replay.Bench;
using Dataplane.Replay.Generate;

namespace Dataplane.Cli.Bench;

/// <summary>
/// The options of <c>dataplane bench</c>, each of one meaning in all kinds, and how their values are read.
/// </summary>
internal sealed class BenchArguments
{
    /// <summary>Of the bench's own pods, which have so many ports.</summary>
    private const int MostFlows = 1 << 22;
    private const int MostServices = 1_000_000;
    private const int MostPolicies = 100_000;
    private const int MostRounds = 1000;
    private const int MostPackets = 100_000_000;
    private const int MostLoad = 1000;
    private const double MostSeconds = 3600;

    public Argument<string[]> Files { get; } = new("FILES") { Arity = ArgumentArity.ZeroOrMore };

    public Option<string[]> Services { get; } = OptionValues.Many("--services");

    public Option<string[]> Proxy { get; } = OptionValues.Many("--proxy");

    public Option<string[]> Cni { get; } = OptionValues.Many("--cni");

    public Option<string[]> FrameSize { get; } = OptionValues.Many("--frame-size");

    public Option<string[]> Flows { get; } = OptionValues.Many("--flows");

    public Option<string[]> Distribution { get; } = OptionValues.Many("--distribution");

    public Option<string[]> Workers { get; } = OptionValues.Many("--workers");

    public Option<string[]> Loads { get; } = OptionValues.Many("--loads");

    public Option<string> Endpoints { get; } = OptionValues.One("--endpoints");

    public Option<string> Policies { get; } = OptionValues.One("--policies");

    public Option<string> Packets { get; } = OptionValues.One("--packets");

    public Option<string> Seconds { get; } = OptionValues.One("--seconds");

    public Option<string> Rounds { get; } = OptionValues.One("--rounds");

    public Option<string> Seed { get; } = OptionValues.One("--seed");

    public Option<bool> Full { get; } = OptionValues.Flag("--full");

    public Option<string> Histogram { get; } = OptionValues.One("--histogram");

    public Option<string> Chart { get; } = OptionValues.One("--chart");

    public Option<string> Output { get; } = OptionValues.One("--output", "-o");

    public Option<string> Color { get; } = OptionValues.One("--color");

    public ImmutableArray<int>? ServicesOf(ParseResult arguments) =>
        Numbers(arguments, Services, MostServices)?.Order().ToImmutableArray();

    public ImmutableArray<int>? FlowsOf(ParseResult arguments) => Numbers(arguments, Flows, MostFlows);

    public ImmutableArray<int>? LoadsOf(ParseResult arguments) =>
        Numbers(arguments, Loads, MostLoad)?.Order().ToImmutableArray();

    public int EndpointsOf(ParseResult arguments, int otherwise) =>
        Number(arguments, Endpoints, otherwise, ushort.MaxValue);

    public int PoliciesOf(ParseResult arguments) =>
        arguments.GetResult(Policies) is { Implicit: false }
            ? Number(arguments, Policies, 0, MostPolicies, least: 0)
            : 0;

    public int PacketsOf(ParseResult arguments, int otherwise) => Number(arguments, Packets, otherwise, MostPackets);

    public int RoundsOf(ParseResult arguments, int otherwise) => Number(arguments, Rounds, otherwise, MostRounds);

    public double SecondsOf(ParseResult arguments, double otherwise)
    {
        double seconds = arguments.Rate(Seconds) ?? otherwise;
        return seconds <= MostSeconds
            ? seconds
            : throw new UsageException($"{Seconds.Name} {Plain(seconds)}: {Plain(MostSeconds)} is the most");
    }

    public ulong SeedOf(ParseResult arguments, ulong otherwise) =>
        (ulong)arguments.Number(Seed, least: 0, otherwise: (long)otherwise);

    public ImmutableArray<int>? WorkersOf(ParseResult arguments) =>
        Numbers(arguments, Workers, ReplayOptions.MostWorkers);

    public ImmutableArray<string>? ProxiesOf(ParseResult arguments)
    {
        string[]? names = Words(arguments, Proxy);
        foreach (string name in names ?? [])
        {
            if (name == "nftables") throw new UsageException($"--proxy {name}: not built yet");
            if (!PipelineCatalog.Proxies.Contains(name))
                throw new UsageException(Suggestion.For("proxy", name, [.. PipelineCatalog.Proxies]));
        }

        return names is null ? null : [.. names];
    }

    public ImmutableArray<string>? CnisOf(ParseResult arguments)
    {
        string[] known = [.. CniCatalog.Names];
        string[]? names = Words(arguments, Cni);
        foreach (string name in names ?? [])
        {
            if (!known.Contains(name)) throw new UsageException(Suggestion.For("CNI", name, known));
        }

        return names is null ? null : [.. names];
    }

    public ImmutableArray<int>? FrameSizesOf(ParseResult arguments) =>
        Words(arguments, FrameSize)?.Select(text => FrameSizes.Parse(FrameSize.Name, text)).ToImmutableArray();

    public ImmutableArray<FlowDistribution>? DistributionsOf(ParseResult arguments) =>
        Words(arguments, Distribution)?.Select(DistributionOf).ToImmutableArray();

    /// <summary>The only one of a list; an error where there are more.</summary>
    public static T One<T>(ImmutableArray<T>? list, Option option, T otherwise) => list switch
    {
        null => otherwise,
        [T only] => only,
        _ => throw new UsageException($"{option.Name}: this kind of bench takes one"),
    };

    /// <summary>Minutes of measuring are not lost to a name: the file is opened before.</summary>
    public string? ChartOf(ParseResult arguments)
    {
        string? path = arguments.GetValue(Chart);
        return path is null || BenchDocument.CanBe(path)
            ? path
            : throw new UsageException($"{Chart.Name} {path}: the name has to end in .svg or .html");
    }

    public bool IsJson(ParseResult arguments) => arguments.OneOf(Output, "text", "json") == "json";

    public Style StyleOf(ParseResult arguments) => Style.Choose(arguments.OneOf(Color, "auto", "always", "never"));

    private static FlowDistribution DistributionOf(string text) => text switch
    {
        "uniform" => FlowDistribution.Uniform,
        "zipf" => FlowDistribution.Zipf,
        _ => throw new UsageException(Suggestion.For("value of --distribution", text, ["uniform", "zipf"])),
    };

    private static int Number(ParseResult arguments, Option<string> option, int otherwise, int most, int least = 1)
    {
        long number = arguments.Number(option, least, otherwise);
        return number <= most ? (int)number : throw new UsageException($"{option.Name} {number}: {most} is the most");
    }

    /// <summary>In the order in which they were given, each once; null where the option was not.</summary>
    private static ImmutableArray<int>? Numbers(ParseResult arguments, Option<string[]> option, int most)
    {
        string[]? words = Words(arguments, option);
        if (words is null) return null;

        List<int> numbers = [];
        foreach (string text in words)
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) || number < 1)
                throw new UsageException($"{option.Name} {text}: give whole numbers from 1, with commas between them");
            if (number > most)
                throw new UsageException(
                    string.Create(CultureInfo.InvariantCulture, $"{option.Name} {number}: {most} is the most"));

            if (!numbers.Contains((int)number)) numbers.Add((int)number);
        }

        return [.. numbers];
    }

    private static string[]? Words(ParseResult arguments, Option<string[]> option)
    {
        if (arguments.GetResult(option) is not { Implicit: false }) return null;

        string[] words =
        [
            .. (arguments.GetValue(option) ?? [])
                .SelectMany(list =>
                    list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                .Distinct(),
        ];
        return words.Length > 0 ? words : throw new UsageException($"{option.Name}: nothing given");
    }

    private static string Plain(double number) => number.ToString(CultureInfo.InvariantCulture);
}
