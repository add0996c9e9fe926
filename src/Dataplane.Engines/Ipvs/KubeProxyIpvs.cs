using System.Collections.Immutable;
using Dataplane.Engines.Services;
using Dataplane.Wire;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// What kube-proxy in ipvs mode makes of a cluster's Services on one node, for one family
/// (<c>pkg/proxy/ipvs/proxier.go</c>, <c>syncProxyRules</c>): virtual servers, the addresses of kube-ipvs0, ipsets, and
/// the few iptables rules. kube-proxy adds endpoints in the random order of a map; here it is that of their text.
/// </summary>
public sealed class KubeProxyIpvs
{
    /// <summary>The dummy interface that makes the Services' addresses the node's own.</summary>
    public const string DummyDevice = "kube-ipvs0";

    private readonly KubeProxyIpvsOptions _options;
    private readonly ProxyNode _node;
    private readonly ImmutableArray<IpAddress> _nodeAddresses;
    private readonly KubeProxySets _sets;
    private readonly List<IpvsVirtualServer> _servers = [];
    private readonly List<IpAddress> _bound = [];
    private readonly List<KubeProxyDenial> _denials = [];

    private KubeProxyIpvs(NodeServices services, KubeProxyIpvsOptions options)
    {
        _options = options;
        _node = services.Node;
        _nodeAddresses = _node.Addresses.RemoveAll(address => address.Family != services.Family);
        _sets = new KubeProxySets(services.Family == 6);
        foreach (NodeServicePort port in services.Ports) Add(port);
        foreach (IpAddress address in _bound) _sets.Add(KubeProxySet.IpvsIps, address.ToString());
        Rules = new KubeProxyIpvsRules(_sets, options, services.Family, _denials).Print();
    }

    /// <summary>With real servers in the order in which they are added.</summary>
    public IReadOnlyList<IpvsVirtualServer> VirtualServers => _servers;

    /// <summary>All of kube-proxy's sets, empty ones too.</summary>
    public IReadOnlyList<IpSet> IpSets => _sets.All;

    /// <summary>What is on <see cref="DummyDevice"/>.</summary>
    public IReadOnlyList<IpAddress> BoundAddresses => _bound;

    /// <summary>Tables nat and filter as text that <c>iptables-restore</c> (<c>ip6tables-restore</c>) takes.</summary>
    public string Rules { get; }

    public static KubeProxyIpvs Compile(NodeServices services, KubeProxyIpvsOptions options) => new(services, options);

    private void Add(NodeServicePort view)
    {
        ProxiedPort port = view.Port;
        foreach (ProxiedEndpoint endpoint in port.SortedEndpoints)
        {
            if (!endpoint.IsLocalTo(_node)) continue;
            _sets.Add(
                KubeProxySet.LoopBack, $"{endpoint.Address},{port.ProtocolName}:{endpoint.Port},{endpoint.Address}");
        }

        _sets.Add(KubeProxySet.ClusterIp, EntryOf(port.ClusterIp, port));
        AddServer(view, port.ClusterIp, port.Port.Port, port.IsInternalPolicyLocal);
        Bind(port.ClusterIp);
        foreach (IpAddress address in port.ExternalIps) AddExternal(view, address);
        foreach (IpAddress address in port.LoadBalancerIps) AddLoadBalancer(view, address);
        if (port.NodePort != 0) AddNodePort(view);
        if (port.HealthCheckNodePort != 0) _sets.Add(KubeProxySet.HealthCheckNodePort, $"{port.HealthCheckNodePort}");
    }

    private void AddExternal(NodeServicePort view, IpAddress address)
    {
        KubeProxySet set = view.Port.IsExternalPolicyLocal ? KubeProxySet.ExternalIpLocal : KubeProxySet.ExternalIp;
        _sets.Add(set, EntryOf(address, view.Port));
        AddServer(view, address, view.Port.Port.Port, view.Port.IsExternalPolicyLocal);
        BindUnlessOnNode(address);
    }

