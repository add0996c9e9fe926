using System.CommandLine;
using Dataplane.Replay.Bench;

namespace Dataplane.Cli.Bench;

/// <summary><c>bench latency</c>: percentiles against offered load.</summary>
internal sealed class LatencyKind(BenchArguments options) : IBenchKind
{
    public string Name => "latency";

    public IReadOnlyList<Option> Options =>
    [
        options.Proxy, options.Cni, options.FrameSize, options.Flows, options.Distribution, options.Services,
        options.Endpoints, options.Policies, options.Loads, options.Seconds, options.Rounds, options.Histogram,
        options.Seed, options.Chart,
    ];

    public int Run(ParseResult arguments, Streams streams, CancellationToken cancellation)
    {
        LatencyBenchOptions defaults = new();
        var trace = new TraceShape(
            BenchArguments.One(options.FrameSizesOf(arguments), options.FrameSize, defaults.Trace.FrameSize),
            BenchArguments.One(options.FlowsOf(arguments), options.Flows, defaults.Trace.Flows),
            BenchArguments.One(options.DistributionsOf(arguments), options.Distribution, defaults.Trace.Distribution));
        LatencyBenchOptions asked = defaults with
        {
            Loads = options.LoadsOf(arguments) ?? defaults.Loads,
            Proxy = BenchArguments.One(options.ProxiesOf(arguments), options.Proxy, defaults.Proxy),
            Cni = BenchArguments.One(options.CnisOf(arguments), options.Cni, defaults.Cni),
            Trace = trace,
            Services = BenchArguments.One(options.ServicesOf(arguments), options.Services, defaults.Services),
            Endpoints = options.EndpointsOf(arguments, defaults.Endpoints),
            Policies = options.PoliciesOf(arguments),
            Seconds = options.SecondsOf(arguments, defaults.Seconds),
            Rounds = options.RoundsOf(arguments, defaults.Rounds),
            HistogramPath = arguments.GetValue(options.Histogram),
            Seed = options.SeedOf(arguments, defaults.Seed),
        };
        streams.ResultOnError = asked.HistogramPath == "-";
        using var output = new BenchOutput(arguments, options, streams);
        LatencyBenchReport report = LatencyBenchRunner.Run(asked, output.Progress, cancellation);
        output.Write(LatencyDocument.Of(report), () => CliJson.Write(report));
        return ExitCode.Done;
    }
}
