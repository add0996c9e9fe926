using System.CommandLine;
using Dataplane.Cli.Manual;

namespace Dataplane.Cli.Completion;

/// <summary><c>dataplane completion</c>: the command tree as a script of the user's shell.</summary>
public sealed class CompletionVerb : IVerb
{
    internal static readonly string[] Shells = ["bash", "zsh", "fish"];

    private readonly Argument<string> _shell = new("SHELL") { Arity = ArgumentArity.ZeroOrOne };

    public string Name => "completion";

    public string Help => ReferenceHelp.Completion;

    public Command Command => new(Name) { _shell };

    public int Run(ParseResult arguments, Streams streams, Interruption interruption)
    {
        string shell = arguments.GetValue(_shell)
            ?? throw new UsageException($"completion for which shell? Known: {string.Join(' ', Shells)}");
        if (!Shells.Contains(shell)) throw new UsageException(Suggestion.For("shell", shell, Shells));

        CommandTree tree = CommandTree.Read();
        switch (shell)
        {
            case "zsh": new ZshScript(streams.Result).Write(tree); break;
            case "fish": new FishScript(streams.Result).Write(tree); break;
            default: new BashScript(streams.Result).Write(tree); break;
        }

        return ExitCode.Done;
    }
}
