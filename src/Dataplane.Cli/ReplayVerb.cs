using System.Collections.Immutable;
using System.CommandLine;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Settings;
using Dataplane.Replay;
using Dataplane.Replay.Pacing;
using Dataplane.Replay.Skew;

namespace Dataplane.Cli;

/// <summary><c>dataplane replay</c>: a capture through an emulated cluster.</summary>
public sealed class ReplayVerb : IVerb
{
    private static readonly string[] Points = ["wire", "pod", "tunnel", "drops", "all"];
    private static readonly string[] Cnis = [.. CniCatalog.Names];
    private static readonly string[] Proxies = ["ebpf", "iptables", "ipvs", "nftables"];

    private readonly Option<string[]> _manifests = OptionValues.Many("--manifests", "-f");
    private readonly Option<string[]> _read = OptionValues.Many("--read", "-r");
    private readonly Option<string> _write = OptionValues.One("--write", "-w");
    private readonly Option<string[]> _at = OptionValues.Many("--at");
    private readonly Option<string[]> _cni = OptionValues.Many("--cni");
    private readonly Option<string> _proxy = OptionValues.One("--proxy");
    private readonly Option<string[]> _rules = OptionValues.Many("--rules");
    private readonly Option<string[]> _routes = OptionValues.Many("--routes");
    private readonly Option<string> _entry = OptionValues.One("--entry");
    private readonly Option<string[]> _set = OptionValues.Many("--set");
    private readonly Option<string> _gso = OptionValues.One("--gso");
    private readonly Option<string[]> _skew = OptionValues.Many("--skew");
    private readonly Option<string> _node = OptionValues.One("--node");
    private readonly Option<string> _loop = OptionValues.One("--loop", "-l");
    private readonly Option<bool> _preload = OptionValues.Flag("--preload", "-K");
    private readonly Option<string> _count = OptionValues.One("--count", "-c");
    private readonly Option<string> _comments = OptionValues.One("--comments");
    private readonly Option<bool> _epbVerdict = OptionValues.Flag("--epb-verdict");
    private readonly Option<string> _drops = OptionValues.One("--drops");
    private readonly Option<string> _workers = OptionValues.One("--workers");
    private readonly Option<bool> _topspeed = OptionValues.Flag("--topspeed", "-t");
    private readonly Option<string> _multiplier = OptionValues.One("--multiplier", "-x");
    private readonly Option<string> _pps = OptionValues.One("--pps", "-p");
    private readonly Option<string> _mbps = OptionValues.One("--mbps", "-M");
    private readonly Option<string> _histogram = OptionValues.One("--histogram");
    private readonly Option<bool> _stageTimes = OptionValues.Flag("--stage-times");
    private readonly Option<bool> _failOnDrop = OptionValues.Flag("--fail-on-drop");
    private readonly Option<string> _color = OptionValues.One("--color");
    private readonly Option<string> _output = OptionValues.One("--output", "-o");

    public string Name => "replay";

    public string Help => HelpText.Replay;

    public Command Command
    {
        get
        {
            var command = new Command(Name)
            {
                _manifests, _read, _write, _at, _cni, _proxy, _rules, _routes, _entry, _set, _node, _loop, _preload,
                _count, _comments, _epbVerdict,
                _gso, _skew, _drops, _workers, _topspeed, _multiplier, _pps, _mbps, _histogram, _stageTimes,
                _failOnDrop, _color, _output,
            };
            return command;
        }
    }

    public int Run(ParseResult arguments, Streams streams, Interruption interruption)
    {
        ReplayOptions options = Options(arguments);
        bool json = arguments.OneOf(_output, "text", "json") == "json";
        streams.ResultOnError = options.Output == "-" || options.DropsPath == "-" || options.HistogramPath == "-";
        Style style = Style.Choose(arguments.OneOf(_color, "auto", "always", "never"), toError: streams.ResultOnError);
        string[] cnis = CnisOf(arguments);
        if (cnis.Length > 1)
            return Compare(options, cnis, arguments.GetValue(_failOnDrop), json, style, streams, interruption);

        ReplayReport report;
        using (var progress = new RunProgress(streams.Error, interruption))
        {
            report = ReplayRunner.Run(options, progress, interruption.Token);
        }

        foreach (string note in report.Notes) streams.Say($"note: {note}");
        foreach (string damage in report.Damage) streams.Say($"warning: {damage}");
        if (report.Interrupted) streams.Say("interrupted: the counts are of what was done until then");

        if (json) streams.Result.WriteLine(CliJson.Write(report));
        else ReplayText.Write(streams.Result, report, style);
        return Code(report, arguments.GetValue(_failOnDrop));
    }

