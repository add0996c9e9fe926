using System.CommandLine;

namespace Dataplane.Cli.Manual;

/// <summary><c>dataplane manual</c>: the whole reference as a page for man.</summary>
public sealed class ManualVerb : IVerb
{
    public string Name => "manual";

    public string Help => ReferenceHelp.Manual;

    public Command Command => new(Name);

    public int Run(ParseResult arguments, Streams streams, Interruption interruption)
    {
        new ManualPage(streams.Result).Write();
        return ExitCode.Done;
    }
}
