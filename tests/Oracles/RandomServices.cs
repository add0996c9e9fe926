using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// Services of every kind over the pods of the services' lab, and packets to them; the same ones for the same seed.
/// </summary>
internal sealed class RandomServices
{
    private const int Services = 12;
    private const int WrongPort = 2_009;

    private static readonly SourceLine Here = new("random", 1);
    private static readonly byte[] Protocols = [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp];
    private static readonly string[] Ranges =
        ["172.18.0.0/24", "198.51.100.0/24", "10.244.1.4/30", "10.244.0.0/16", "203.0.113.0/24", "fd00:10:244:1::/64"];
    private static readonly string[] OutsideClients = [ServiceLab.Gateway, "198.51.100.20", "203.0.113.200"];

    /// <summary>What kube-proxy can be told, one for each cluster.</summary>
    private static readonly string[][] Configurations =
    [
        [],
        ["proxy.detectLocal=NodeCIDR"],
        ["proxy.masqueradeAll=on", "proxy.masqueradeBit=7"],
        ["proxy.detectLocal=BridgeInterface:cni0"],
        ["proxy.detectLocal=none", "proxy.nodePortAddresses=172.18.0.0/16,fd00:10:244::/48"],
        ["proxy.localhostNodePorts=off", "proxy.tcpBeLiberal=on"],
    ];

    private readonly Random _random;
    private readonly KernelAbilities _abilities;
    private readonly List<EndpointSlice> _slices = [];
    private int _nodePort = 30_000;

    public RandomServices(int seed, int cluster, KernelAbilities abilities)
    {
        _random = new Random(HashCode(seed, cluster));
        _abilities = abilities;
        Settings =
        [
            "flannel.ipMasq=off", "pod.attach=bridge",
            $"node.{ServiceLab.Node}.mac={ServiceLab.NodeMac}", $"node.node-b.mac={ServiceLab.OtherNodeMac}",
            $"vtep.{ServiceLab.Node}.mac={ServiceLab.TunnelMac}", $"vtep.node-b.mac={ServiceLab.OtherTunnelMac}",
            $"gateway.mac={ServiceLab.GatewayMac}", $"bridge.{ServiceLab.Node}.mac={ServiceLab.BridgeMac}",
            .. Configurations[cluster % Configurations.Length],
        ];
        Configuration = string.Join(
            ' ', Configurations[cluster % Configurations.Length].DefaultIfEmpty("kube-proxy's defaults"));
        ImmutableArray<Service> services = [.. Enumerable.Range(0, Services).Select(MakeService)];
        Snapshot = new ClusterSnapshot
        {
            Nodes = [MakeNode(ServiceLab.Node, 1, ServiceLab.NodeA), MakeNode("node-b", 2, ServiceLab.NodeB)],
            Pods = [.. ServiceLab.Pods.SelectMany(pod => new[] { MakePod(1, pod), MakePod(2, pod) })],
            Services = services,
            EndpointSlices = [.. _slices],
        };
    }

    public ClusterSnapshot Snapshot { get; }

    public ImmutableArray<string> Settings { get; }

    /// <summary>What kube-proxy was told, for a failure's text.</summary>
    public string Configuration { get; }

    /// <summary>Endpoints that a case's Service has in its family, in whatever condition.</summary>
    public int EndpointsOf(ServiceCase one) => Snapshot.EndpointSlices
        .Where(slice => one.Service.StartsWith($"shop/{slice.ServiceName}:", StringComparison.Ordinal))
        .Sum(slice => slice.Endpoints.Count(endpoint => endpoint.Addresses[0].IsV6 == one.Source.Contains(':')));

    public List<ServiceCase> Take(int count) => [.. Enumerable.Range(1, count).Select(MakeCase)];

    private static int HashCode(int seed, int cluster) => unchecked(seed * 7919 + cluster);

    private static Node MakeNode(string name, int number, string address) => new(name, Here)
    {
        InternalIps = [IpAddress.Parse(address)],
        PodCidrs = [IpPrefix.Parse($"10.244.{number}.0/24"), IpPrefix.Parse($"fd00:10:244:{number}::/64")],
        Labels = ImmutableDictionary<string, string>.Empty.Add("topology.kubernetes.io/zone", $"zone-{number}"),
    };

