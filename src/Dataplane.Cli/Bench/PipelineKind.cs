using System.CommandLine;
using Dataplane.Replay.Bench;

namespace Dataplane.Cli.Bench;

/// <summary>
/// <c>bench pipeline</c>: a node's whole pipeline, along one list of parameters or in all combinations.
/// </summary>
internal sealed class PipelineKind(BenchArguments options) : IBenchKind
{
    public string Name => "pipeline";

    public IReadOnlyList<Option> Options =>
        [.. Lists, options.Services, options.Endpoints, options.Policies, options.Packets, options.Rounds,
            options.Seed, options.Full, options.Chart];

    private Option[] Lists =>
        [options.Proxy, options.Cni, options.FrameSize, options.Flows, options.Distribution, options.Workers];

    public int Run(ParseResult arguments, Streams streams, CancellationToken cancellation)
    {
        PipelineBenchOptions asked = AskedFor(arguments);
        using var output = new BenchOutput(arguments, options, streams);
        PipelineBenchReport report = PipelineBenchRunner.Run(asked, output.Progress, cancellation);
        output.Write(PipelineDocument.Of(report), () => CliJson.Write(report));
        return ExitCode.Done;
    }

    private PipelineBenchOptions AskedFor(ParseResult arguments)
    {
        bool isFull = arguments.GetValue(options.Full);
        bool isStar = !isFull && !Lists.Any(list => arguments.GetResult(list) is { Implicit: false });
        PipelineBenchOptions lists = isStar || isFull ? PipelineBenchOptions.Star : new PipelineBenchOptions();
        return lists with
        {
            IsStar = isStar,
            Proxies = options.ProxiesOf(arguments) ?? lists.Proxies,
            Cnis = options.CnisOf(arguments) ?? lists.Cnis,
            FrameSizes = options.FrameSizesOf(arguments) ?? lists.FrameSizes,
            Flows = options.FlowsOf(arguments) ?? lists.Flows,
            Distributions = options.DistributionsOf(arguments) ?? lists.Distributions,
            Workers = options.WorkersOf(arguments) ?? lists.Workers,
            Services = BenchArguments.One(options.ServicesOf(arguments), options.Services, lists.Services),
            Endpoints = options.EndpointsOf(arguments, lists.Endpoints),
            Policies = options.PoliciesOf(arguments),
            Packets = options.PacketsOf(arguments, lists.Packets),
            Rounds = options.RoundsOf(arguments, lists.Rounds),
            Seed = options.SeedOf(arguments, lists.Seed),
        };
    }
}