    // Each run's notes are its own replay's: a table has no room for five times as many.
    private static int Compare(
        ReplayOptions options, string[] cnis, bool failOnDrop, bool json, Style style, Streams streams,
        Interruption interruption)
    {
        if (options.Output is not null || options.DropsPath is not null || options.HistogramPath is not null)
            throw new UsageException(
                "-w, --drops and --histogram are for one CNI: leave them out, or name one with --cni");
        if (options.Pace != Pace.TopSpeed)
            throw new UsageException("-x, -p and -M are for one CNI: leave them out, or name one with --cni");
        if (options.Manifests.Concat(options.Captures).Contains("-"))
            throw new UsageException("stdin can be read once: with several CNIs -f and -r name files");
        if (!options.Routes.IsEmpty)
            throw new UsageException("--routes are one CNI's: leave them out, or name one with --cni");

        CniComparison comparison;
        using (var progress = new RunProgress(streams.Error, interruption))
        {
            comparison = CniComparison.Run(options, cnis, progress, interruption.Token);
        }

        foreach (string damage in comparison.Runs.SelectMany(run => run.Report.Damage).Distinct())
            streams.Say($"warning: {damage}");
        if (json) streams.Result.WriteLine(CliJson.Write(comparison));
        else ComparisonText.Write(streams.Result, comparison, style);
        int code = comparison.Runs.Length < cnis.Length
            ? ExitCode.Interrupted
            : comparison.Runs.Max(run => Code(run.Report, failOnDrop));
        if (code == ExitCode.Interrupted) streams.Say("interrupted: the table has what was done until then");
        return code;
    }

    /// <summary>A run that was cut short says so first; a drop that was looked for is found, damage or not.</summary>
    public static int Code(ReplayReport report, bool failOnDrop)
    {
        if (report.Interrupted) return ExitCode.Interrupted;
        if (failOnDrop && report.Verdicts.Dropped > 0) return ExitCode.No;

        return report.Damage.IsEmpty ? ExitCode.Done : ExitCode.Damaged;
    }

    private ReplayOptions Options(ParseResult arguments)
    {
        ImmutableArray<string> manifests = [.. arguments.GetValue(_manifests) ?? []];
        ImmutableArray<string> captures = [.. arguments.GetValue(_read) ?? []];
        if (manifests.IsEmpty) throw new UsageException("no manifests: name the cluster's with -f PATH");
        if (captures.IsEmpty) throw new UsageException("no capture: name one with -r PATH");
        if (manifests.Concat(captures).Count(path => path == "-") > 1)
            throw new UsageException("stdin can be read once: - stands twice among -f and -r");

        return new ReplayOptions
        {
            Manifests = manifests,
            Captures = captures,
            Output = arguments.GetValue(_write),
            At = [.. (arguments.GetValue(_at) ?? []).SelectMany(point => point.Split(',')).Select(CheckPoint)],
            Cni = CnisOf(arguments) is [string one] ? one : null,
            Proxy = CheckProxy(arguments.GetValue(_proxy)),
            Rules = [.. (arguments.GetValue(_rules) ?? []).Select(DumpOf)],
            Routes = [.. (arguments.GetValue(_routes) ?? []).Select(RoutesOf)],
            Entry = arguments.GetValue(_entry),
            Node = arguments.GetValue(_node),
            KeepSuperFrames = arguments.OneOf(_gso, "segment", "keep") == "keep",
            Skew = SkewOf(arguments.GetValue(_skew) ?? []),
            Settings = [.. (arguments.GetValue(_set) ?? []).Select(CheckSetting)],
            Loops = (int)Math.Min(int.MaxValue, arguments.Number(_loop, least: 1, otherwise: 1)),
            Pace = PaceOf(arguments),
            Preload = arguments.GetValue(_preload),
            Count = arguments.Number(_count, least: 1, otherwise: 0),
            CommentAll = arguments.OneOf(_comments, "some", "all") == "all",
            EpbVerdict = arguments.GetValue(_epbVerdict),
            DropsPath = arguments.GetValue(_drops),
            HistogramPath = arguments.GetValue(_histogram),
            StageTimes = arguments.GetValue(_stageTimes),
            Workers = OptionValues.Workers(arguments.GetValue(_workers)),
        };
    }

