using System.Text.RegularExpressions;
using Dataplane.Tests.Architecture;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>
/// The documents for users are typed word for word: each command of a block <c>sh</c> runs in order, in one shell, and a block
/// <c>text</c> behind it shows lines of what the last of them printed. What is written to /tmp goes to a folder of the test.
/// </summary>
[Collection(PackageTests.Alone)]
public class ReadmeTests
{
    private const string FromSources = "dotnet run -c Release --project src/Dataplane.Cli --";

    /// <summary>What needs a cluster, root, an interactive shell, or minutes.</summary>
    private static readonly string[] NotRun =
    [
        "kubectl ", "sudo tcpdump ", "dataplane inspect -f /tmp/cluster.json", "dataplane replay -f /tmp/cluster.json",
        "alias dataplane=", "tools/test.sh", "tools/publish.sh", "dotnet build ", "dotnet pack ", "dotnet tool ",
        "dataplane bench scaling --chart scaling.svg",
    ];

    /// <summary>Commands whose answer is no: exit code 1.</summary>
    private static readonly string[] AnswerNo =
    [
        "dataplane reach -f cluster.yaml --expect",
        "dataplane policy lint -f cluster.yaml",
        "dataplane policy lint -f pcaps/zero-trust/cluster.yaml",
        "dataplane policy diff ",
        "dataplane diff out.pcapng reference.pcap",
        "dataplane diff /tmp/wire.pcap ",
    ];

    /// <summary>And those among them whose answer is yes.</summary>
    private static readonly string[] AnswerYes =
    [
        "dataplane policy lint -f pcaps/zero-trust/cluster.yaml --set policy.enforcer=calico",
        "dataplane diff out.pcapng reference.pcap --ignore",
    ];

    private static readonly Regex Block = new(@"^```(?<kind>sh|text)\n(?<text>.*?)^```", RegexOptions.Compiled | RegexOptions.Multiline | RegexOptions.Singleline);

    private sealed record Command(string Typed, List<string> Shown);

    [Theory]
    [InlineData("README.md")]
    [InlineData("pcaps/README.md")]
    [InlineData("pcaps/zero-trust/README.md")]
    public void Every_command_of_the_document_runs_and_prints_what_is_shown(string document)
    {
        using var shell = new Shell();
        Assert.SkipUnless(shell.Run("command -v tshark").ExitCode == 0, "tshark is not installed");
        Command[] commands = [.. CommandsOf(document).Where(command => !StartsWithAny(command.Typed, NotRun))];
        Assert.NotEmpty(commands);

        string[] outcomes = shell.Run(ScriptOf(commands)).Out.Split("<<<next>>>\n")[1..];

        Assert.Equal(commands.Length, outcomes.Length);
        Assert.All(commands.Zip(outcomes), pair => Check(pair.First, pair.Second.Replace(shell.Folder, "/tmp", StringComparison.Ordinal)));
    }

    private static void Check(Command command, string outcome)
    {
        int end = outcome.LastIndexOf("<<<exit ", StringComparison.Ordinal);
        bool isNo = StartsWithAny(command.Typed, AnswerNo) && !StartsWithAny(command.Typed, AnswerYes);
        string said = $"{command.Typed}\n{outcome}";
        Assert.True(outcome[end..].StartsWith(isNo ? "<<<exit 1>>>" : "<<<exit 0>>>", StringComparison.Ordinal), said);

        string printed = Spaced(outcome[..end]);
        Assert.All(command.Shown, line => Assert.True(printed.Contains(Spaced(line), StringComparison.Ordinal), $"not printed: {line}\n{said}"));
    }

    private static IEnumerable<Command> CommandsOf(string document)
    {
        List<Command> commands = [];
        foreach (Match block in Block.Matches(SourceTree.Read(document)))
        {
            IEnumerable<string> lines = block.Groups["text"].Value.Split('\n').Where(line => line.Trim().Length > 0);
            if (block.Groups["kind"].Value == "text") commands[^1].Shown.AddRange(lines);
            else commands.AddRange(lines.Select(line => new Command(line.Replace(FromSources, "dataplane", StringComparison.Ordinal), [])));
        }

        return commands;
    }

    private static string ScriptOf(IEnumerable<Command> commands) => string.Concat(commands.Select(command =>
        $"echo '<<<next>>>'\n{{ {command.Typed.Replace("/tmp", "$T", StringComparison.Ordinal)}\n}} 2>&1; echo \"<<<exit $?>>>\"\n"));

    private static bool StartsWithAny(string text, string[] beginnings) =>
        beginnings.Any(beginning => text.StartsWith(beginning, StringComparison.Ordinal));

    private static string Spaced(string text) => Regex.Replace(text, @"\s+", " ").Trim();
}
