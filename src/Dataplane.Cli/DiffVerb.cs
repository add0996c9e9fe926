using System.Collections.Immutable;
using System.CommandLine;
using Dataplane.Capture;
using Dataplane.Replay.Diff;

namespace Dataplane.Cli;

/// <summary><c>dataplane diff</c>: two captures field by field, or one checked to the end.</summary>
public sealed class DiffVerb : IVerb
{
    private const int ShownFrames = 5;

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
    private readonly Option<bool> _native = OptionValues.Flag("--native");
    private readonly Option<string> _show = OptionValues.One("--show");
    private readonly Option<string> _write = OptionValues.One("--write", "-w");

    public string Name => "diff";

    public string Help => HelpText.Diff;

    public Command Command => new(Name)
    {
        _ours, _reference, _by, _ignore, _only, _native, _show, _write, _dissect, _input, _tunnelPort, _color, _output,
    };

    public int Run(ParseResult arguments, Streams streams, Interruption interruption)
    {
        bool dissect = arguments.GetValue(_dissect);
        CheckTogether(arguments, dissect);
        string? write = arguments.GetValue(_write);
        streams.ResultOnError = write == "-";
        string ours = arguments.GetValue(_ours)!;
        string reference = arguments.GetValue(_reference) ?? "";
        bool json = arguments.OneOf(_output, "text", "json") == "json";
        Style style = Style.Choose(arguments.OneOf(_color, "auto", "always", "never"), toError: streams.ResultOnError);
        long shown = arguments.Number(_show, least: 0, otherwise: ShownFrames);
        IDiffOutput output = json
            ? new DiffJson(streams.Result, dissect ? "faults" : "different")
            : new DiffText(streams.Result, style, ours, reference, shown);

        string? input = arguments.GetValue(_input);
        string[] captures = dissect ? [ours] : [ours, reference];
        ImmutableArray<TunnelPort> ports = Ports(arguments, captures, streams);
        interruption.Ask();
        if (dissect)
        {
            var asked = new DissectOptions { Capture = ours, Input = input, TunnelPorts = ports };
            return Check(asked, output, streams, interruption.Token);
        }

        var options = new DiffOptions
        {
            Ours = ours,
            Reference = reference,
            By = arguments.GetValue(_by) == "inner" ? FrameMatch.Inner : FrameMatch.Order,
            Ignore = Names(arguments.GetValue(_ignore)),
            Only = Names(arguments.GetValue(_only)),
            TunnelPorts = ports,
            Native = arguments.GetValue(_native),
            KeepRecords = write is not null,
        };
        CheckWrite(options, write);
        using DeltaCapture? delta = write is null ? null : new DeltaCapture(write, output);
        return Compare(options, output, delta, streams, interruption.Token);
    }

    private void CheckTogether(ParseResult arguments, bool dissect)
    {
        string ours = arguments.GetValue(_ours)!;
        string? reference = arguments.GetValue(_reference);
        string? input = arguments.GetValue(_input);
        arguments.OneOf(_by, "order", "inner");
        if (dissect && reference is not null)
            throw new UsageException($"--dissect checks one capture: leave out {reference}, or --dissect");
        if (!dissect && reference is null)
            throw new UsageException("diff compares two captures: name the reference too, or check one with --dissect");
        if (!dissect && input is not null) throw new UsageException("--input goes with --dissect");
        Option[] ofTwo = [_by, _ignore, _only, _show, _write];
        if (dissect && ofTwo.Any(option => arguments.GetResult(option) is { Implicit: false }))
            throw new UsageException(
                "--by, --ignore, --only, --show and -w compare two captures: they do not go with --dissect");
        if (dissect && arguments.GetValue(_native))
            throw new UsageException("--dissect asks Wireshark's dissector: it does not go with --native");
        if (ours == "-" && (reference ?? input) == "-")
            throw new UsageException("stdin can be read once: - stands twice");
    }

    private static void CheckWrite(DiffOptions options, string? write)
    {
        if (write is null) return;

        foreach (string capture in new[] { options.Ours, options.Reference })
        {
            if (capture == write) throw new UsageException($"-w {write}: this would overwrite what is compared");
            bool once = capture == "-" || (File.Exists(capture) && FileStamp.Of(capture) is null);
            if (once && !options.Native)
                throw new UsageException(
                    $"-w reads {capture} twice, and it is a pipe or empty: save it first, or take --native");
        }
    }

    private ImmutableArray<TunnelPort> Ports(ParseResult arguments, string[] captures, Streams streams)
    {
        ImmutableArray<TunnelPort> given = [.. (arguments.GetValue(_tunnelPort) ?? []).Select(ReadPort)];
        ImmutableArray<TunnelPort> found = TunnelPortScan.Find(captures, given);
        foreach (TunnelPort port in found)
            streams.Say(
                $"note: UDP port {port.Port} carries {port.Protocol}: "
                + $"read as --tunnel-port {port.Port}={port.Protocol}");
        return [.. given, .. found];
    }

    private static int Compare(
        DiffOptions options, IDiffOutput output, DeltaCapture? delta, Streams streams, CancellationToken cancellation)
    {
        DiffSummary summary;
        using (var progress = new RunProgress(streams.Error))
        {
            progress.Started(totalBytes: -1, totalRecordsOrMinusOne: -1);
            IDiffWatch watch = new DiffProgress(delta is null ? output : delta, progress);
            summary = CaptureDiff.Run(options, streams.Say, watch, cancellation);
        }

        output.End(summary);
        foreach (string unknown in summary.UnknownFields) streams.Say($"warning: {unknown}");
        foreach (string damage in summary.Damage) streams.Say($"warning: {damage}");
        if (ShiftedFrames(options, summary))
            streams.Say("note: most frames differ: if one side lost or reordered frames, match them with --by inner");
        if (!summary.Same) return ExitCode.No;

        return summary.Damage.IsEmpty ? ExitCode.Done : ExitCode.Damaged;
    }

    private static bool ShiftedFrames(DiffOptions options, DiffSummary summary) => options.By == FrameMatch.Order
        && summary.Equal < summary.Compared / 2
        && !(summary.OnlyOurs.IsEmpty && summary.OnlyReference.IsEmpty);

    private static int Check(
        DissectOptions options, IDiffOutput output, Streams streams, CancellationToken cancellation)
    {
        DissectSummary summary;
        using (var progress = new RunProgress(streams.Error))
        {
            progress.Started(totalBytes: -1, totalRecordsOrMinusOne: -1);
            summary = DissectCheck.Run(
                options, streams.Say, output.Fault, cancellation, frames => progress.Progress(frames, bytesRead: 0));
        }

        output.End(summary);
        foreach (string damage in summary.Damage) streams.Say($"warning: {damage}");
        if (summary.Faults > 0) return ExitCode.No;

        return summary.Damage.IsEmpty ? ExitCode.Done : ExitCode.Damaged;
    }

    private static ImmutableArray<string> Names(string[]? lists) =>
        [.. (lists ?? []).SelectMany(list =>
            list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    private static TunnelPort ReadPort(string text) => TunnelPort.TryParse(text, out TunnelPort port)
        ? port
        : throw new UsageException($"--tunnel-port {text}: write PORT=vxlan or PORT=geneve");
}
