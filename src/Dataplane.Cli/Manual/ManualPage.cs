using System.Globalization;
using Dataplane.Cluster.Settings;
using Dataplane.Replay;

namespace Dataplane.Cli.Manual;

/// <summary>dataplane(1), from the pages of --help, the settings and the reasons as the program has them.</summary>
public sealed class ManualPage(TextWriter writer)
{
    private static readonly (string Code, string Text)[] ExitCodes =
    [
        (Number(ExitCode.Done), "Done."),
        (Number(ExitCode.No),
            "The answer is no: diff found differences, a packet was dropped under --fail-on-drop, "
            + "an expectation of reach does not hold, policy warns or finds a change."),
        (Number(ExitCode.Unusable), "Wrong usage, or input that cannot be read."),
        (Number(ExitCode.Damaged),
            "Done, but part of the input was damaged, or of a kind that could change a verdict and is not modelled."),
        (Number(ExitCode.Interrupted), "Interrupted; every file is closed and readable."),
    ];

    private readonly Roff _roff = new(writer);

    public void Write()
    {
        _roff.Title("DATAPLANE", 1, CommandLine.Version(), "User Commands");
        WriteHead();
        _roff.Section("VERBS");
        foreach (string verb in CommandLine.Verbs) WriteVerb(CommandLine.Verb(verb));
        WriteSettings();
        WriteReasons();
        WriteLimits();
        _roff.Section("EXIT STATUS");
        foreach ((string code, string text) in ExitCodes) _roff.Entry(code, text);
        WriteTail();
    }

    private void WriteHead()
    {
        HelpPage root = HelpPage.Parse(HelpText.Root);
        _roff.Section("NAME");
        _roff.Text("dataplane - replay packet captures through an emulated Kubernetes dataplane");
        _roff.Section("SYNOPSIS");
        _roff.Lines(CommandLine.Verbs.SelectMany(verb => HelpPage.Parse(CommandLine.Verb(verb).Help).Parts[0].Lines));
        _roff.Section("DESCRIPTION");
        foreach (HelpPart part in root.Parts[1..]) WritePart(part);
    }

    private void WriteVerb(IVerb verb)
    {
        _roff.Subsection($"dataplane {verb.Name}");
        foreach (HelpPart part in HelpPage.Parse(verb.Help).Parts) WritePart(part);
    }

    private void WritePart(HelpPart part)
    {
        switch (part.Kind)
        {
            case HelpPartKind.Prose:
                _roff.Paragraph(string.Join(' ', part.Lines));
                break;
            case HelpPartKind.Entries:
                if (part.Title.Length > 0) _roff.Heading(part.Title);
                foreach (HelpEntry entry in part.Entries) _roff.Entry(entry.Term, entry.Text);
                break;
            default:
                _roff.Lines(part.Lines);
                break;
        }
    }

    private void WriteSettings()
    {
        _roff.Section("SETTINGS");
        _roff.Text(
            "What --set KEY=VALUE takes. NAME stands for a node, NS/NAME for a pod. "
            + "An unknown key is an error that names the nearest.");
        foreach (SettingDefinition setting in SettingRegistry.All)
            _roff.Entry(
                setting.Key, $"{Sentence(setting.Help)} Allowed: {setting.Allowed}. Default: {setting.Default}.");
    }

    private void WriteReasons()
    {
        _roff.Section("DROP REASONS");
        _roff.Text("Why a packet was dropped, as results, comments in captures and --drops name it.");
        foreach ((string name, string sentence) in VerdictText.DropReasons()) _roff.Entry(name, Sentence(sentence));
        _roff.Paragraph("Why a packet was ignored, since it is not for this run:");
        foreach ((string name, string sentence) in VerdictText.IgnoreReasons()) _roff.Entry(name, Sentence(sentence));
    }

    private void WriteLimits()
    {
        _roff.Section("LIMITS");
        _roff.Text(
            "Where memory and time end, whatever captures, manifests and dumps hold; the run says where it met one. "
            + "The settings limit.* and conntrack.max move those that can be moved.");
        foreach ((string what, string end) in InputLimits.All) _roff.Entry(what, Sentence(end));
    }

    private void WriteTail()
    {
        _roff.Section("ENVIRONMENT");
        _roff.Entry("NO_COLOR", "No colour, as --color never.");
        _roff.Entry("DATAPLANE_DEBUG", "With 1, an error is followed by where in the program it came from.");
        _roff.Section("SEE ALSO");
        _roff.Text("tshark(1), tcpdump(8), tcpreplay(1), iptables-save(8), ipvsadm-save(8), ip-link(8)");
    }

    private static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..] + ".";

    private static string Number(int code) => code.ToString(CultureInfo.InvariantCulture);
}
