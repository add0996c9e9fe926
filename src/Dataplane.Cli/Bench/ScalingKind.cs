using System.CommandLine;
using Dataplane.Replay.Bench;

namespace Dataplane.Cli.Bench;

/// <summary><c>bench scaling</c>: each proxy as the number of Services grows.</summary>
internal sealed class ScalingKind(BenchArguments options) : IBenchKind
{
    public const string KindName = "scaling";

    public string Name => KindName;

    public IReadOnlyList<Option> Options =>
        [options.Services, options.Proxy, options.Endpoints, options.Flows, options.Rounds, options.Seed,
            options.Chart];

    public int Run(ParseResult arguments, Streams streams, CancellationToken cancellation)
    {
        ScalingOptions defaults = new();
        ScalingOptions asked = defaults with
        {
            Services = options.ServicesOf(arguments) ?? defaults.Services,
            Proxies = options.ProxiesOf(arguments) ?? defaults.Proxies,
            Endpoints = options.EndpointsOf(arguments, defaults.Endpoints),
            Flows = BenchArguments.One(options.FlowsOf(arguments), options.Flows, defaults.Flows),
            Rounds = options.RoundsOf(arguments, defaults.Rounds),
            Seed = options.SeedOf(arguments, defaults.Seed),
        };
        using var output = new BenchOutput(arguments, options, streams);
        ScalingReport report = ScalingRunner.Run(asked, output.Progress, cancellation);
        output.Write(ScalingDocument.Of(report), () => CliJson.Write(report));
        return ExitCode.Done;
    }
}
