using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Replay;
using Dataplane.Wire;

namespace Dataplane.Bench.Fixtures;

/// <summary>
/// A made-up Flannel cluster: nodes 0…, a hundred pods on each, Services whose endpoints go round over all pods.
/// </summary>
public sealed class SampleCluster
{
    public const int PodsPerNode = 100;
    public const ushort ServicePort = 80;
    public const ushort TargetPort = 8080;

    /// <summary>Address of a host on the internet.</summary>
    public const string Outside = "198.51.100.7";

    private const int FirstPod = 2;
    private static readonly SourceLine Here = new("sample.yaml", 1);

    private readonly int _nodes;

    /// <param name="nodes">At most 250.</param>
    /// <param name="services">Each with TCP 80 → 8080; number 0 has no endpoints.</param>
    /// <param name="endpoints">Of each Service.</param>
    /// <param name="dualStack">Pods and Services have an IPv6 address beside the IPv4 one.</param>
    public SampleCluster(int nodes, int services, int endpoints, bool dualStack = false)
    {
        _nodes = nodes;
        Snapshot = new ClusterSnapshot
        {
            Nodes = [.. Enumerable.Range(0, nodes).Select(NodeOf)],
            Pods = [.. Enumerable.Range(0, nodes * PodsPerNode).Select(pod => PodOf(pod, dualStack))],
            Services = [.. Enumerable.Range(0, services).Select(service => ServiceOf(service, dualStack))],
            EndpointSlices = [.. Enumerable.Range(1, Math.Max(0, services - 1))
                .SelectMany(service => SlicesOf(service, endpoints, dualStack))],
        };
    }

    public ClusterSnapshot Snapshot { get; }

    public static string NodeV4(int node) => $"192.168.56.{node + 1}";

    public static string NodeMac(int node) => $"02:00:c0:a8:38:{node + 1:x2}";

    public static string TunnelMac(int node) => $"5e:11:22:33:44:{node + 1:x2}";

    public static string BridgeMac(int node) => $"0a:58:0a:f4:{node:x2}:01";

    public static string BridgeV4(int node) => $"10.244.{node}.1";

    public static string BridgeV6(int node) => $"fd00:10:244:{node:x}::1";

    public static string PodV4(int node, int pod) => $"10.244.{node}.{pod + FirstPod}";

    public static string PodV6(int node, int pod) => $"fd00:10:244:{node:x}::{pod + FirstPod:x}";

    public static string PodMac(int node, int pod) => $"0a:58:0a:f4:{node:x2}:{pod + FirstPod:x2}";

    public static string ServiceV4(int service) => IpAddress.Parse("10.96.0.10").Plus((uint)service).ToString();

    public static string ServiceV6(int service) => IpAddress.Parse("fd00:10:96::a").Plus((uint)service).ToString();

    /// <summary>The cluster ready to take packets; bridges have their MACs by setting, as a user gives them.</summary>
    /// <param name="node">The one node to emulate; null: all.</param>
    public Emulation Compile(string? node = null, string? proxy = null) => Emulation.Compile(Snapshot, new ReplayOptions
    {
        Node = node,
        Proxy = proxy,
        Settings =
        [
            .. Enumerable.Range(0, _nodes).Select(number => $"node.node-{number}.mac={NodeMac(number)}"),
            .. Enumerable.Range(0, _nodes).Select(number => $"bridge.node-{number}.mac={BridgeMac(number)}"),
        ],
    });

    private static Node NodeOf(int node) => new($"node-{node}", Here)
    {
        InternalIps = [IpAddress.Parse(NodeV4(node))],
        PodCidrs = [IpPrefix.Parse($"10.244.{node}.0/24"), IpPrefix.Parse($"fd00:10:244:{node:x}::/64")],
        Annotations = ImmutableDictionary<string, string>.Empty
            .Add("flannel.alpha.coreos.com/backend-type", "vxlan")
            .Add("flannel.alpha.coreos.com/backend-data", $$"""{"VNI":1,"VtepMAC":"{{TunnelMac(node)}}"}""")
            .Add("flannel.alpha.coreos.com/public-ip", NodeV4(node)),
    };

    private static Pod PodOf(int pod, bool dualStack) => new("default", $"pod-{pod}", Here)
    {
        NodeName = $"node-{pod / PodsPerNode}",
        Phase = "Running",
        Addresses = [.. AddressesOf(pod, dualStack)],
    };

    private static IEnumerable<IpAddress> AddressesOf(int pod, bool dualStack)
    {
        yield return IpAddress.Parse(PodV4(pod / PodsPerNode, pod % PodsPerNode));
        if (dualStack) yield return IpAddress.Parse(PodV6(pod / PodsPerNode, pod % PodsPerNode));
    }

    private static Service ServiceOf(int service, bool dualStack) => new("default", $"service-{service}", Here)
    {
        ClusterIps = dualStack
            ? [IpAddress.Parse(ServiceV4(service)), IpAddress.Parse(ServiceV6(service))]
            : [IpAddress.Parse(ServiceV4(service))],
        Ports = [new ServicePort("", IpProtocol.Tcp, ServicePort, new PortReference(TargetPort, null), 0, Here)],
    };

    private IEnumerable<EndpointSlice> SlicesOf(int service, int endpoints, bool dualStack)
    {
        int[] pods = [.. Enumerable.Range(0, endpoints)
            .Select(endpoint => ((service * endpoints) + endpoint) % (_nodes * PodsPerNode))];
        yield return SliceOf(service, "v4", pods.Select(pod => PodV4(pod / PodsPerNode, pod % PodsPerNode)));
        if (dualStack)
            yield return SliceOf(service, "v6", pods.Select(pod => PodV6(pod / PodsPerNode, pod % PodsPerNode)));
    }

    private static EndpointSlice SliceOf(int service, string family, IEnumerable<string> addresses) =>
        new("default", $"service-{service}-{family}", $"service-{service}", Here)
        {
            Endpoints = [.. addresses.Select(address => new Endpoint([IpAddress.Parse(address)], Here))],
            Ports = [new EndpointPort("", IpProtocol.Tcp, TargetPort)],
        };
}
