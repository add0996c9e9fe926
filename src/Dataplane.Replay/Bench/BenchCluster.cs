using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Synthetic;
using Dataplane.Replay.Generate;

namespace Dataplane.Replay.Bench;

/// <summary>
/// The cluster that packets are measured in: what <c>generate cluster</c> writes, read back in memory. One node is
/// emulated, and its pods are the clients.
/// </summary>
internal sealed class BenchCluster
{
    public const int Nodes = 10;
    public const int PodsPerNode = 200;
    public const int EmulatedNode = 0;

    private const string Name = "synthetic";

    public BenchCluster(int services, int endpoints, int policies, ulong seed)
    {
        var options = new SyntheticOptions
        {
            Nodes = Nodes,
            PodsPerNode = PodsPerNode,
            Services = services,
            Endpoints = endpoints,
            Policies = policies,
            Seed = seed,
        };
        using var manifests = new MemoryStream();
        using (var sink = new ManifestSink(manifests, json: true, leaveOpen: true))
            ClusterGenerator.Write(options, flannel: true, sink, CancellationToken.None);

        manifests.Position = 0;
        Snapshot = ManifestReader.ReadStream(manifests, Name);
        Traffic = TrafficCluster.Of(Snapshot, Name);
    }

    public ClusterSnapshot Snapshot { get; }

    public TrafficCluster Traffic { get; }

    public static string NodeName => ClusterPlan.NodeName(EmulatedNode);

    /// <summary>A run of this cluster on the emulated node, with room for a full frame in every tunnel.</summary>
    public static ReplayOptions OptionsOf(string proxy, string cni, int workers) => new()
    {
        Cni = cni,
        Proxy = proxy,
        Node = NodeName,
        Settings = ["mtu.underlay=9000", "mtu.tunnel=8900", "mtu.pod=8900"],
        Workers = workers,
    };
}
