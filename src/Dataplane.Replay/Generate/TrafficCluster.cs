using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Replay.Generate;

/// <summary>
/// A pod that sends: its addresses (none where it has none of that family), its MAC and its gateway's.
/// </summary>
internal readonly record struct Client(IpAddress V4, IpAddress V6, MacAddress Mac, MacAddress Gateway, int Node);

/// <summary>
/// Where flows go: an address and a port, and node and MAC if it is a pod's own address (else -1 and none).
/// </summary>
internal readonly record struct Target(IpAddress Address, ushort Port, int Node, MacAddress Mac);

/// <summary>What of a cluster takes part in traffic: running pods of known nodes, Services with endpoints.</summary>
internal sealed class TrafficCluster
{
    private const ushort DnsPort = 53;
    private const int MostNames = 100_000;
    private const int LongestLabel = 63;
    private const ulong ContainerMac = 0x0A58_0000_0000;

    private readonly Dictionary<string, int> _nodes;

    private TrafficCluster(ClusterSnapshot snapshot)
    {
        Dictionary<string, int> nodes = [];
        foreach (Node node in snapshot.Nodes) nodes.TryAdd(node.Name, nodes.Count);
        _nodes = nodes;
        MacAddress[] gateways = [.. snapshot.Nodes.Select(node => GatewayOf(node.PodCidrs))];

        List<Client> clients = [];
        HashSet<IpAddress> seen = [];
        foreach (Pod pod in snapshot.Pods)
        {
            if (pod.HostNetwork || pod.IsTerminated || !nodes.TryGetValue(pod.NodeName, out int node)) continue;

            IpAddress v4 = pod.Addresses.FirstOrDefault(address => address.IsV4);
            IpAddress v6 = pod.Addresses.FirstOrDefault(address => address.IsV6);
            if ((v4.IsNone && v6.IsNone) || !seen.Add(v4.IsNone ? v6 : v4)) continue;

            clients.Add(new Client(v4, v6, MacOf(v4.IsNone ? v6 : v4), gateways[node], node));
        }

        Clients = [.. clients];
        Names =
        [
            .. snapshot.Services
                .Where(service => service.Name.Length <= LongestLabel && service.Namespace.Length <= LongestLabel)
                .SelectMany(service => service.ClusterIps.Select(address => (NameOf(service), address)))
                .Take(MostNames),
        ];
        Labels = snapshot.Pods.SelectMany(pod => pod.Addresses.Select(address => (address, pod.ToString())))
            .Concat(snapshot.Services
                .SelectMany(service => service.ClusterIps.Select(address => (address, service.ToString()))))
            .Take(MostNames);
        HashSet<(string, string, int)> ready = [.. snapshot.EndpointSlices.SelectMany(slice => slice.Endpoints
            .Where(endpoint => endpoint.Ready)
            .SelectMany(endpoint => endpoint.Addresses)
            .Select(address => (slice.Namespace, slice.ServiceName, address.Family)))];
        Services =
        [
            .. snapshot.Services.SelectMany(service => service.ClusterIps
                .Where(address => ready.Contains((service.Namespace, service.Name, address.Family)))
                .SelectMany(address =>
                    service.Ports.Select(port => (port.Protocol, new Target(address, port.Port, Node: -1, default))))),
        ];
    }

    public ImmutableArray<Client> Clients { get; }

    /// <summary>Services by the names that pods ask DNS for.</summary>
    public (string Name, IpAddress Address)[] Names { get; }

    /// <summary>Addresses of pods and Services with the names that a viewer shows.</summary>
    public IEnumerable<(IpAddress Address, string Name)> Labels { get; }

    private ImmutableArray<(byte Protocol, Target Target)> Services { get; }

    /// <exception cref="InvalidDataException">Nobody is there who could send.</exception>
    public static TrafficCluster Of(ClusterSnapshot snapshot, string manifests)
    {
        var cluster = new TrafficCluster(snapshot);
        if (cluster.Clients.Length > 1) return cluster;

        throw new InvalidDataException(
            $"{manifests}: traffic needs two running pods with addresses on known nodes; "
            + $"{cluster.Clients.Length} found (kubectl get nodes,pods,services,endpointslices -A -o yaml prints all)");
    }

    /// <exception cref="InvalidDataException">There is no such node, or no pod on it.</exception>
    public ImmutableArray<Client> ClientsOf(string node)
    {
        if (!_nodes.TryGetValue(node, out int number))
        {
            string? nearest = NearestWord.Of(node, _nodes.Keys);
            throw new InvalidDataException(
                $"--node {node}: "
                + $"the manifests have no such node{(nearest is null ? "" : $": did you mean {nearest}?")}");
        }

        ImmutableArray<Client> clients = [.. Clients.Where(client => client.Node == number)];
        return clients.IsEmpty
            ? throw new InvalidDataException($"--node {node}: no running pod with an address is on it")
            : clients;
    }

    /// <summary>
    /// Cluster addresses with ready endpoints, DNS apart; pods' own addresses where no Service has the protocol.
    /// </summary>
    public Target[] Targets(byte protocol, int family, ushort podPort)
    {
        Target[] services = [.. Services
            .Where(one => one.Protocol == protocol && one.Target.Address.Family == family && one.Target.Port != DnsPort)
            .Select(one => one.Target)];
        return services.Length > 0 ? services : Pods(family, podPort);
    }

    /// <summary>None where there is no name to ask for.</summary>
    public Target[] Dns(int family) => Names.Length == 0 ? [] :
    [
        .. Services
            .Where(one => one.Protocol == IpProtocol.Udp && one.Target.Port == DnsPort)
            .Select(one => one.Target)
            .Where(target => target.Address.Family == family),
    ];

    public Target[] Pods(int family, ushort port) =>
    [
        .. Clients
            .Select(client => new Target(family == 4 ? client.V4 : client.V6, port, client.Node, client.Mac))
            .Where(target => !target.Address.IsNone),
    ];

    private static string NameOf(Service service) => $"{service.Name}.{service.Namespace}.svc.cluster.local";

    /// <summary>
    /// What the CNI's bridge plug-in gives an interface: 0a:58 and the IPv4 address; here also the end of an IPv6 one.
    /// </summary>
    private static MacAddress MacOf(IpAddress address) => new(ContainerMac | (uint)address.Value);

    private static MacAddress GatewayOf(ImmutableArray<IpPrefix> cidrs) =>
        cidrs.IsEmpty ? new MacAddress(ContainerMac | 1) : MacOf(cidrs[0].Address.Plus(1));
}
