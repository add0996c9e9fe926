using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Dataplane.Capture;
using Dataplane.Cluster.Synthetic;
using Dataplane.Replay.Generate;

namespace Dataplane.Cli;

/// <summary><c>dataplane generate</c>: clusters and traffic from a seed, so that anyone can repeat a figure.</summary>
public sealed class GenerateVerb : IVerb
{
    private const int MostFlows = 1 << 26;
    private const int SmallestMtu = 1280;
    private const int LargestMtu = 9000;
    private const long MostPacketsPerSecond = 1_000_000_000;

    internal static readonly string[] Kinds = ["cluster", "traffic"];

    private readonly Argument<string> _kind = new("KIND") { Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string> _nodes = OptionValues.One("--nodes");
    private readonly Option<string> _pods = OptionValues.One("--pods");
    private readonly Option<string> _namespaces = OptionValues.One("--namespaces");
    private readonly Option<string> _services = OptionValues.One("--services");
    private readonly Option<string> _endpoints = OptionValues.One("--endpoints");
    private readonly Option<string> _policies = OptionValues.One("--policies");
    private readonly Option<bool> _dualStack = OptionValues.Flag("--dual-stack");
    private readonly Option<string> _cni = OptionValues.One("--cni");
    private readonly Option<string[]> _manifests = OptionValues.Many("--manifests", "-f");
    private readonly Option<string> _packets = OptionValues.One("--packets");
    private readonly Option<string> _flows = OptionValues.One("--flows");
    private readonly Option<string> _distribution = OptionValues.One("--distribution");
    private readonly Option<string> _frameSize = OptionValues.One("--frame-size");
    private readonly Option<string> _mix = OptionValues.One("--mix");
    private readonly Option<string> _replies = OptionValues.One("--replies");
    private readonly Option<string> _ipv6 = OptionValues.One("--ipv6");
    private readonly Option<string> _mtu = OptionValues.One("--mtu");
    private readonly Option<string> _pps = OptionValues.One("--pps", "-p");
    private readonly Option<string> _seed = OptionValues.One("--seed");
    private readonly Option<string> _write = OptionValues.One("--write", "-w");
    private readonly Option<string> _output = OptionValues.One("--output", "-o");
    private readonly Option<bool> _encapsulated = OptionValues.Flag("--encapsulated");
    private readonly Option<bool> _longLived = OptionValues.Flag("--long-lived");
    private readonly Option<string> _node = OptionValues.One("--node");

    public string Name => "generate";

    public string Help => HelpText.Generate;

    public Command Command
    {
        get
        {
            var command = new Command(Name) { _kind, _seed, _write, _output, _cni };
            foreach (Option option in (IEnumerable<Option>)[.. OfCluster, .. OfTraffic]) command.Add(option);
            return command;
        }
    }

    private Option[] OfCluster => [_nodes, _pods, _namespaces, _services, _endpoints, _policies, _dualStack];

    private Option[] OfTraffic =>
    [
        _manifests, _packets, _flows, _distribution, _frameSize, _mix, _replies, _ipv6, _mtu, _pps, _node, _longLived,
        _encapsulated,
    ];

    public int Run(ParseResult arguments, Streams streams, Interruption interruption)
    {
        string? kind = arguments.GetValue(_kind);
        if (kind is null) throw new UsageException($"generate what? Known: {string.Join(' ', Kinds)}");
        if (!Kinds.Contains(kind)) throw new UsageException(Suggestion.For("generate", kind, Kinds));

        bool traffic = kind == "traffic";
        Option? stray = (traffic ? OfCluster : OfTraffic)
            .FirstOrDefault(option => arguments.GetResult(option) is { Implicit: false });
        if (stray is not null)
            throw new UsageException($"{stray.Name} is for generate {(traffic ? "cluster" : "traffic")}");

        return traffic ? Traffic(arguments, streams, interruption) : Cluster(arguments, streams, interruption);
    }

    private int Cluster(ParseResult arguments, Streams streams, Interruption interruption)
    {
        var options = new SyntheticOptions
        {
            Nodes = Number(arguments, _nodes, 3, 1, int.MaxValue),
            PodsPerNode = Number(arguments, _pods, 10, 1, int.MaxValue),
            Namespaces = Number(arguments, _namespaces, 4, 1, int.MaxValue),
            Services = Number(arguments, _services, 10, 0, int.MaxValue),
            Endpoints = Number(arguments, _endpoints, 3, 1, int.MaxValue),
            Policies = Number(arguments, _policies, 0, 0, int.MaxValue),
            DualStack = arguments.GetValue(_dualStack),
            Seed = Seed(arguments),
        };
        bool flannel = arguments.OneOf(_cni, "flannel", "none") != "none";
        string path = arguments.GetValue(_write) ?? "-";
        string? format = arguments.OneOf(_output, "yaml", "json");
        bool json = format == "json" || (format is null && path.EndsWith(".json", StringComparison.Ordinal));
        _ = new ClusterPlan(options);

        long started = Stopwatch.GetTimestamp();
        long objects;
        bool toResult = path == "-";
        interruption.Ask();
        using (var sink = new ManifestSink(
            toResult ? streams.ResultBytes : OutputFile.Create(_write.Name, path), json, leaveOpen: toResult))
            objects = ClusterGenerator.Write(options, flannel, sink, interruption.Token);
        streams.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{Quantity.Count(objects)} objects in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s; "
            + $"seed {options.Seed}"));
        return ExitCode.Done;
    }

    private int Traffic(ParseResult arguments, Streams streams, Interruption interruption)
    {
        TrafficOptions options = TrafficOptionsOf(arguments);
        bool json = arguments.OneOf(_output, "text", "json") == "json";
        streams.ResultOnError = options.Output == "-";
        TrafficReport report;
        using (var progress = new RunProgress(streams.Error))
        {
            progress.Started(totalBytes: -1, options.Packets);
            report = TrafficGenerator.Run(
                options, interruption.Ask, packets => progress.Progress(packets, bytesRead: 0), interruption.Token);
        }

        foreach (string note in report.Notes) streams.Say($"note: {note}");
        foreach (string damage in report.Damage) streams.Say($"warning: {damage}");
        if (json) streams.Result.WriteLine(CliJson.Write(report));
        else new TrafficText(streams.Result).Write(report);
        return report.Damage.IsEmpty ? ExitCode.Done : ExitCode.Damaged;
    }

    private TrafficOptions TrafficOptionsOf(ParseResult arguments)
    {
        ImmutableArray<string> manifests = [.. arguments.GetValue(_manifests) ?? []];
        if (manifests.IsEmpty)
            throw new UsageException(
                "no manifests: name the cluster's with -f PATH (dataplane generate cluster makes one)");

        string output = arguments.GetValue(_write)
            ?? throw new UsageException("no capture to write: name it with -w PATH, or -");
        bool isEncapsulated = arguments.GetValue(_encapsulated);
        string? cni = arguments.GetValue(_cni);
        if (cni is not null && !isEncapsulated)
            throw new UsageException($"{_cni.Name} is for generate cluster, and for traffic with {_encapsulated.Name}");

        TrafficOptions defaults = new() { Manifests = manifests, Output = output };
        return defaults with
        {
            Packets = arguments.Number(_packets, least: 1, defaults.Packets),
            Flows = Number(arguments, _flows, defaults.Flows, 1, MostFlows),
            Distribution = arguments.OneOf(_distribution, "uniform", "zipf") == "zipf"
                ? FlowDistribution.Zipf
                : FlowDistribution.Uniform,
            FrameSize = FrameSizes.Parse(_frameSize.Name, arguments.GetValue(_frameSize) ?? "imix"),
            Mtu =
                arguments.GetValue(_mtu) is null ? null : Number(arguments, _mtu, SmallestMtu, SmallestMtu, LargestMtu),
            Mix = arguments.GetValue(_mix) is { } mix ? Mix(mix) : defaults.Mix,
            Replies = Number(arguments, _replies, defaults.Replies, 0, 100),
            Ipv6 = Number(arguments, _ipv6, defaults.Ipv6, 0, 100),
            Node = arguments.GetValue(_node),
            LongLived = arguments.GetValue(_longLived),
            Encapsulated = isEncapsulated,
            Cni = cni,
            PacketsPerSecond = Number(arguments, _pps, (int)defaults.PacketsPerSecond, 1, (int)MostPacketsPerSecond),
            Seed = Seed(arguments),
        };
    }

    private ulong Seed(ParseResult arguments) => (ulong)arguments.Number(_seed, least: 0, otherwise: 1);

    private static TrafficMix Mix(string text)
    {
        string[] known = ["tcp", "udp", "dns", "scan"];
        int[] shares = new int[known.Length];
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] words = part.Split('=');
            int kind = Array.IndexOf(known, words[0]);
            if (kind < 0) throw new UsageException(Suggestion.For("kind of traffic in --mix", words[0], known));
            bool isNumber = int.TryParse(words[^1], NumberStyles.None, CultureInfo.InvariantCulture, out shares[kind]);
            if (words.Length != 2 || !isNumber || shares[kind] > 100)
                throw new UsageException($"--mix {part}: write KIND=PERCENT, say tcp=80");
        }

        var mix = new TrafficMix(shares[0], shares[1], shares[2], shares[3]);
        return mix.Sum == 100 ? mix : throw new UsageException(
            $"--mix {text}: the shares make {mix.Sum} percent, not 100");
    }

    private static int Number(ParseResult arguments, Option<string> option, int otherwise, int least, int most)
    {
        long number = arguments.Number(option, least, otherwise);
        return number <= most ? (int)number : throw new UsageException($"{option.Name} {number}: {most} is the most");
    }
}