    private void AddLoadBalancer(NodeServicePort view, IpAddress address)
    {
        ProxiedPort port = view.Port;
        string entry = EntryOf(address, port);
        _sets.Add(KubeProxySet.LoadBalancer, entry);
        if (port.IsExternalPolicyLocal) _sets.Add(KubeProxySet.LoadBalancerLocal, entry);
        if (!port.SourceRanges.IsEmpty)
        {
            _sets.Add(KubeProxySet.LoadBalancerFirewall, entry);
            foreach (IpPrefix range in port.SourceRanges) AddSourceRange(entry, range);
            bool nodeMayCome = _nodeAddresses is [IpAddress first, ..]
                && port.SourceRanges.Any(range => range.Contains(first));
            if (nodeMayCome) _sets.Add(KubeProxySet.LoadBalancerSourceIp, $"{entry},{address}");
            else _denials.Add(new KubeProxyDenial(address, port.ProtocolName, port.Port.Port));
        }

        AddServer(view, address, port.Port.Port, port.IsExternalPolicyLocal);
        BindUnlessOnNode(address);
    }

    /// <summary>A hash of networks has no place for /0: two halves say the same.</summary>
    private void AddSourceRange(string entry, IpPrefix range)
    {
        if (range.Length > 0)
        {
            _sets.Add(KubeProxySet.LoadBalancerSourceCidr, $"{entry},{range}");
            return;
        }

        _sets.Add(KubeProxySet.LoadBalancerSourceCidr, $"{entry},{(range.Address.IsV6 ? "::" : "0.0.0.0")}/1");
        _sets.Add(KubeProxySet.LoadBalancerSourceCidr, $"{entry},{(range.Address.IsV6 ? "8000::" : "128.0.0.0")}/1");
    }

    private void AddNodePort(NodeServicePort view)
    {
        ProxiedPort port = view.Port;
        IpAddress[] addresses = [.. _nodeAddresses.Where(ServesNodePorts)];
        if (addresses.Length == 0) return;

        (KubeProxySet all, KubeProxySet local) = port.Protocol switch
        {
            IpProtocol.Tcp => (KubeProxySet.NodePortTcp, KubeProxySet.NodePortLocalTcp),
            IpProtocol.Udp => (KubeProxySet.NodePortUdp, KubeProxySet.NodePortLocalUdp),
            _ => (KubeProxySet.NodePortSctp, KubeProxySet.NodePortLocalSctp),
        };
        string[] entries = port.Protocol == IpProtocol.Sctp
            ? [.. addresses.Select(address => $"{address},sctp:{port.NodePort}")]
            : [$"{port.NodePort}"];
        foreach (string entry in entries)
        {
            _sets.Add(all, entry);
            if (port.IsExternalPolicyLocal) _sets.Add(local, entry);
        }

        foreach (IpAddress address in addresses) AddServer(view, address, port.NodePort, port.IsExternalPolicyLocal);
    }

    private bool ServesNodePorts(IpAddress address) =>
        _options.NodePortAddresses.IsEmpty || _options.NodePortAddresses.Any(prefix => prefix.Contains(address));

    /// <summary>Under policy Local without local endpoints, IPVS mode lets all endpoints serve.</summary>
    private void AddServer(NodeServicePort view, IpAddress address, ushort port, bool isLocal)
    {
        ImmutableArray<ProxiedEndpoint> endpoints = isLocal && !view.Local.IsEmpty ? view.Local : view.Cluster;
        IpvsServiceFlags flags = view.Port.AffinitySeconds > 0 ? IpvsServiceFlags.Persistent : IpvsServiceFlags.None;
        if (_options.Scheduler == IpvsScheduler.MaglevHash) flags |= IpvsServiceFlags.Scheduler2;
        _servers.Add(new IpvsVirtualServer(address, port, view.Port.Protocol)
        {
            Scheduler = _options.Scheduler,
            Flags = flags,
            Timeout = (uint)view.Port.AffinitySeconds,
            RealServers = [.. endpoints.Select(endpoint => new IpvsRealServer(endpoint.Address, endpoint.Port))],
        });
    }

    private void BindUnlessOnNode(IpAddress address)
    {
        if (!_nodeAddresses.Contains(address)) Bind(address);
    }

    private void Bind(IpAddress address)
    {
        if (_sets.IsNew(address)) _bound.Add(address);
    }

    private static string EntryOf(IpAddress address, ProxiedPort port) =>
        $"{address},{port.ProtocolName}:{port.Port.Port}";
}

/// <summary>A load balancer's address and port that the node itself may not use.</summary>
internal readonly record struct KubeProxyDenial(IpAddress Address, string Protocol, ushort Port);