    private static Pod MakePod(int node, int pod) => new("default", (node == 1 ? "p" : "r") + pod, Here)
    {
        NodeName = node == 1 ? ServiceLab.Node : "node-b",
        Phase = "Running",
        Addresses = [IpAddress.Parse(ServiceLab.PodAddress(4, node, pod)),
            IpAddress.Parse(ServiceLab.PodAddress(6, node, pod))],
    };

    private Service MakeService(int index)
    {
        string name = $"s{index}";
        bool isHeadless = Chance(8);
        ServiceType type = isHeadless
            ? ServiceType.ClusterIP
            : Pick([ServiceType.ClusterIP, ServiceType.NodePort, ServiceType.LoadBalancer]);
        ImmutableArray<ServicePort> ports =
            [.. Enumerable.Range(0, _random.Next(1, 4)).Select(port => MakePort(port, type))];
        for (int slice = _random.Next(1, 3); slice > 0; slice--)
        {
            foreach (int family in (int[])[4, 6]) _slices.Add(MakeSlice(name, family, slice, ports));
        }

        bool isLocal = Chance(3);
        return new Service("shop", name, Here)
        {
            Type = type,
            IsHeadless = isHeadless,
            ClusterIps = isHeadless
                ? []
                : [IpAddress.Parse($"10.96.0.{index + 1}"), IpAddress.Parse($"fd00:10:96::{index + 1}")],
            Ports = ports,
            ExternalIps = isHeadless || !Chance(3)
                ? []
                : [IpAddress.Parse($"192.0.2.{index + 1}"), IpAddress.Parse($"2001:db8:2::{index + 1}")],
            LoadBalancerIps = type != ServiceType.LoadBalancer ? []
                : [IpAddress.Parse($"203.0.113.{index + 1}"), IpAddress.Parse($"2001:db8:3::{index + 1}")],
            LoadBalancerSourceRanges = type == ServiceType.LoadBalancer && Chance(2)
                ? [.. Ranges.Where(_ => Chance(3)).Select(IpPrefix.Parse)]
                : [],
            ExternalTrafficPolicy = type != ServiceType.ClusterIP && isLocal
                ? TrafficPolicy.Local
                : TrafficPolicy.Cluster,
            HealthCheckNodePort = type == ServiceType.LoadBalancer && isLocal ? (ushort)(31_000 + index) : (ushort)0,
            InternalTrafficPolicy = Chance(4) ? TrafficPolicy.Local : TrafficPolicy.Cluster,
            AffinitySeconds = Chance(3) && _abilities.HasRecent ? 10_800 : 0,
            PublishNotReadyAddresses = Chance(8),
        };
    }

    private ServicePort MakePort(int index, ServiceType type) => new(
        $"port{index}",
        PickProtocol(),
        (ushort)(80 + index),
        new PortReference((ushort)(8080 + index), null),
        type == ServiceType.ClusterIP ? (ushort)0 : (ushort)_nodePort++,
        Here);

    private EndpointSlice MakeSlice(string service, int family, int number, ImmutableArray<ServicePort> ports)
    {
        bool hasHints = Chance(4);
        return new EndpointSlice("shop", $"{service}-{family}-{number}", service, Here)
        {
            Endpoints = [.. Enumerable.Range(0, _random.Next(0, 4)).Select(_ => MakeEndpoint(family, hasHints))],
            Ports = [.. ports.Select((port, index) =>
                new EndpointPort(port.Name, port.Protocol, (ushort)(8080 + index + number * 10)))],
        };
    }

    private Endpoint MakeEndpoint(int family, bool hasHints)
    {
        int node = _random.Next(1, 3);
        string address = Chance(8) && family == 4
            ? Pick([ServiceLab.NodeA, ServiceLab.NodeB, "198.51.100.7"])
            : ServiceLab.PodAddress(family, node, ServiceLab.Pods[_random.Next(1, ServiceLab.Pods.Length)]);
        if (address == ServiceLab.NodeA) node = 1;
        if (address == ServiceLab.NodeB) node = 2;
        int condition = _random.Next(20);
        return new Endpoint([IpAddress.Parse(address)], Here)
        {
            NodeName = address == "198.51.100.7" ? "" : node == 1 ? ServiceLab.Node : "node-b",
            Ready = condition < 13,
            Serving = condition < 16,
            Terminating = condition is >= 13 and < 18,
            HintZones = hasHints ? [$"zone-{_random.Next(1, 3)}"] : [],
        };
    }

