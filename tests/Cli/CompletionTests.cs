using Dataplane.Cli.Completion;
using Dataplane.Cluster.Settings;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>What TAB offers, asked of the shells themselves.</summary>
public class CompletionTests
{
    private const string PressTab = """
        source "$T/script"
        COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
        COMP_LINE=$LINE COMP_POINT=${#LINE}
        _dataplane
        printf '%s\n' "${COMPREPLY[@]}"
        """;

    /// <summary>
    /// A zsh of its own at a pseudo-terminal, in which compadd writes its words down in place of adding them.
    /// </summary>
    private const string PressTabInZsh = """
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell '
        PROMPT=
        autoload -Uz compinit && compinit -D -u
        source $T/script
        compadd() {
            local -a offered
            builtin compadd -O offered "$@"
            print -l -- "offer:"${^offered} >>$T/offers
        }
        tab() { zle complete-word; print done >>$T/offers }
        zle -N tab && bindkey "^I" tab && print ready >>$T/offers
        '
        wait_for() { for i in {1..600}; do grep -qs $1 $T/offers && break; sleep 0.05; done }
        wait_for ready
        zpty -w -n shell "$LINE"$'\t'
        wait_for done
        sed -n 's/^offer://p' $T/offers | sort -u
        zpty -d shell
        """;

    private static readonly CommandTree Tree = CommandTree.Read();

