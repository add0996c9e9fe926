using System.Globalization;
using System.Numerics;
using Dataplane.Wire;

namespace Dataplane.Cluster.Synthetic;

/// <summary>
/// A made-up cluster of any size, object by object: names and addresses follow from an object's number, so that
/// nothing is held. Pods go round over the nodes; neighbours among them are an app, and an app's pods lie on different
/// nodes. The first pods are CoreDNS.
/// </summary>
public sealed class ClusterPlan
{
    public const string SystemNamespace = "kube-system";
    public const string DnsName = "kube-dns";
    public const ushort DnsPort = 53;
    public const ushort ServicePort = 80;
    public const ushort TargetPort = 8080;
    public const ushort UdpPort = 8125;

    private const int MostServices = (1 << 20) - 1024;
    private const int MostNodes = (1 << 20) - 16;
    private const int MostObjects = 10_000_000;
    private const int SmallestHostBits = 8;
    private const int DnsPods = 2;
    private const int SmallPodBits = 16;
    private const int LargePodBits = 23;
    private const uint SmallPodNetwork = 0x0AF4_0000;
    private const uint LargePodNetwork = 0x0A80_0000;
    private const uint ServiceNetwork = 0x0A60_0000;
    private const uint NodeNetwork = 0xAC10_0000;
    private const uint DnsOffset = 10;
    private const uint FirstService = 256;
    private const uint FirstHost = 2;

    private static readonly IpAddress NodeNetworkV6 = IpAddress.Parse("fd00:172:16::");
    private static readonly IpAddress ServiceNetworkV6 = IpAddress.Parse("fd00:10:96::");
    private static readonly IpAddress PodNetworkV6 = IpAddress.Parse("fd00:10:244::");

    private readonly SyntheticOptions _options;
    private readonly int _hostBits;
    private readonly uint _podNetwork;

    /// <exception cref="InvalidDataException">A number is out of its range.</exception>
    public ClusterPlan(SyntheticOptions options)
    {
        Check("nodes", options.Nodes, 1, MostNodes);
        Check("pods per node", options.PodsPerNode, 1, 1 << LargePodBits);
        Check("namespaces", options.Namespaces, 1, MostObjects);
        Check("services", options.Services, 0, MostServices);
        Check("policies", options.Policies, 0, MostObjects);

        _options = options;
        _hostBits = Math.Max(SmallestHostBits, BitOperations.Log2((uint)options.PodsPerNode + FirstHost) + 1);
        long addresses = (long)options.Nodes << _hostBits;
        if (addresses > 1L << LargePodBits)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"{options.Nodes} nodes of /{32 - _hostBits} pod networks do not fit into "
                + $"10.128.0.0/9: ask for fewer"));
        }

        _podNetwork = addresses <= 1 << SmallPodBits ? SmallPodNetwork : LargePodNetwork;
        Pods = options.Nodes * options.PodsPerNode;
        SystemPods = Math.Min(DnsPods, Pods);
        Check("endpoints", options.Endpoints, 1, Math.Max(1, Pods - SystemPods));
        Apps = Math.Max(1, (Pods - SystemPods) / options.Endpoints);
    }

    public int Nodes => _options.Nodes;

    public int Namespaces => _options.Namespaces;

    public int Services => _options.Services;

    public int Policies => _options.Policies;

    public bool DualStack => _options.DualStack;

    public int Pods { get; }

    /// <summary>How many pods, from the first on, are CoreDNS.</summary>
    public int SystemPods { get; }

    /// <summary>Groups of pods with the same label; a Service selects one of them.</summary>
    public int Apps { get; }

    public static string NodeName(int node) => Named("node-", node);

    public static IpAddress NodeAddress(int node) => IpAddress.FromV4(NodeNetwork + FirstHost + (uint)node);

    public static IpAddress NodeAddressV6(int node) => NodeNetworkV6.Plus(FirstHost + (uint)node);

    public string PodCidr(int node) =>
        $"{PodNetworkOf(node)}/{(32 - _hostBits).ToString(CultureInfo.InvariantCulture)}";

    public static string PodCidrV6(int node) => $"{PodNetworkV6Of(node)}/64";

    public static string NamespaceName(int number) => Named("ns-", number);

    public int NodeOfPod(int pod) => pod % Nodes;

    public IpAddress PodAddress(int pod) => PodNetworkOf(NodeOfPod(pod)).Plus(FirstHost + (uint)(pod / Nodes));

    public IpAddress PodAddressV6(int pod) => PodNetworkV6Of(NodeOfPod(pod)).Plus(FirstHost + (uint)(pod / Nodes));

    /// <summary>-1 for CoreDNS; <see cref="Apps"/> for pods that are left over and stand behind no Service.</summary>
    public int AppOfPod(int pod) => pod < SystemPods ? -1 : Math.Min((pod - SystemPods) / _options.Endpoints, Apps);

    public static string AppName(int app) => Named("app-", app);

    public string PodName(int pod) => pod < SystemPods ? Named("coredns-", pod) : Named("pod-", pod);

    public string NamespaceOfApp(int app) => NamespaceName(app % Namespaces);

    public string NamespaceOfPod(int pod) => pod < SystemPods ? SystemNamespace : NamespaceOfApp(AppOfPod(pod));

    public (int First, int Count) PodsOfApp(int app)
    {
        int first = SystemPods + app * _options.Endpoints;
        return (first, Math.Clamp(Pods - first, 0, _options.Endpoints));
    }

    public static string ServiceName(int service) => Named("service-", service);

    public int AppOfService(int service) => (int)(SplitMix.Of(_options.Seed, (ulong)service) % (ulong)Apps);

    public static IpAddress ServiceAddress(int service) =>
        IpAddress.FromV4(ServiceNetwork + FirstService + (uint)service);

    public static IpAddress ServiceAddressV6(int service) => ServiceNetworkV6.Plus(FirstService + (uint)service);

    public static IpAddress DnsAddress => IpAddress.FromV4(ServiceNetwork + DnsOffset);

    public static IpAddress DnsAddressV6 => ServiceNetworkV6.Plus(DnsOffset);

    public static string PolicyName(int policy) => Named("policy-", policy);

    public int AppOfPolicy(int policy) => policy % Apps;

    private IpAddress PodNetworkOf(int node) => IpAddress.FromV4(_podNetwork + ((uint)node << _hostBits));

    /// <summary>A /64 for each node, numbered in the fourth group.</summary>
    private static IpAddress PodNetworkV6Of(int node)
    {
        UInt128 network = PodNetworkV6.Value | (UInt128)(uint)node << 64;
        return IpAddress.FromV6(network);
    }

    private static string Named(string prefix, int number) => prefix + number.ToString(CultureInfo.InvariantCulture);

    private static void Check(string what, int number, int least, int most)
    {
        if (number >= least && number <= most) return;

        throw new InvalidDataException(string.Create(
            CultureInfo.InvariantCulture, $"{number} {what}: a generated cluster has {least} to {most}"));
    }
}
