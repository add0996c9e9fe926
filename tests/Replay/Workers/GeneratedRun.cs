using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Synthetic;
using Dataplane.Replay;
using Dataplane.Replay.Generate;
using Dataplane.Tests.Capture;
using Xunit;

namespace Dataplane.Tests.Replay.Workers;

/// <summary>A made-up cluster's traffic, of which one node is emulated.</summary>
internal sealed class GeneratedRun : IDisposable
{
    private readonly TemporaryFile _traffic = new(".pcap");
    private readonly TemporaryFile _cluster = new(".json");

    public GeneratedRun()
    {
        using (var sink = new ManifestSink(File.Create(_cluster.Path), json: true))
        {
            ClusterGenerator.Write(
                new SyntheticOptions { Nodes = 3, PodsPerNode = 20, Services = 8, Endpoints = 3 },
                flannel: true, sink, default);
        }

        var traffic =
            new TrafficOptions { Manifests = [_cluster.Path], Output = _traffic.Path, Packets = 30_000, Flows = 200 };
        TrafficGenerator.Run(traffic, () => { }, _ => { }, TestContext.Current.CancellationToken);
        Options = new ReplayOptions
        {
            Manifests = [_cluster.Path],
            Captures = [_traffic.Path],
            Cni = "flannel",
            Proxy = "ebpf",
            Node = ManifestReader.Read([_cluster.Path]).Nodes[0].Name,
        };
    }

    public ReplayOptions Options { get; }

    public void Dispose()
    {
        _traffic.Dispose();
        _cluster.Dispose();
    }
}
