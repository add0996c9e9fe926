using System.CommandLine;
using Dataplane.Replay.Bench;

namespace Dataplane.Cli.Bench;

/// <summary><c>bench compare</c>: two reports, and whether the noise allows to tell them apart.</summary>
internal sealed class CompareKind(BenchArguments options) : IBenchKind
{
    public string Name => "compare";

    public IReadOnlyList<Option> Options => [];

    public int Run(ParseResult arguments, Streams streams, CancellationToken cancellation)
    {
        bool isJson = options.IsJson(arguments);
        Style style = options.StyleOf(arguments);
        if (arguments.GetValue(options.Files) is not [string before, string after])
            throw new UsageException("bench compare takes two reports: dataplane bench compare BEFORE.json AFTER.json");

        var comparison = BenchComparison.Of(before, after);
        if (isJson) streams.Result.WriteLine(CliJson.Write(comparison));
        else CompareText.Write(comparison, streams.Result, style);
        return comparison.Slower == 0 ? ExitCode.Done : ExitCode.No;
    }
}