    private Pace PaceOf(ParseResult arguments)
    {
        (string Name, Pace? Pace)[] asked =
        [
            ("-t", arguments.GetValue(_topspeed) ? Pace.TopSpeed : null),
            ("-x", PaceOf(PaceKind.Multiplier, arguments.Rate(_multiplier))),
            ("-p", PaceOf(PaceKind.PacketsPerSecond, arguments.Rate(_pps))),
            ("-M", PaceOf(PaceKind.MegabitsPerSecond, arguments.Rate(_mbps))),
        ];
        string[] given = [.. asked.Where(one => one.Pace is not null).Select(one => one.Name)];
        if (given.Length > 1)
            throw new UsageException(
                $"{string.Join(" and ", given)}: one pace at a time; give one of -t, -x, -p and -M");

        return asked.Select(one => one.Pace).FirstOrDefault(pace => pace is not null) ?? Pace.TopSpeed;
    }

    // auto, off, FILE=TIME; the last of the words holds.
    internal static SkewOptions SkewOf(string[] texts)
    {
        bool isEstimated = true;
        List<(string Capture, long Ahead)> given = [];
        foreach (string text in texts)
        {
            int equals = text.LastIndexOf('=');
            if (text is "auto" or "off") isEstimated = text == "auto";
            else if (equals > 0 && TimeText.TryParse(text[(equals + 1)..], out long ahead))
                given.Add((text[..equals], ahead));
            else throw new UsageException(
                $"--skew {text}: write auto, off, or FILE=TIME: by how much its clock is ahead, "
                + "say node-2.pcap=5ms or node-2.pcap=-250us");
        }

        return new SkewOptions(isEstimated, [.. given]);
    }

    private static Pace? PaceOf(PaceKind kind, double? rate) => rate is { } given ? new Pace(kind, given) : null;

    private static string CheckPoint(string point)
    {
        if (Points.Contains(point)) return point;
        if (point.StartsWith("pod:", StringComparison.Ordinal))
        {
            string[] name = point["pod:".Length..].Split('/');
            if (name.Length == 2 && name.All(part => part.Length > 0)) return point;

            throw new UsageException($"--at {point}: write pod:NAMESPACE/NAME");
        }

        throw new UsageException(Suggestion.For("value of --at", point, [.. Points, "pod:NAMESPACE/NAME"]));
    }

    private string[] CnisOf(ParseResult arguments)
    {
        string[] asked = [.. (arguments.GetValue(_cni) ?? []).SelectMany(names => names.Split(','))];
        return asked.Contains("all") ? Cnis : [.. asked.Select(name => CheckCni(name)!).Distinct()];
    }

    internal static string? CheckCni(string? cni) => cni switch
    {
        null => cni,
        _ when Cnis.Contains(cni) => cni,
        _ => throw new UsageException(Suggestion.For("CNI", cni, Cnis)),
    };

    internal static string? CheckProxy(string? proxy) => proxy switch
    {
        null or "ebpf" or "iptables" or "ipvs" => proxy,
        _ when Proxies.Contains(proxy) =>
            throw new UsageException($"--proxy {proxy}: not built yet; ebpf, iptables and ipvs are"),
        _ => throw new UsageException(Suggestion.For("proxy", proxy, Proxies)),
    };

    // [NODE=]FILE
    internal static (string? Node, string Path) DumpOf(string text)
    {
        int equals = text.IndexOf('=');
        return equals <= 0 ? (null, text) : (text[..equals], text[(equals + 1)..]);
    }

    internal static (string Node, string Path) RoutesOf(string text) => DumpOf(text) is ({ } node, var path)
        ? (node, path)
        : throw new UsageException($"--routes {text}: write NODE=FILE");

    internal static string CheckSetting(string setting) =>
        setting.IndexOf('=') > 0 ? setting : throw new UsageException($"--set {setting}: write KEY=VALUE");
}