    [Theory]
    [InlineData("dataplane re", "replay reach")]
    [InlineData("dataplane help in", "inspect")]
    [InlineData("dataplane policy ", "lint diff")]
    [InlineData("dataplane completion ", "bash zsh fish")]
    [InlineData("dataplane bench ", "scaling pipeline latency compare")]
    [InlineData("dataplane bench compare pcaps/over", "pcaps/over-mtu")]
    [InlineData("dataplane generate traffic --enc", "--encapsulated")]
    [InlineData("dataplane generate traffic --lo", "--long-lived")]
    [InlineData("dataplane replay --ma", "--manifests")]
    [InlineData("dataplane replay --cni ", "flannel calico cilium openshift-sdn ovn-kubernetes all")]
    [InlineData("dataplane replay --cni=fl", "flannel")]
    [InlineData("dataplane generate cluster --cni n", "none")]
    [InlineData("dataplane trace -f x --proxy i", "iptables ipvs")]
    [InlineData("dataplane replay --at d", "drops")]
    [InlineData("dataplane replay --gso ", "segment keep")]
    [InlineData("dataplane replay --skew ", "auto off")]
    [InlineData("dataplane replay --workers ", "auto")]
    [InlineData("dataplane bench pipeline --workers ", "")]
    [InlineData("dataplane rules -o ip", "iptables-save ipvsadm-save")]
    [InlineData("dataplane replay --set lb.", "lb.algorithm= lb.maglevSize=")]
    [InlineData("dataplane replay --set lb.algorithm=", "random maglev")]
    [InlineData("dataplane replay --set pod.attach=r", "routed")]
    [InlineData("dataplane replay -f pcaps/two-nodes/man", "pcaps/two-nodes/manifests.yaml")]
    [InlineData("dataplane diff pcaps/over", "pcaps/over-mtu")]
    [InlineData("dataplane replay --count ", "")]
    public void Bash_offers(string line, string expected)
    {
        using var shell = new Shell();
        shell.Write("script", System.Text.Encoding.UTF8.GetBytes(Script("bash")));

        Shell.Outcome outcome = shell.Run($"LINE='{line}'\n{PressTab}");

        Assert.Equal("", outcome.Error);
        Assert.Equal(expected, string.Join(' ', outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Theory]
    [InlineData("dataplane re", "reach replay")]
    [InlineData("dataplane policy ", "diff lint")]
    [InlineData("dataplane bench compare pcaps/over", "pcaps/over-mtu/")]
    [InlineData("dataplane replay --cni f", "flannel")]
    [InlineData("dataplane replay --gso ", "keep segment")]
    [InlineData("dataplane replay --set lb.algorithm=m", "lb.algorithm=maglev")]
    public void Fish_offers(string line, string expected)
    {
        using var shell = new Shell();
        shell.Write("script", System.Text.Encoding.UTF8.GetBytes(Script("fish")));
        SkipWithout("fish");

        Shell.Outcome outcome = shell.Run($"fish --no-config -c \"source $T/script; complete -C '{line}'\"");

        Assert.Equal("", outcome.Error);
        Assert.Equal(
            expected,
            string.Join(' ', outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(offer => offer.Split('\t')[0]).Order()));
    }

    [Theory]
    [InlineData("dataplane re", "reach replay")]
    [InlineData("dataplane bench ", "compare latency pipeline scaling")]
    [InlineData("dataplane diff READ", "README.md")]
    [InlineData("dataplane replay --ma", "--manifests")]
    [InlineData("dataplane replay --gso ", "keep segment")]
    [InlineData("dataplane replay --set lb.algorithm=m", "maglev")]
    public void Zsh_offers(string line, string expected)
    {
        using var shell = new Shell();
        shell.Write("script", System.Text.Encoding.UTF8.GetBytes(Script("zsh")));
        shell.Write("press", System.Text.Encoding.UTF8.GetBytes(PressTabInZsh));
        SkipWithout("zsh");

        Shell.Outcome outcome = shell.Run($"LINE='{line}' zsh -f $T/press");

        Assert.Equal(("", expected),
            (outcome.Error, string.Join(' ', outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries))));
    }

    [Theory]
    [InlineData("bash", "bash -n")]
    [InlineData("zsh", "zsh -n")]
    [InlineData("fish", "fish --no-execute")]
    public void The_script_is_one_that_its_shell_can_read(string name, string check)
    {
        SkipWithout(name);
        using var shell = new Shell();
        shell.Write("script", System.Text.Encoding.UTF8.GetBytes(Script(name)));

        Shell.Outcome outcome = shell.Run($"{check} $T/script");

        Assert.Equal((0, "", ""), (outcome.ExitCode, outcome.Out, outcome.Error));
    }

    [Theory]
    [InlineData("bash", "--")]
    [InlineData("zsh", "--")]
    [InlineData("fish", "-l ")]
    public void Every_option_is_in_the_script(string shell, string dashes)
    {
        string script = Script(shell);

        Assert.All(
            Tree.Verbs.SelectMany(verb => verb.Options).SelectMany(option => option.Names)
                .Where(name => name.StartsWith("--", StringComparison.Ordinal)),
            name => Assert.Contains(dashes + name[2..], script, StringComparison.Ordinal));
        Assert.All(Tree.Settings, setting => Assert.Contains(setting.Key, script, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("replay", "--at", "-f x -r y")]
    [InlineData("replay", "--proxy", "-f x -r y")]
    [InlineData("replay", "--comments", "-f x -r y")]
    [InlineData("replay", "--output", "-f x -r y")]
    [InlineData("replay", "--color", "-f x -r y")]
    [InlineData("inspect", "--output", "")]
    [InlineData("trace", "--output", "")]
    [InlineData("trace", "--protocol", "-f x --from a --to b")]
    [InlineData("diff", "--by", "a b")]
    [InlineData("diff", "--output", "a b")]
    [InlineData("rules", "--family", "-f x")]
    [InlineData("reach", "--output", "")]
    [InlineData("policy", "--output", "lint")]
    [InlineData("bench", "--output", "")]
    [InlineData("bench", "--proxy", "")]
    [InlineData("bench", "--cni", "pipeline")]
    [InlineData("bench", "--distribution", "pipeline")]
    [InlineData("replay", "--gso", "-f x -r y")]
    [InlineData("generate", "--distribution", "traffic -f x -w y")]
    public void Words_are_those_that_the_program_names_when_it_does_not_know_one(
        string verb, string option, string rest)
    {
        OptionNode offered = Tree.Verbs.Single(node => node.Name == verb).Options
            .Single(node => node.Names.Contains(option));
        string[] words = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        BuiltProgram.Outcome outcome = BuiltProgram.Run([verb, .. words, option, "?"]);

        string[] known = outcome.OneLine.Split("Known: ")[1].Split(' ');
        string[] notBuilt = ["nftables", "pod:NAMESPACE/NAME"];
        Assert.Equal(known.Except(notBuilt).Order(), offered.Value.Words.Where(word => word != "pod:").Order());
    }

    [Theory]
    [InlineData("policy")]
    [InlineData("bench")]
    [InlineData("generate")]
    [InlineData("completion")]
    public void Kinds_of_a_verb_are_those_that_the_program_names(string verb) => Assert.Equal(
        BuiltProgram.Run(verb, "?").OneLine.Split("Known: ")[1].Split(' '),
        Tree.Verbs.Single(node => node.Name == verb).Argument.Words);

    [Fact]
    public void Words_of_settings_are_values_that_they_take()
    {
        string[] pairs = [.. Tree.Settings.SelectMany(setting => setting.Words.Select(word => setting.Key + word))];

        Assert.Contains("policy.enforcer=ovn-kubernetes", pairs);
        Assert.Contains("ipvs.scheduler=lblcr", pairs);
        Assert.All(pairs, pair => Assert.Single(EmulationSettings.Parse([pair]).Given));
    }

    [Fact]
    public void Another_shell_is_an_error_that_names_those_that_are_known()
    {
        BuiltProgram.Outcome outcome = BuiltProgram.Run("completion", "fisch");

        Assert.Equal((2, "dataplane: unknown shell fisch: did you mean fish? Known: bash zsh fish"),
            (outcome.ExitCode, outcome.OneLine));
    }

    [Fact]
    public void The_program_prints_the_script() =>
        Assert.Equal(Script("bash"), BuiltProgram.Run("completion", "bash").Out);

    private static string Script(string shell)
    {
        var text = new StringWriter { NewLine = "\n" };
        switch (shell)
        {
            case "zsh": new ZshScript(text).Write(Tree); break;
            case "fish": new FishScript(text).Write(Tree); break;
            default: new BashScript(text).Write(Tree); break;
        }

        return text.ToString();
    }

    private static void SkipWithout(string program)
    {
        using var shell = new Shell();
        Assert.SkipUnless(shell.Run($"command -v {program}").ExitCode == 0, $"{program} is not installed");
    }
}