    private ServiceCase MakeCase(int number)
    {
        Service service = Pick(Snapshot.Services);
        ServicePort port = Pick(service.Ports);
        int family = Chance(4) ? 6 : 4;
        string place = PickPlace(family);
        List<(string Address, ushort Port)> targets = [.. TargetsOf(service, port, family, place)];
        if (targets.Count == 0) return MakeCase(number);

        (string destination, ushort destinationPort) = Pick(targets);
        string source = place switch
        {
            ServiceLab.Node => family == 4 && Chance(2) ? ServiceLab.NodeA : ServiceLab.Bridge(family),
            ServiceLab.Outside => Pick(OutsideClients),
            ServiceLab.Tunnel => ServiceLab.PodAddress(family, 2, Pick(ServiceLab.Pods)),
            _ => ServiceLab.PodAddress(family, 1, int.Parse(place[1..], null)),
        };
        return new ServiceCase
        {
            Number = number,
            Place = place,
            Source = source,
            SourcePort = (ushort)(20_000 + number),
            Destination = destination,
            Port = Chance(30) ? (ushort)(destinationPort + WrongPort) : destinationPort,
            Protocol = Chance(30) ? PickProtocol() : port.Protocol,
            Service = $"{service}:{port.Name}",
            Client = service.AffinitySeconds > 0 ? $"{service}:{port.Name} {source}" : $"{number}",
        };
    }

    /// <summary>IPv6 is inside the cluster only.</summary>
    private string PickPlace(int family) => _random.Next(20) switch
    {
        < 8 => ServiceLab.PodPlace(Pick(ServiceLab.Pods)),
        < 12 => ServiceLab.Node,
        < 14 => ServiceLab.Tunnel,
        _ => family == 4 ? ServiceLab.Outside : ServiceLab.PodPlace(Pick(ServiceLab.Pods)),
    };

    /// <summary>
    /// Where the port can be asked for: a cluster IP is nothing that the outside routes to a node, and pods of node-b
    /// come here for node-a's addresses on the pods' network alone.
    /// </summary>
    private IEnumerable<(string Address, ushort Port)> TargetsOf(
        Service service, ServicePort port, int family, string place)
    {
        bool isOutside = place == ServiceLab.Outside, isTunnel = place == ServiceLab.Tunnel;
        if (!isOutside && !isTunnel)
        {
            foreach (IpAddress address in service.ClusterIps.Where(Fits)) yield return ($"{address}", port.Port);
        }

        if (!isTunnel)
        {
            foreach (IpAddress address in service.ExternalIps.Concat(service.LoadBalancerIps).Where(Fits))
                yield return ($"{address}", port.Port);
        }

        if (port.NodePort != 0)
        {
            if (family == 4 && !isTunnel) yield return (ServiceLab.NodeA, port.NodePort);
            yield return (ServiceLab.Bridge(family), port.NodePort);
        }

        if (!service.IsHeadless) yield break;

        int node = isOutside || isTunnel ? 1 : _random.Next(1, 3);
        yield return (ServiceLab.PodAddress(family, node, ServiceLab.Pods[_random.Next(1, 4)]), port.TargetPort.Number);

        bool Fits(IpAddress address) => address.Family == family;
    }

    private byte PickProtocol()
    {
        byte protocol = Pick(Protocols);
        return protocol == IpProtocol.Sctp && !_abilities.HasSctp ? IpProtocol.Tcp : protocol;
    }

    private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

    private T Pick<T>(IReadOnlyList<T> all) => all[_random.Next(all.Count)];
}

/// <summary>A connection's first packet, and whose affinity it may depend on.</summary>
internal sealed record ServiceCase
{
    public required int Number { get; init; }

    public required string Place { get; init; }

    public required string Source { get; init; }

    public required ushort SourcePort { get; init; }

    public required string Destination { get; init; }

    public required ushort Port { get; init; }

    public required byte Protocol { get; init; }

    public required string Service { get; init; }

    /// <summary>Cases of one client are judged together: an earlier choice decides a later one's.</summary>
    public required string Client { get; init; }

    public PlacedPacket Packet =>
        new(Place, ServicePacket.First(Number, Protocol, Source, SourcePort, Destination, Port));

    public override string ToString() => $"{Number} ({Service}) from {Place} {ServicePacket.Read(Packet.Bytes)}";
}
