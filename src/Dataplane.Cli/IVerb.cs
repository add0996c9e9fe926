using System.CommandLine;

namespace Dataplane.Cli;

/// <summary>One verb of the command line: what it takes, its help, and what it does.</summary>
public interface IVerb
{
    string Name { get; }

    /// <summary>The whole page that --help prints.</summary>
    string Help { get; }

    Command Command { get; }

    /// <summary>Gives the exit code.</summary>
    int Run(ParseResult arguments, Streams streams, Interruption interruption);
}
