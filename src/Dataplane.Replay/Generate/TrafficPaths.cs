using System.Collections.Immutable;
using Dataplane.Cluster.Synthetic;
using Dataplane.Wire;

namespace Dataplane.Replay.Generate;

/// <summary>
/// Flows by their numbers: kind, client, target and source ports follow from number and seed; none is stored.
/// </summary>
internal sealed class TrafficPaths
{
    private const uint FirstPort = 32_768;
    private const uint LastPort = 60_999;
    private const ushort PodTcpPort = 8080;
    private const ushort PodUdpPort = 8125;

    private readonly TrafficOptions _options;
    private readonly ImmutableArray<Client> _clients;
    private readonly Target[][] _targets;
    private readonly uint _portsPerFlow;

    /// <exception cref="InvalidDataException">The pods have too few ports for so many flows.</exception>
    public TrafficPaths(TrafficOptions options, TrafficCluster cluster, List<string> notes)
    {
        _options = options;
        _clients = options.Node is null ? cluster.Clients : cluster.ClientsOf(options.Node);
        _targets =
        [
            cluster.Targets(IpProtocol.Tcp, 4, PodTcpPort), cluster.Targets(IpProtocol.Tcp, 6, PodTcpPort),
            cluster.Targets(IpProtocol.Udp, 4, PodUdpPort), cluster.Targets(IpProtocol.Udp, 6, PodUdpPort),
            cluster.Dns(4), cluster.Dns(6),
            cluster.Pods(4, PodTcpPort), cluster.Pods(6, PodTcpPort),
        ];

        const uint Ports = LastPort - FirstPort + 1;
        long flowsPerClient = ((long)options.Flows + _clients.Length - 1) / _clients.Length;
        if (flowsPerClient > Ports)
        {
            long most = _clients.Length * (long)Ports;
            throw new InvalidDataException(
                $"{options.Flows} flows of {_clients.Length} pods: a pod has {Ports} source ports: "
                + $"{most} flows are the most");
        }

        _portsPerFlow = Ports / (uint)flowsPerClient;
        for (int family = 4; options.Mix.Dns > 0 && family <= 6; family += 2)
        {
            if (Of(FlowKind.Dns, family).Length > 0 || cluster.Pods(family, 0).Length == 0) continue;

            _targets[Index(FlowKind.Dns, family)] = Of(FlowKind.Udp, family);
            notes.Add($"no Service has UDP port 53 on IPv{family}: its DNS flows go to other UDP ports");
        }
    }

    /// <summary>Pods that a scan looks at.</summary>
    public Target[] Scanned(int family) => Of(FlowKind.Scan, family);

    public FlowPath PathOf(int flow)
    {
        ulong hash = SplitMix.Of(_options.Seed, (ulong)flow);
        Client client = _clients[flow % _clients.Length];
        uint place = (uint)(flow / _clients.Length);
        FlowKind kind = KindOf((int)(hash % 100));
        bool v6 = client.V4.IsNone || (!client.V6.IsNone && (int)(hash / 100 % 100) < _options.Ipv6);
        Target[] targets = Of(kind, v6 ? 6 : 4);
        int target = (int)(((hash >> 32) * (ulong)targets.Length) >> 32);
        IpAddress source = v6 ? client.V6 : client.V4;
        if (targets[target].Address == source) target = (target + 1) % targets.Length;
        return new FlowPath(kind, client, source, targets[target], FirstPort + place * _portsPerFlow, _portsPerFlow);
    }

    private FlowKind KindOf(int percent)
    {
        TrafficMix mix = _options.Mix;
        if (percent < mix.Tcp) return FlowKind.Tcp;
        if (percent < mix.Tcp + mix.Udp) return FlowKind.Udp;
        return percent < mix.Tcp + mix.Udp + mix.Dns ? FlowKind.Dns : FlowKind.Scan;
    }

    private Target[] Of(FlowKind kind, int family) => _targets[Index(kind, family)];

    private static int Index(FlowKind kind, int family) => 2 * (int)kind + (family == 4 ? 0 : 1);
}
