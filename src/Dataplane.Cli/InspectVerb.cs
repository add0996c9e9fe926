using System.Collections.Immutable;
using System.CommandLine;
using Dataplane.Capture;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cli;

/// <summary><c>dataplane inspect</c>: what was understood of manifests and captures.</summary>
public sealed class InspectVerb : IVerb
{
    private readonly Option<string[]> _manifests = OptionValues.Many("--manifests", "-f");
    private readonly Option<string[]> _read = OptionValues.Many("--read", "-r");
    private readonly Option<string> _cni = OptionValues.One("--cni");
    private readonly Option<string[]> _set = OptionValues.Many("--set");
    private readonly Option<string> _color = OptionValues.One("--color");
    private readonly Option<string> _output = OptionValues.One("--output", "-o");

    public string Name => "inspect";

    public string Help => HelpText.Inspect;

    public Command Command => new(Name) { _manifests, _read, _cni, _set, _color, _output };

    public int Run(ParseResult arguments, Streams streams, Interruption interruption)
    {
        string[] manifests = arguments.GetValue(_manifests) ?? [];
        string[] captures = arguments.GetValue(_read) ?? [];
        bool json = arguments.OneOf(_output, "text", "json") == "json";
        Style style = Style.Choose(arguments.OneOf(_color, "auto", "always", "never"));
        if (manifests.Length + captures.Length == 0)
            throw new UsageException("nothing to inspect: name manifests with -f PATH or a capture with -r PATH");
        if (manifests.Concat(captures).Count(path => path == "-") > 1)
            throw new UsageException("stdin can be read once: - stands twice among -f and -r");

        ClusterSummary? cluster = null;
        HashSet<IpAddress>? known = null;
        if (manifests.Length > 0)
        {
            ClusterSnapshot snapshot = InspectCommand.ReadManifests(manifests);
            (string? cni, IReadOnlyList<string> notes) =
                InspectCommand.Recognise(snapshot, arguments.GetValue(_cni), arguments.GetValue(_set) ?? []);
            cluster = ClusterInspection.Summarise(snapshot, cni, notes);
            known = ClusterInspection.KnownAddresses(snapshot);
        }

        ImmutableArray<CaptureSummary>.Builder summaries = ImmutableArray.CreateBuilder<CaptureSummary>();
        foreach (string path in captures)
        {
            using CaptureReader reader = InspectCommand.OpenCapture(path);
            summaries.Add(CaptureInspection.Summarise(reader, CaptureFormat.NameOf(path), known, interruption.Token));
        }

        var report = new InspectReport { Cluster = cluster, Captures = summaries.ToImmutable() };
        if (json) streams.Result.WriteLine(CliJson.Write(report));
        else InspectText.Write(streams.Result, report, style);
        return Code(report);
    }

    public static int Code(InspectReport report)
    {
        bool damaged = report.Captures.Any(capture => capture.Damage is not null)
            || report.Cluster is { } cluster
                && (cluster.Findings.Any(finding => finding.Severity == "damage")
                    || cluster.Unmodelled.Any(kind => kind.CanChangeVerdict));
        return damaged ? ExitCode.Damaged : ExitCode.Done;
    }
}
