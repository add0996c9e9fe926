using System.CommandLine;
using System.CommandLine.Parsing;
using System.Reflection;
using Dataplane.Cli.Bench;
using Dataplane.Cli.Completion;
using Dataplane.Cli.Manual;
using Dataplane.Cli.Policies;

namespace Dataplane.Cli;

/// <summary>From what was typed to an exit code. Every error ends here, as one line on stderr.</summary>
public static class CommandLine
{
    /// <summary>All verbs, in the order of --help.</summary>
    public static IReadOnlyList<string> Verbs { get; } =
    [
        "replay", "inspect", "diff", "rules", "trace", "reach", "policy", "bench", "generate", "completion", "manual",
    ];

    public static int Run(string[] arguments)
    {
        using var streams = new Streams();
        using var interruption = new Interruption();
        try
        {
            int code = Dispatch(arguments, streams, interruption);
            streams.Flush();
            return code;
        }
        catch (Exception error)
        {
            return Explain(error, streams);
        }
    }

    /// <summary>The verb of that name; an unknown name is an error with the nearest known one.</summary>
    public static IVerb Verb(string name) => name switch
    {
        "replay" => new ReplayVerb(),
        "inspect" => new InspectVerb(),
        "diff" => new DiffVerb(),
        "rules" => new RulesVerb(),
        "trace" => new TraceVerb(),
        "reach" => new ReachVerb(),
        "policy" => new PolicyVerb(),
        "bench" => new BenchVerb(),
        "generate" => new GenerateVerb(),
        "completion" => new CompletionVerb(),
        "manual" => new ManualVerb(),
        _ => throw new UsageException(Suggestion.For("verb", name, Verbs)),
    };

    private static int Dispatch(string[] arguments, Streams streams, Interruption interruption)
    {
        string first = arguments.Length == 0 ? "" : arguments[0];
        if (first is "-h" or "--help" or "-?" || (first == "help" && arguments.Length == 1))
        {
            streams.Result.Write(HelpText.Root);
            return ExitCode.Done;
        }

        if (first == "--version")
        {
            streams.Result.WriteLine(Version());
            return ExitCode.Done;
        }

        if (first.Length == 0) throw new UsageException("no verb: start with dataplane --help");
        if (first == "help") return Help(Verb(arguments[1]), streams);
        if (first[0] == '-')
            throw new UsageException($"{first} stands before the verb: dataplane VERB {first} (see dataplane --help)");

        IVerb verb = Verb(first);
        if (AsksForHelp(arguments)) return Help(verb, streams);

        return verb.Run(Parse(verb, arguments), streams, interruption);
    }

    private static bool AsksForHelp(string[] arguments) =>
        arguments.Skip(1).TakeWhile(argument => argument != "--").Any(argument => argument is "-h" or "--help" or "-?");

    private static int Help(IVerb verb, Streams streams)
    {
        streams.Result.Write(verb.Help);
        return ExitCode.Done;
    }

    private static ParseResult Parse(IVerb verb, string[] arguments)
    {
        Command command = verb.Command;
        command.TreatUnmatchedTokensAsErrors = false;
        ParseResult result = CommandLineParser.Parse(
            command, arguments[1..], new ParserConfiguration { ResponseFileTokenReplacer = null });

        string? stray = result.UnmatchedTokens.FirstOrDefault(IsOption) ?? StrayArgument(result, command);
        if (stray is not null)
        {
            string name = stray.Split('=')[0];
            throw new UsageException(
                $"{Suggestion.For("option", name, KnownOptions(command))} (dataplane {verb.Name} --help explains)");
        }

        if (result.UnmatchedTokens.Count > 0)
            throw new UsageException(
                $"{result.UnmatchedTokens[0]}: {verb.Name} does not take this; see dataplane {verb.Name} --help");
        if (result.Errors.Count > 0)
            throw new UsageException($"{FirstLine(result.Errors[0].Message)} See dataplane {verb.Name} --help");

        return result;
    }

    private static bool IsOption(string token) => token.Length > 1 && token[0] == '-';

    /// <summary>The parser takes an unknown option for an argument where one may stand.</summary>
    private static string? StrayArgument(ParseResult result, Command command) =>
        command.Arguments
            .SelectMany(argument => result.GetResult(argument)?.Tokens ?? [])
            .Select(token => token.Value)
            .FirstOrDefault(IsOption);

    private static string[] KnownOptions(Command command) =>
        [.. command.Options.Where(option => !option.Hidden).Select(option => option.Name)];

    private static int Explain(Exception error, Streams streams)
    {
        switch (error)
        {
            case OperationCanceledException:
                streams.Say("interrupted");
                return ExitCode.Interrupted;
            case IOException pipe when Streams.IsBrokenPipe(pipe):
                return ExitCode.Done;
            case UsageException or InvalidDataException or IOException or UnauthorizedAccessException
                or FormatException:
                streams.Say(FirstLine(error.Message));
                break;
            default:
                streams.Say($"this is a bug, please report it: {error.GetType().Name}: {FirstLine(error.Message)}"
                    + " (DATAPLANE_DEBUG=1 shows where)");
                break;
        }

        if (Environment.GetEnvironmentVariable("DATAPLANE_DEBUG") == "1") streams.Error.WriteLine(error);
        return ExitCode.Unusable;
    }

    private static string FirstLine(string text)
    {
        int end = text.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? text : text[..end];
    }

    internal static string Version() =>
        "dataplane " + typeof(CommandLine).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
}
