using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Replay;
using Dataplane.Replay.Tracing;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// One packet of the three-tier application, traced: <c>Traced.Way("default/loadgen-1", "svc/shop/frontend")</c>.
/// </summary>
internal static class Traced
{
    public static readonly string ManifestPath = Path.Combine(
        Golden.GoldenFolder.RepositoryRoot, "pcaps/three-tier/manifests.yaml");

    private static readonly ClusterSnapshot ThreeTier = ManifestReader.Read([ManifestPath]);

    public static ReplayOptions Lab(string proxy) => new() { Proxy = proxy, Settings = ["pod.attach=routed"] };

    public static TraceReport Way(string from, string to, string proxy = "ebpf", ushort port = 0, byte protocol = 0) =>
        Run(new TraceOptions { Replay = Lab(proxy), From = from, To = to, Port = port, Protocol = protocol });

    public static TraceReport Run(TraceOptions options) => TraceRunner.Run(ThreeTier, options, CancellationToken.None);

    /// <summary>What each step did, node by node: <c>node-2 dnat</c>.</summary>
    public static string[] Actions(this IEnumerable<TraceStep> steps) =>
        [.. steps.Where(step => step.Matched is null).Select(step => $"{step.Node ?? "-"} {step.Action}")];
}
