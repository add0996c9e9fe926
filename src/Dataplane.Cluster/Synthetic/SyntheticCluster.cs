using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Synthetic;

/// <summary>
/// A made-up Flannel cluster in memory: nodes, pods that go round over them, Services over UDP whose endpoints are
/// neighbours among the pods, and so lie on different nodes.
/// </summary>
public static class SyntheticCluster
{
    public const byte Protocol = IpProtocol.Udp;
    public const ushort ServicePort = 80;
    public const ushort TargetPort = 8080;

    private const string Namespace = "default";
    private const int MostNodes = 250;
    private const int MostPodsPerNode = 250;
    private const int MostServices = 1_000_000;
    private const uint FirstNode = 0xC0A8_3801;
    private const uint FirstPod = 0x0AF4_0002;
    private const uint FirstService = 0x0A60_000A;
    private const int NodeShift = 8;

    private static readonly SourceLine Here = new("synthetic", 1);

    /// <exception cref="InvalidDataException">A number is out of its range.</exception>
    public static ClusterSnapshot Make(SyntheticOptions options)
    {
        Check("nodes", options.Nodes, 1, MostNodes);
        Check("pods per node", options.PodsPerNode, 1, MostPodsPerNode);
        Check("services", options.Services, 0, MostServices);
        Check("endpoints", options.Endpoints, 0, options.Nodes * options.PodsPerNode);

        Endpoint[] endpoints =
            [.. Enumerable.Range(0, options.Nodes * options.PodsPerNode).Select(pod => EndpointOf(pod, options))];
        return new ClusterSnapshot
        {
            Nodes = [.. Enumerable.Range(0, options.Nodes).Select(NodeOf)],
            Pods = [.. Enumerable.Range(0, endpoints.Length).Select(pod => PodOf(pod, options))],
            Services = [.. Enumerable.Range(0, options.Services).Select(ServiceOf)],
            EndpointSlices =
                [.. Enumerable.Range(0, options.Services).Select(service => SliceOf(service, endpoints, options))],
        };
    }

    public static string NodeName(int node) => string.Create(CultureInfo.InvariantCulture, $"node-{node}");

    public static IpAddress NodeAddress(int node) => IpAddress.FromV4(FirstNode + (uint)node);

    /// <summary>The pod's number among those of its node.</summary>
    public static IpAddress PodAddress(int node, int pod) =>
        IpAddress.FromV4(FirstPod + ((uint)node << NodeShift) + (uint)pod);

    public static IpAddress ServiceAddress(int service) => IpAddress.FromV4(FirstService + (uint)service);

    /// <summary>The MAC of a node's bridge, where its pods send everything.</summary>
    public static string BridgeMac(int node) =>
        string.Create(CultureInfo.InvariantCulture, $"0a:58:0a:f4:{node:x2}:01");

    private static void Check(string what, int number, int least, int most)
    {
        if (number >= least && number <= most) return;

        throw new InvalidDataException(string.Create(
            CultureInfo.InvariantCulture, $"{number} {what}: a synthetic cluster has {least} to {most}"));
    }

    private static Node NodeOf(int node) => new(NodeName(node), Here)
    {
        InternalIps = [NodeAddress(node)],
        PodCidrs = [IpPrefix.Parse(string.Create(CultureInfo.InvariantCulture, $"10.244.{node}.0/24"))],
        Annotations = ImmutableDictionary<string, string>.Empty
            .Add("flannel.alpha.coreos.com/backend-type", "vxlan")
            .Add("flannel.alpha.coreos.com/backend-data", TunnelData(node))
            .Add("flannel.alpha.coreos.com/public-ip", NodeAddress(node).ToString()),
    };

    private static string TunnelData(int node) => string.Create(
        CultureInfo.InvariantCulture, $$"""{"VNI":1,"VtepMAC":"5e:11:22:33:44:{{node:x2}}"}""");

    private static Pod PodOf(int pod, SyntheticOptions options) => new(Namespace, PodName(pod), Here)
    {
        NodeName = NodeName(pod % options.Nodes),
        Phase = "Running",
        Addresses = [PodAddress(pod % options.Nodes, pod / options.Nodes)],
    };

    private static Endpoint EndpointOf(int pod, SyntheticOptions options) =>
        new([PodAddress(pod % options.Nodes, pod / options.Nodes)], Here)
        {
            NodeName = NodeName(pod % options.Nodes),
            PodName = PodName(pod),
        };

    private static string PodName(int pod) => string.Create(CultureInfo.InvariantCulture, $"pod-{pod}");

    private static string ServiceName(int service) => string.Create(CultureInfo.InvariantCulture, $"service-{service}");

    private static Service ServiceOf(int service) => new(Namespace, ServiceName(service), Here)
    {
        ClusterIps = [ServiceAddress(service)],
        Ports = [new ServicePort("", Protocol, ServicePort, new PortReference(TargetPort, null), 0, Here)],
    };

    private static EndpointSlice SliceOf(int service, Endpoint[] endpoints, SyntheticOptions options)
    {
        ulong first = Mix(options.Seed + (ulong)service) % (ulong)endpoints.Length;
        return new EndpointSlice(Namespace, ServiceName(service) + "-v4", ServiceName(service), Here)
        {
            Endpoints =
            [
                .. Enumerable.Range(0, options.Endpoints)
                    .Select(index => endpoints[(int)((first + (ulong)index) % (ulong)endpoints.Length)]),
            ],
            Ports = [new EndpointPort("", Protocol, TargetPort)],
        };
    }

    // SplitMix64's finaliser: the same on every machine, whatever the runtime's generator becomes.
    private static ulong Mix(ulong value)
    {
        value = (value + 0x9E37_79B9_7F4A_7C15) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ value >> 27) * 0x94D0_49BB_1331_11EB;
        return value ^ value >> 31;
    }
}
