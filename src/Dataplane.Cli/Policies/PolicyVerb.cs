using System.Collections.Immutable;
using System.CommandLine;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Replay;
using Dataplane.Replay.Policies.Changes;
using Dataplane.Replay.Policies.Lint;
using Dataplane.Replay.Policies.Reach;

namespace Dataplane.Cli.Policies;

/// <summary><c>dataplane policy lint</c> and <c>dataplane policy diff</c>.</summary>
public sealed class PolicyVerb : IVerb
{
    private const string Lint = "lint";
    private const string Diff = "diff";

    internal static readonly string[] Kinds = [Lint, Diff];
    private static readonly string[] Formats = ["text", "json", "junit", "sarif"];

    private readonly Argument<string> _kind = new("KIND") { Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string[]> _manifests = OptionValues.Many("--manifests", "-f");
    private readonly Option<string[]> _old = OptionValues.Many("--old");
    private readonly Option<string[]> _new = OptionValues.Many("--new");
    private readonly Option<string[]> _port = OptionValues.Many("--port");
    private readonly Option<string[]> _read = OptionValues.Many("--read", "-r");
    private readonly Option<string[]> _skew = OptionValues.Many("--skew");
    private readonly Option<string> _cni = OptionValues.One("--cni");
    private readonly Option<string[]> _set = OptionValues.Many("--set");
    private readonly Option<string> _output = OptionValues.One("--output", "-o");
    private readonly Option<string> _color = OptionValues.One("--color");

    public string Name => "policy";

    public string Help => PolicyHelp.Policy;

    public Command Command =>
        new(Name) { _kind, _manifests, _old, _new, _port, _read, _skew, _cni, _set, _output, _color };

    public int Run(ParseResult arguments, Streams streams, Interruption interruption)
    {
        string kind = arguments.GetValue(_kind)
            ?? throw new UsageException($"policy what? Known: {string.Join(' ', Kinds)}");
        return kind switch
        {
            Lint => RunLint(arguments, streams),
            Diff => RunDiff(arguments, streams, interruption.Token),
            _ => throw new UsageException(Suggestion.For("policy", kind, Kinds)),
        };
    }

    private int RunLint(ParseResult arguments, Streams streams)
    {
        string format = arguments.OneOf(_output, Formats) ?? Formats[0];
        Style style = Style.Choose(arguments.OneOf(_color, "auto", "always", "never"));
        Refuse(arguments, Diff, _old, _new, _port, _read, _skew);
        string? cni = ReplayVerb.CheckCni(arguments.GetValue(_cni));
        EmulationSettings settings = EmulationSettings.Parse(arguments.GetValue(_set) ?? []);
        LintReport report = PolicyLint.Run(Read(Manifests(arguments, _manifests)), cni, settings);

        foreach (string note in report.Notes) streams.Say($"note: {note}");
        LintOutput.Write(streams.Result, report, format, style);
        if (format == Formats[0]) SayCounts(report, streams);
        if (report.Count(Severity.Damage) > 0) return ExitCode.Unusable;

        return report.Count(Severity.Warning) > 0 ? ExitCode.No : ExitCode.Done;
    }

    private int RunDiff(ParseResult arguments, Streams streams, CancellationToken cancellation)
    {
        string format = arguments.OneOf(_output, Formats) ?? Formats[0];
        Style style = Style.Choose(arguments.OneOf(_color, "auto", "always", "never"));
        PolicyChangeReport report = Compare(arguments, cancellation);
        foreach (string note in report.Notes) streams.Say($"note: {note}");
        foreach (string damage in report.Damage) streams.Say($"warning: {damage}");
        new PolicyDiffOutput(streams.Result, style).Write(report, format);
        if (!report.IsEmpty) return ExitCode.No;

        return report.Damage.IsEmpty ? ExitCode.Done : ExitCode.Damaged;
    }

    private PolicyChangeReport Compare(ParseResult arguments, CancellationToken cancellation)
    {
        ImmutableArray<string> both = [.. arguments.GetValue(_manifests) ?? []];
        ImmutableArray<string> old = [.. both, .. arguments.GetValue(_old) ?? []];
        ImmutableArray<string> @new = [.. both, .. arguments.GetValue(_new) ?? []];
        ImmutableArray<string> captures = [.. arguments.GetValue(_read) ?? []];
        if (old.IsEmpty) throw new UsageException("no manifests from before: name them with --old PATH");
        if (@new.IsEmpty) throw new UsageException("no manifests from after: name them with --new PATH");
        if (old.Concat(@new).Concat(captures).Contains("-"))
            throw new UsageException("two sides cannot read stdin: give files");

        string? cni = ReplayVerb.CheckCni(arguments.GetValue(_cni));
        ImmutableArray<string> settings = [.. (arguments.GetValue(_set) ?? []).Select(ReplayVerb.CheckSetting)];
        ImmutableArray<ReachPort> ports = [.. (arguments.GetValue(_port) ?? []).Select(ReachVerb.PortOf)];
        ClusterSnapshot before = ManifestReader.Read(old, cancellation: cancellation);
        ClusterSnapshot after = ManifestReader.Read(@new, cancellation: cancellation);
        PolicyChangeReport report = PolicyChanges.Compare(before, after, ports, cni, EmulationSettings.Parse(settings));
        if (captures.IsEmpty) return report;

        var replay = new ReplayOptions
        {
            Captures = captures,
            Skew = ReplayVerb.SkewOf(arguments.GetValue(_skew) ?? []),
            Cni = cni,
            Settings = settings,
        };
        return FlowChanges.AddTo(report, before, after, replay, cancellation);
    }

    private static void SayCounts(LintReport report, Streams streams)
    {
        int bad = report.Count(Severity.Damage) + report.Count(Severity.Warning);
        string policies = report.Policies.Length == 1 ? "1 policy" : $"{report.Policies.Length} policies";
        streams.Say(bad == 0
            ? $"{policies}: nothing to complain about"
            : $"{policies}: {bad} {(bad == 1 ? "warning" : "warnings")}");
    }

    private static void Refuse(ParseResult arguments, string kind, params Option<string[]>[] options)
    {
        foreach (Option<string[]> option in options)
        {
            if (arguments.GetValue(option) is { Length: > 0 })
                throw new UsageException($"{option.Name} is for policy {kind}");
        }
    }

    private static ImmutableArray<string> Manifests(ParseResult arguments, Option<string[]> option)
    {
        ImmutableArray<string> manifests = [.. arguments.GetValue(option) ?? []];
        return manifests.IsEmpty
            ? throw new UsageException("no manifests: name the cluster's with -f PATH")
            : manifests;
    }

    private static ClusterSnapshot Read(ImmutableArray<string> manifests) => manifests.Count(path => path == "-") > 1
        ? throw new UsageException("stdin can be read once: - stands twice among -f")
        : ManifestReader.Read(manifests);
}
