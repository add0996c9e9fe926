namespace Dataplane.Cli.Completion;

/// <summary>Completion for fish: one line for each thing that can be typed.</summary>
public sealed class FishScript(TextWriter writer)
{
    private const string Head = """
        # Completion of dataplane for fish: dataplane completion fish > ~/.config/fish/completions/dataplane.fish

        function __dataplane_needs_verb
            test (count (commandline -opc)) -eq 1
        end

        function __dataplane_verb
            set -l words (commandline -opc)
            test (count $words) -gt 1; and test "$words[2]" = $argv[1]
        end

        function __dataplane_needs_argument
            __dataplane_verb $argv[1]; and test (count (commandline -opc)) -eq 2
        end

        function __dataplane_has_argument
            __dataplane_verb $argv[1]; and test (count (commandline -opc)) -gt 2
        end

        complete -c dataplane -f

        """;

    public void Write(CommandTree tree)
    {
        writer.Write(Head);
        foreach (VerbNode verb in tree.Verbs)
            writer.WriteLine(
                $"complete -c dataplane -n __dataplane_needs_verb -a {verb.Name} -d '{Quoted(verb.Text)}'");
        writer.WriteLine("complete -c dataplane -n __dataplane_needs_verb -a help -d 'explain a verb'");
        writer.WriteLine(
            "complete -c dataplane -n '__dataplane_needs_argument help' "
            + $"-a '{string.Join(' ', tree.Verbs.Select(verb => verb.Name))}'");
        WriteSettings(tree);
        foreach (VerbNode verb in tree.Verbs) WriteVerb(verb);
    }

    private void WriteSettings(CommandTree tree)
    {
        writer.WriteLine();
        writer.WriteLine("function __dataplane_settings");
        foreach (SettingNode setting in tree.Settings)
        {
            foreach (string word in setting.Words.DefaultIfEmpty(""))
                writer.WriteLine($"    printf '%s\\t%s\\n' '{setting.Key}{word}' '{Quoted(setting.Text)}'");
        }

        writer.WriteLine("end");
    }

    private void WriteVerb(VerbNode verb)
    {
        writer.WriteLine();
        if (verb.Argument.Kind == OptionValueKind.File)
            writer.WriteLine($"complete -c dataplane -n '__dataplane_needs_argument {verb.Name}' -F");
        if (verb.Rest.Kind == OptionValueKind.File)
            writer.WriteLine($"complete -c dataplane -n '__dataplane_has_argument {verb.Name}' -F");
        if (verb.Argument.Kind == OptionValueKind.Words)
            writer.WriteLine(
                $"complete -c dataplane -n '__dataplane_needs_argument {verb.Name}' "
                + $"-a '{string.Join(' ', verb.Argument.Words)}'");
        foreach (OptionNode option in verb.Options)
        {
            writer.WriteLine(
                $"complete -c dataplane -n '__dataplane_verb {verb.Name}' {Names(option)}{Value(option.Value)} "
                + $"-d '{Quoted(option.Text)}'");
        }
    }

    private static string Names(OptionNode option) => string.Join(' ', option.Names.Select(name =>
        name.StartsWith("--", StringComparison.Ordinal) ? $"-l {name[2..]}" : $"-s {name[1..]}"));

    private static string Value(OptionValue value) => value.Kind switch
    {
        OptionValueKind.None => "",
        OptionValueKind.File => " -r -F",
        OptionValueKind.Setting => " -x -a '(__dataplane_settings)'",
        OptionValueKind.Words => $" -x -a '{string.Join(' ', value.Words)}'",
        _ => " -x",
    };

    private static string Quoted(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
}
