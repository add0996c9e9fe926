using System.Text.RegularExpressions;
using Dataplane.Tests.Architecture;
using Dataplane.Tests.Golden;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>
/// The documents for users are typed word for word: each command of a block <c>sh</c> runs in order, in one
/// shell, and a block <c>text</c> behind it shows lines of what the last of them printed. What is written to /tmp
/// goes to a folder of the test.
/// </summary>
public class ReadmeTests
{
    private const string FromSources = "dotnet run -c Release --project src/Dataplane.Cli --";
    private const string Program = "artifacts/bin/Dataplane.Cli/release/dataplane.dll";

    /// <summary>
    /// The shop's cluster and capture stand in for the reader's own. A run of some packets is over before its loops are
    /// worth compiling again: the runtime waits longer with that than it does for a user.
    /// </summary>
    private const string Prologue = """
        shopt -s expand_aliases
        export DOTNET_TC_CallCountingDelayMs=100 DOTNET_TieredPGO=0
        shop=$PWD/pcaps/zero-trust
        kubectl() { cat $shop/cluster.yaml; }
        sudo() { cp $shop/request.pcap "${@: -1}"; }

        """;

    /// <summary>
    /// What takes minutes, what installs (see <see cref="PackageTests"/>), and what the tests are built with already.
    /// </summary>
    private static readonly string[] NotRun =
        ["tools/test.sh", "tools/publish.sh", "dotnet pack ", "dotnet tool ", "dotnet build "];

    /// <summary>Exit codes that are not 0, by how a command begins; the longest beginning counts.</summary>
    private static readonly (string Beginning, int[] Codes)[] Answers =
    [
        ("", [0]),
        ("dataplane reach -f cluster.yaml --expect", [1]),
        ("dataplane policy lint", [1]),
        ("dataplane policy lint -f pcaps/zero-trust/cluster.yaml --set policy.enforcer=calico", [0]),
        ("dataplane policy diff", [1]),
        ("dataplane diff out.pcapng reference.pcap", [1]),
        ("dataplane diff out.pcapng reference.pcap --ignore", [0]),
        ("dataplane diff /tmp/wire.pcap", [1]),
        ("dataplane bench compare", [0, 1]),
    ];

    private static readonly Regex Block =
        new(@"^```(?<kind>sh|text)\n(?<text>.*?)^```",
            RegexOptions.Compiled | RegexOptions.Multiline | RegexOptions.Singleline);

    private sealed record Command(string Typed, List<string> Shown);

    [Theory]
    [InlineData("README.md")]
    [InlineData("pcaps/README.md")]
    [InlineData("pcaps/zero-trust/README.md")]
    public void Every_command_of_the_document_runs_and_prints_what_is_shown(string document)
    {
        using var shell = new Shell();
        Assert.SkipUnless(shell.Run("command -v tshark").ExitCode == 0, "tshark is not installed");
        Assert.SkipUnless(File.Exists(Path.Combine(GoldenFolder.RepositoryRoot, Program)), $"{Program} was not built");
        Command[] commands = [.. CommandsOf(document)
            .Where(command => !NotRun.Any(start => command.Typed.StartsWith(start, StringComparison.Ordinal)))];
        Assert.NotEmpty(commands);

        string[] outcomes = shell.Run(Prologue + ScriptOf(commands)).Out.Split("<<<next>>>\n")[1..];

        Assert.Equal(commands.Length, outcomes.Length);
        Assert.All(commands.Zip(outcomes),
            pair => Check(pair.First, pair.Second.Replace(shell.Folder, "/tmp", StringComparison.Ordinal)));
    }

    private static void Check(Command command, string outcome)
    {
        Match end = Regex.Match(outcome, "<<<exit (?<code>[0-9]+)>>>\n$");
        string said = $"{command.Typed}\n{outcome}";
        Assert.True(end.Success && CodesOf(command.Typed).Any(code => end.Groups["code"].Value == $"{code}"), said);

        string printed = Spaced(outcome[..end.Index]);
        Assert.All(command.Shown, line =>
            Assert.True(printed.Contains(Spaced(line), StringComparison.Ordinal), $"not printed: {line}\n{said}"));
    }

    private static int[] CodesOf(string typed) => Answers
        .Where(answer => typed.StartsWith(answer.Beginning, StringComparison.Ordinal))
        .MaxBy(answer => answer.Beginning.Length).Codes;

    private static IEnumerable<Command> CommandsOf(string document)
    {
        List<Command> commands = [];
        foreach (Match block in Block.Matches(SourceTree.Read(document)))
        {
            IEnumerable<string> lines = block.Groups["text"].Value.Split('\n').Where(line => line.Trim().Length > 0);
            if (block.Groups["kind"].Value == "text") commands[^1].Shown.AddRange(lines);
            else
                commands.AddRange(lines.Select(line =>
                    new Command(line.Replace(FromSources, "dataplane", StringComparison.Ordinal), [])));
        }

        return commands;
    }

    private static string ScriptOf(IEnumerable<Command> commands) => string.Concat(commands.Select(command =>
        $"echo '<<<next>>>'\n{{ {command.Typed.Replace("/tmp", "$T", StringComparison.Ordinal)}\n"
        + "} 2>&1; echo \"<<<exit $?>>>\"\n"));

    private static string Spaced(string text) => Regex.Replace(text, @"\s+", " ").Trim();
}
