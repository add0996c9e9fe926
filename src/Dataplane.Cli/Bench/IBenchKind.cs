using System.CommandLine;

namespace Dataplane.Cli.Bench;

/// <summary>One kind of <c>dataplane bench</c>: the options that are its own, and what it does.</summary>
internal interface IBenchKind
{
    string Name { get; }

    /// <summary>Of <see cref="BenchArguments"/>, those that this kind takes.</summary>
    IReadOnlyList<Option> Options { get; }

    /// <summary>Gives the exit code.</summary>
    int Run(ParseResult arguments, Streams streams, CancellationToken cancellation);
}
