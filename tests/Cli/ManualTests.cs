using System.CommandLine;
using System.Text;
using System.Text.RegularExpressions;
using Dataplane.Cli;
using Dataplane.Cli.Manual;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Tests.Architecture;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>The reference holds everything that the program has.</summary>
public class ManualTests
{
    private static readonly string Page = Print();

    public static TheoryData<string> Verbs => [.. CommandLine.Verbs];

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Every_option_is_explained_by_help_and_manual(string name)
    {
        IVerb verb = CommandLine.Verb(name);

        Assert.All(verb.Command.Options.Where(option => !option.Hidden), option =>
        {
            string entry = string.Join(", ", option.Aliases.Append(option.Name));
            Assert.Contains($" {entry} ", verb.Help.ReplaceLineEndings(" "), StringComparison.Ordinal);
            HelpEntry explained = HelpPage.Parse(verb.Help).Entries.First(one => one.Words.Contains(option.Name));
            Assert.NotEqual("", explained.Text);
            Assert.Contains(
                $"\n.B {Escaped(explained.Term)}\n{Escaped(explained.Text)}\n", Page, StringComparison.Ordinal);
        });
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Help_has_its_examples_in_front_of_the_options(string name)
    {
        HelpPart[] parts = [.. HelpPage.Parse(CommandLine.Verb(name).Help).Parts];

        int examples = Array.FindIndex(parts, part => part.Kind == HelpPartKind.Examples);
        int entries = Array.FindIndex(parts, part => part.Kind == HelpPartKind.Entries);
        Assert.InRange(examples, 1, entries < 0 ? parts.Length : entries);
        Assert.Contains(parts[examples].Lines, line => line.Contains($"dataplane {name}", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_setting_is_in_the_manual_with_what_it_takes_and_its_default() =>
        Assert.All(SettingRegistry.All, setting => Assert.Contains(
            $"\n.B {Escaped(setting.Key)}\n{Escaped(char.ToUpperInvariant(setting.Help[0]) + setting.Help[1..])}. "
            + $"Allowed: {Escaped(setting.Allowed)}. Default: {Escaped(setting.Default)}.\n",
            Page,
            StringComparison.Ordinal));

    [Fact]
    public void Every_drop_reason_is_in_the_manual() =>
        Assert.All(
            Enum.GetValues<DropReason>().Where(reason => reason != DropReason.None),
            reason =>
                Assert.Contains($"\n.B {Escaped(DropReasonText.Name(reason))}\n", Page, StringComparison.Ordinal));

    [Fact]
    public void The_limits_are_those_of_the_table_for_developers()
    {
        string table = SourceTree.Read("src/README.md").Split("## What hostile input can push")[1].Split("\n## ")[0];
        IEnumerable<(string, string)> rows = Regex.Matches(
            table, @"^\| (?<what>[^|]+) \| (?<end>[^|]+) \|", RegexOptions.Multiline)
            .Select(row =>
                (row.Groups["what"].Value.Replace("`", "", StringComparison.Ordinal), row.Groups["end"].Value))
            .Where(row => row.Item1 != "what");

        Assert.Equal(rows, InputLimits.All);
    }

    [Fact]
    public void The_formatter_of_manual_pages_has_nothing_to_complain_about()
    {
        using var shell = new Shell();
        shell.Write("dataplane.1", Encoding.UTF8.GetBytes(Page));
        Assert.SkipUnless(shell.Run("command -v groff").ExitCode == 0, "groff is not installed");

        Shell.Outcome outcome = shell.Run("groff -man -ww -rLL=100n -Tutf8 -P-c $T/dataplane.1");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        string plain = Regex.Replace(outcome.Out, ".\b", "");
        Assert.Contains("-f, --manifests PATH\n", plain, StringComparison.Ordinal);
        Assert.Contains("Default: 30000-32767.", plain, StringComparison.Ordinal);
    }

    [Fact]
    public void The_program_prints_the_page() => Assert.Equal(Page, BuiltProgram.Run("manual").Out);

    private static string Print()
    {
        var text = new StringWriter { NewLine = "\n" };
        new ManualPage(text).Write();
        return text.ToString();
    }

    private static string Escaped(string text)
    {
        var line = new StringWriter { NewLine = "" };
        new Roff(line).Text(text);
        return line.ToString();
    }
}
