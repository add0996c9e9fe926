namespace Dataplane.Cli.Completion;

/// <summary>
/// Completion for bash 3.2 and later, without the package bash-completion. Bash takes <c>=</c> and <c>:</c> for ends of
/// words, so the line is read anew, and what stands in front of the last of them is taken off the answers.
/// </summary>
public sealed class BashScript(TextWriter writer)
{
    private const string Head = """
        # Completion of dataplane for bash: source <(dataplane completion bash)

        _dataplane_offer()
        {
            local word skip=''
            case $cur in
                *=*) if [[ $COMP_WORDBREAKS == *=* ]]; then skip=${cur%"${cur##*=}"}; fi ;;
                *:*) if [[ $COMP_WORDBREAKS == *:* ]]; then skip=${cur%"${cur##*:}"}; fi ;;
            esac
            while IFS= read -r word; do COMPREPLY+=("${word#"$skip"}"); done < <(compgen "$@" -- "$cur")
            case ${#COMPREPLY[@]}:${COMPREPLY[0]} in 1:*[=:.]) compopt -o nospace 2>/dev/null ;; esac
        }

        _dataplane_files()
        {
            compopt -o filenames 2>/dev/null
            _dataplane_offer -f
        }


        """;

    private const string Tail = """

        _dataplane()
        {
            local line=${COMP_LINE:0:COMP_POINT} cur previous verb options='' argument='' rest='' value=''
            local -a words
            read -ra words <<<"$line"
            case $line in *[[:space:]]) words+=('') ;; esac
            local last=$((${#words[@]} - 1))
            cur=${words[last]}
            previous=${words[last - 1]}
            COMPREPLY=()
            if [ "$last" -lt 2 ]; then
                _dataplane_offer -W "$_dataplane_verbs help --help --version"
                return
            fi
            verb=${words[1]}
            if [ "$verb" = help ]; then
                if [ "$last" = 2 ]; then _dataplane_offer -W "$_dataplane_verbs"; fi
                return
            fi
            case $cur in --*=*) previous=${cur%%=*} cur=${cur#*=} ;; esac
            _dataplane_verb "$verb" "$previous"
            case $value in
                file) _dataplane_files ;;
                setting) _dataplane_setting ;;
                words:*) _dataplane_offer -W "${value#words:}" ;;
                free) ;;
                *)
                    case $cur in
                        -*) _dataplane_offer -W "$options --help" ;;
                        *)
                            if [ "$last" -gt 2 ]; then argument=$rest; fi
                            case $argument in
                                file) _dataplane_files ;;
                                words:*) _dataplane_offer -W "${argument#words:}" ;;
                                *) _dataplane_offer -W "$options" ;;
                            esac
                            ;;
                    esac
                    ;;
            esac
        }

        complete -F _dataplane dataplane

        """;

    public void Write(CommandTree tree)
    {
        writer.Write(Head);
        writer.WriteLine($"_dataplane_verbs='{string.Join(' ', tree.Verbs.Select(verb => verb.Name))}'");
        writer.WriteLine();
        WriteSettings(tree);
        writer.WriteLine();
        WriteVerbs(tree);
        writer.Write(Tail);
    }

    private void WriteSettings(CommandTree tree)
    {
        writer.WriteLine("_dataplane_setting()");
        writer.WriteLine("{");
        writer.WriteLine("    case $cur in");
        foreach (SettingNode setting in tree.Settings.Where(setting => setting.Words.Length > 0))
            writer.WriteLine(
                $"        {setting.Key}*) _dataplane_offer "
                + $"-W '{string.Join(' ', setting.Words.Select(word => setting.Key + word))}' ;;");
        writer.WriteLine("        *=*) ;;");
        writer.WriteLine(
            $"        *) _dataplane_offer -W '{string.Join(' ', tree.Settings.Select(setting => setting.Key))}' ;;");
        writer.WriteLine("    esac");
        writer.WriteLine("}");
    }

    // Sets what the verb takes, and what the option in front of the word does.
    private void WriteVerbs(CommandTree tree)
    {
        writer.WriteLine("_dataplane_verb()");
        writer.WriteLine("{");
        writer.WriteLine("    case $1 in");
        foreach (VerbNode verb in tree.Verbs)
        {
            writer.WriteLine($"        {verb.Name})");
            writer.WriteLine(
                $"            options='{string.Join(' ', verb.Options.SelectMany(option => option.Names))}'");
            writer.WriteLine($"            argument='{Shown(verb.Argument)}' rest='{Shown(verb.Rest)}'");
            if (!verb.Options.IsEmpty) WriteValues(verb);
            writer.WriteLine("            ;;");
        }

        writer.WriteLine("    esac");
        writer.WriteLine("}");
    }

    private void WriteValues(VerbNode verb)
    {
        writer.WriteLine("            case $2 in");
        var byValue = verb.Options
            .Where(option => option.Value.Kind != OptionValueKind.None)
            .GroupBy(option => Shown(option.Value), option => option.Names);
        foreach (var group in byValue)
            writer.WriteLine(
                $"                {string.Join('|', group.SelectMany(names => names))}) value='{group.Key}' ;;");
        writer.WriteLine("            esac");
    }

    private static string Shown(OptionValue value) => value.Kind switch
    {
        OptionValueKind.Words => $"words:{string.Join(' ', value.Words)}",
        OptionValueKind.None => "",
        OptionValueKind kind => kind.ToString().ToLowerInvariant(),
    };
}
