using System.Collections.Immutable;
using System.CommandLine;
using Dataplane.Cluster.Manifests;
using Dataplane.Replay.Policies.Reach;
using Dataplane.Wire;

namespace Dataplane.Cli.Policies;

/// <summary><c>dataplane reach</c>: who can talk to whom.</summary>
public sealed class ReachVerb : IVerb
{
    private readonly Option<string[]> _manifests = OptionValues.Many("--manifests", "-f");
    private readonly Option<string[]> _port = OptionValues.Many("--port");
    private readonly Option<string> _from = OptionValues.One("--from");
    private readonly Option<string> _to = OptionValues.One("--to");
    private readonly Option<string> _namespace = OptionValues.One("--namespace", "-n");
    private readonly Option<bool> _services = OptionValues.Flag("--include-services");
    private readonly Option<string[]> _external = OptionValues.Many("--include-external");
    private readonly Option<string> _expect = OptionValues.One("--expect");
    private readonly Option<string> _cni = OptionValues.One("--cni");
    private readonly Option<string[]> _set = OptionValues.Many("--set");
    private readonly Option<string> _output = OptionValues.One("--output", "-o");
    private readonly Option<string> _color = OptionValues.One("--color");

    public string Name => "reach";

    public string Help => PolicyHelp.Reach;

    public Command Command =>
        new(Name) { _manifests, _port, _from, _to, _namespace, _services, _external, _expect, _cni, _set, _output,
            _color };

    public int Run(ParseResult arguments, Streams streams, Interruption interruption)
    {
        string format = arguments.OneOf(_output, "text", "json", "junit", "sarif") ?? "text";
        Style style = Style.Choose(arguments.OneOf(_color, "auto", "always", "never"));
        string? expect = arguments.GetValue(_expect);
        if (format is "junit" or "sarif" && expect is null)
            throw new UsageException($"-o {format} reports tests: give them with --expect FILE");

        ImmutableArray<string> manifests = [.. arguments.GetValue(_manifests) ?? []];
        if (manifests.IsEmpty) throw new UsageException("no manifests: name the cluster's with -f PATH");
        if (manifests.Count(path => path == "-") > 1)
            throw new UsageException("stdin can be read once: - stands twice among -f");

        ReachOptions options = Options(arguments, expect);
        ReachReport report = ReachRunner.Run(ManifestReader.Read(manifests), options);
        foreach (string note in report.Notes) streams.Say($"note: {note}");
        foreach (string damage in report.Damage) streams.Say($"warning: {damage}");

        Write(report, format, style, streams, interruption.Token);
        if (!report.IsAsExpected) return ExitCode.No;

        return report.Damage.IsEmpty ? ExitCode.Done : ExitCode.Damaged;
    }

    private static void Write(
        ReachReport report, string format, Style style, Streams streams, CancellationToken cancellation)
    {
        switch (format)
        {
            case "json": ReachJson.Write(streams.ResultBytes, report, cancellation); break;
            case "junit": ReachChecks.WriteJUnit(streams.Result, report); break;
            case "sarif": ReachChecks.WriteSarif(streams.Result, report); break;
            default: new ReachText(streams.Result, style).Write(report); break;
        }
    }

    private ReachOptions Options(ParseResult arguments, string? expect)
    {
        string? space = arguments.GetValue(_namespace);
        return new ReachOptions
        {
            Ports = [.. (arguments.GetValue(_port) ?? []).Select(PortOf)],
            From = arguments.GetValue(_from),
            To = arguments.GetValue(_to),
            Namespace = space,
            IncludeServices = arguments.GetValue(_services),
            External = [.. (arguments.GetValue(_external) ?? []).Select(AddressOf)],
            Expectations = expect is null ? [] : Expectation.ReadFile(expect, space),
            Cni = ReplayVerb.CheckCni(arguments.GetValue(_cni)),
            Settings = [.. (arguments.GetValue(_set) ?? []).Select(ReplayVerb.CheckSetting)],
        };
    }

    internal static ReachPort PortOf(string text) => ReachPort.TryParse(text, out ReachPort port)
        ? port
        : throw new UsageException($"--port {text}: give a port such as 80/tcp; protocols are tcp, udp, sctp");

    private static IpAddress AddressOf(string text) => IpAddress.TryParse(text, out IpAddress address)
        ? address
        : throw new UsageException($"--include-external {text}: give an address such as 203.0.113.9");
}
