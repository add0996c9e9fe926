using System.Collections.Immutable;
using System.CommandLine;
using Dataplane.Replay.Diff;

namespace Dataplane.Cli;

/// <summary><c>dataplane diff</c>: two captures field by field, or one checked to the end.</summary>
public sealed class DiffVerb : IVerb
{
    private readonly Argument<string> _ours = new("OURS");
    private readonly Argument<string> _reference = new("REFERENCE") { Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string> _by = OptionValues.One("--by");
    private readonly Option<string[]> _ignore = OptionValues.Many("--ignore");
    private readonly Option<string[]> _only = OptionValues.Many("--only");
    private readonly Option<bool> _dissect = OptionValues.Flag("--dissect");
    private readonly Option<string> _input = OptionValues.One("--input");
    private readonly Option<string[]> _tunnelPort = OptionValues.Many("--tunnel-port");
    private readonly Option<string> _color = OptionValues.One("--color");
    private readonly Option<string> _output = OptionValues.One("--output", "-o");
    private readonly Option<string[]>[] _later = [OptionValues.Later("--native")];

    public string Name => "diff";

    public string Help => HelpText.Diff;

    public Command Command =>
        new(Name) { _ours, _reference, _by, _ignore, _only, _dissect, _input, _tunnelPort, _color, _output, _later[0] };

    public int Run(ParseResult arguments, Streams streams, CancellationToken cancellation)
    {
        arguments.RefuseLater(_later);
        string ours = arguments.GetValue(_ours)!;
        string? reference = arguments.GetValue(_reference);
        string? by = arguments.OneOf(_by, "order", "inner");
        bool json = arguments.OneOf(_output, "text", "json") == "json";
        Style style = Style.Choose(arguments.OneOf(_color, "auto", "always", "never"));
        ImmutableArray<TunnelPort> ports = [.. (arguments.GetValue(_tunnelPort) ?? []).Select(ReadPort)];
        bool dissect = arguments.GetValue(_dissect);
        string? input = arguments.GetValue(_input);

        if (dissect && reference is not null)
            throw new UsageException($"--dissect checks one capture: leave out {reference}, or --dissect");
        if (!dissect && reference is null)
            throw new UsageException("diff compares two captures: name the reference too, or check one with --dissect");
        if (!dissect && input is not null) throw new UsageException("--input goes with --dissect");
        if (dissect && (by ?? arguments.GetValue(_ignore)?.FirstOrDefault() ?? arguments.GetValue(_only)?.FirstOrDefault()) is not null)
            throw new UsageException("--by, --ignore and --only compare two captures: they do not go with --dissect");
        if (ours == "-" && (reference ?? input) == "-") throw new UsageException("stdin can be read once: - stands twice");

        if (dissect)
        {
            IDiffOutput output = json ? new DiffJson(streams.Result, "faults") : new DiffText(streams.Result, style, ours, "");
            return Check(new DissectOptions { Capture = ours, Input = input, TunnelPorts = ports }, output, streams, cancellation);
        }

        var options = new DiffOptions
        {
            Ours = ours,
            Reference = reference!,
            By = by == "inner" ? FrameMatch.Inner : FrameMatch.Order,
            Ignore = Names(arguments.GetValue(_ignore)),
            Only = Names(arguments.GetValue(_only)),
            TunnelPorts = ports,
        };
        return Compare(
            options,
            json ? new DiffJson(streams.Result, "different") : new DiffText(streams.Result, style, ours, reference!),
            streams,
            cancellation);
    }

    private static int Compare(DiffOptions options, IDiffOutput output, Streams streams, CancellationToken cancellation)
    {
        DiffSummary summary = CaptureDiff.Run(options, streams.Say, output.Difference, cancellation);
        output.End(summary);
        foreach (string damage in summary.Damage) streams.Say($"warning: {damage}");
        if (!summary.Same) return ExitCode.No;

        return summary.Damage.IsEmpty ? ExitCode.Done : ExitCode.Damaged;
    }

    private static int Check(DissectOptions options, IDiffOutput output, Streams streams, CancellationToken cancellation)
    {
        DissectSummary summary = DissectCheck.Run(options, streams.Say, output.Fault, cancellation);
        output.End(summary);
        foreach (string damage in summary.Damage) streams.Say($"warning: {damage}");
        if (summary.Faults > 0) return ExitCode.No;

        return summary.Damage.IsEmpty ? ExitCode.Done : ExitCode.Damaged;
    }

    private static ImmutableArray<string> Names(string[]? lists) =>
        [.. (lists ?? []).SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    private static TunnelPort ReadPort(string text) => TunnelPort.TryParse(text, out TunnelPort port)
        ? port
        : throw new UsageException($"--tunnel-port {text}: write PORT=vxlan or PORT=geneve");
}
