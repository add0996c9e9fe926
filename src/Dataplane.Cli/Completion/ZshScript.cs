namespace Dataplane.Cli.Completion;

/// <summary>Completion for zsh, in the words of _arguments.</summary>
public sealed class ZshScript(TextWriter writer)
{
    private const string Head = """
        #compdef dataplane
        # Completion of dataplane for zsh: dataplane completion zsh > "${fpath[1]}/_dataplane"


        """;

    private const string Tail = """

        if [ "$funcstack[1]" = _dataplane ]; then
            _dataplane "$@"
        else
            compdef _dataplane dataplane
        fi

        """;

    public void Write(CommandTree tree)
    {
        writer.Write(Head);
        WriteSettings(tree);
        writer.WriteLine();
        writer.WriteLine("_dataplane()");
        writer.WriteLine("{");
        writer.WriteLine("    local -a verbs");
        writer.WriteLine("    verbs=(");
        foreach (VerbNode verb in tree.Verbs) writer.WriteLine($"        '{verb.Name}:{Quoted(verb.Text)}'");
        writer.WriteLine("        'help:explain a verb'");
        writer.WriteLine("    )");
        writer.WriteLine("    if ((CURRENT == 2)); then");
        writer.WriteLine("        _describe -t verbs verb verbs");
        writer.WriteLine("        return");
        writer.WriteLine("    fi");
        writer.WriteLine("    shift words");
        writer.WriteLine("    ((CURRENT--))");
        writer.WriteLine("    case $words[1] in");
        writer.WriteLine("        help) _describe -t verbs verb verbs ;;");
        foreach (VerbNode verb in tree.Verbs) WriteVerb(verb);
        writer.WriteLine("    esac");
        writer.WriteLine("}");
        writer.Write(Tail);
    }

    private void WriteSettings(CommandTree tree)
    {
        writer.WriteLine("_dataplane_settings()");
        writer.WriteLine("{");
        writer.WriteLine("    if compset -P '*='; then");
        writer.WriteLine("        case $IPREFIX in");
        foreach (SettingNode setting in tree.Settings.Where(setting => setting.Words.Length > 0))
            writer.WriteLine($"            *{setting.Key}) compadd -- {string.Join(' ', setting.Words)} ;;");
        writer.WriteLine("        esac");
        writer.WriteLine("    else");
        writer.WriteLine($"        compadd -S '' -- {string.Join(' ', tree.Settings.Select(setting => setting.Key))}");
        writer.WriteLine("    fi");
        writer.WriteLine("}");
    }

    private void WriteVerb(VerbNode verb)
    {
        writer.WriteLine($"        {verb.Name})");
        writer.WriteLine("            _arguments -s \\");
        foreach (OptionNode option in verb.Options) writer.WriteLine($"                {Specification(option)} \\");
        if (verb.Argument.Kind == OptionValueKind.Words)
            writer.WriteLine($"                '1:what:({string.Join(' ', verb.Argument.Words)})' \\");
        if (verb.Rest.Kind == OptionValueKind.File) writer.WriteLine("                '*:capture:_files' \\");
        writer.WriteLine("                '--help[explain this verb]'");
        writer.WriteLine("            ;;");
    }

    private static string Specification(OptionNode option)
    {
        string repeats = option.Repeats ? "'*'"
            : option.Names.Length > 1 ? $"'({string.Join(' ', option.Names)})'" : "";
        string names = option.Names.Length > 1 ? $"{{{string.Join(',', option.Names)}}}" : option.Names[0];
        return $"{repeats}{names}'[{Quoted(option.Text)}]{Value(option.Value)}'";
    }

    private static string Value(OptionValue value) => value.Kind switch
    {
        OptionValueKind.None => "",
        OptionValueKind.File => ":file:_files",
        OptionValueKind.Setting => ":setting:_dataplane_settings",
        OptionValueKind.Words =>
            ":value:("
            + $"{string.Join(' ', value.Words.Select(word => word.Replace(":", "\\:", StringComparison.Ordinal)))})",
        _ => ":value: ",
    };

    private static string Quoted(string text) => text
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "'\\''", StringComparison.Ordinal)
        .Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal)
        .Replace(":", "\\:", StringComparison.Ordinal);
}
