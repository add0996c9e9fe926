using System.Collections.Immutable;
using System.CommandLine;
using Dataplane.Replay;
using Dataplane.Replay.Tracing;
using Dataplane.Wire;

namespace Dataplane.Cli;

/// <summary><c>dataplane trace</c>: one packet, step by step.</summary>
public sealed class TraceVerb : IVerb
{
    private const int DefaultSourcePort = 40000;

    private readonly Option<string[]> _manifests = OptionValues.Many("--manifests", "-f");
    private readonly Option<string> _from = OptionValues.One("--from");
    private readonly Option<string> _to = OptionValues.One("--to");
    private readonly Option<string> _port = OptionValues.One("--port");
    private readonly Option<string> _protocol = OptionValues.One("--protocol");
    private readonly Option<string> _sourcePort = OptionValues.One("--source-port");
    private readonly Option<string[]> _read = OptionValues.Many("--read", "-r");
    private readonly Option<string[]> _skew = OptionValues.Many("--skew");
    private readonly Option<string> _packet = OptionValues.One("--packet");
    private readonly Option<string> _cni = OptionValues.One("--cni");
    private readonly Option<string> _proxy = OptionValues.One("--proxy");
    private readonly Option<string[]> _rules = OptionValues.Many("--rules");
    private readonly Option<string[]> _routes = OptionValues.Many("--routes");
    private readonly Option<string> _entry = OptionValues.One("--entry");
    private readonly Option<string> _node = OptionValues.One("--node");
    private readonly Option<string[]> _set = OptionValues.Many("--set");
    private readonly Option<bool> _failOnDrop = OptionValues.Flag("--fail-on-drop");
    private readonly Option<string> _color = OptionValues.One("--color");
    private readonly Option<string> _output = OptionValues.One("--output", "-o");

    public string Name => "trace";

    public string Help => HelpText.Trace;

    public Command Command => new(Name)
    {
        _manifests, _from, _to, _port, _protocol, _sourcePort, _read, _skew, _packet, _cni, _proxy, _rules, _routes,
        _entry, _node, _set,
        _failOnDrop, _color, _output,
    };

    public int Run(ParseResult arguments, Streams streams, Interruption interruption)
    {
        bool json = arguments.OneOf(_output, "text", "json") == "json";
        Style style = Style.Choose(arguments.OneOf(_color, "auto", "always", "never"));
        TraceReport report = TraceRunner.Run(Options(arguments), interruption.Token);
        foreach (string note in report.Notes) streams.Say($"note: {note}");
        foreach (string damage in report.Damage) streams.Say($"warning: {damage}");

        if (json) streams.Result.WriteLine(CliJson.Write(report));
        else TraceText.Write(streams.Result, report, style);
        return Code(report, arguments.GetValue(_failOnDrop));
    }

    /// <summary>A drop answers the question; it is a "no" only where that was asked for.</summary>
    public static int Code(TraceReport report, bool failOnDrop)
    {
        bool isDropped = report.Verdict == "dropped" || report.Reply is { Verdict: "dropped" };
        if (failOnDrop && isDropped) return ExitCode.No;

        return report.Damage.IsEmpty ? ExitCode.Done : ExitCode.Damaged;
    }

    private TraceOptions Options(ParseResult arguments)
    {
        string? from = arguments.GetValue(_from);
        string? to = arguments.GetValue(_to);
        ImmutableArray<string> captures = [.. arguments.GetValue(_read) ?? []];
        bool isSynthetic = captures.IsEmpty;
        if (isSynthetic && (from is null || to is null))
            throw new UsageException("which packet? give --from WHO and --to WHERE, or -r CAPTURE and --packet N");
        if (!isSynthetic && (from ?? to) is not null)
            throw new UsageException("a packet of a capture has its ends: leave out --from and --to, or -r");
        if (!isSynthetic && arguments.GetValue(_packet) is null)
            throw new UsageException("which packet of the capture? say --packet N, from 1");

        return new TraceOptions
        {
            Replay = Replay(arguments, captures),
            From = from,
            To = to,
            Port = PortOf(arguments, _port, otherwise: 0),
            Protocol = ProtocolOf(arguments),
            SourcePort = PortOf(arguments, _sourcePort, DefaultSourcePort),
            Packet = arguments.Number(_packet, least: 1, otherwise: 1),
        };
    }

    private ReplayOptions Replay(ParseResult arguments, ImmutableArray<string> captures)
    {
        ImmutableArray<string> manifests = [.. arguments.GetValue(_manifests) ?? []];
        if (manifests.IsEmpty) throw new UsageException("no manifests: name the cluster's with -f PATH");
        if (manifests.Concat(captures).Count(path => path == "-") > 1)
            throw new UsageException("stdin can be read once: - stands twice among -f and -r");

        return new ReplayOptions
        {
            Manifests = manifests,
            Captures = captures,
            Skew = ReplayVerb.SkewOf(arguments.GetValue(_skew) ?? []),
            Cni = ReplayVerb.CheckCni(arguments.GetValue(_cni)),
            Proxy = ReplayVerb.CheckProxy(arguments.GetValue(_proxy)),
            Rules = [.. (arguments.GetValue(_rules) ?? []).Select(ReplayVerb.DumpOf)],
            Routes = [.. (arguments.GetValue(_routes) ?? []).Select(ReplayVerb.RoutesOf)],
            Entry = arguments.GetValue(_entry),
            Node = arguments.GetValue(_node),
            Settings = [.. (arguments.GetValue(_set) ?? []).Select(ReplayVerb.CheckSetting)],
        };
    }

    private static ushort PortOf(ParseResult arguments, Option<string> option, ushort otherwise)
    {
        long port = arguments.Number(option, least: 1, otherwise);
        return port <= ushort.MaxValue
            ? (ushort)port
            : throw new UsageException($"{option.Name} {port}: ports end at {ushort.MaxValue}");
    }

    private byte ProtocolOf(ParseResult arguments) => arguments.OneOf(_protocol, "tcp", "udp", "sctp", "icmp") switch
    {
        "tcp" => IpProtocol.Tcp,
        "udp" => IpProtocol.Udp,
        "sctp" => IpProtocol.Sctp,
        "icmp" => IpProtocol.Icmp,
        _ => 0,
    };
}
