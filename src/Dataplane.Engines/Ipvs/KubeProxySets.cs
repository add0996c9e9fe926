using Dataplane.Wire;

namespace Dataplane.Engines.Ipvs;

/// <summary>kube-proxy's ipsets, in its order (<c>ipsetInfo</c>).</summary>
internal enum KubeProxySet : byte
{
    LoopBack,
    ClusterIp,
    ExternalIp,
    ExternalIpLocal,
    LoadBalancer,
    LoadBalancerFirewall,
    LoadBalancerLocal,
    LoadBalancerSourceIp,
    LoadBalancerSourceCidr,
    NodePortTcp,
    NodePortLocalTcp,
    NodePortUdp,
    NodePortLocalUdp,
    NodePortSctp,
    NodePortLocalSctp,
    HealthCheckNodePort,
    IpvsIps,
}

/// <summary>
/// The sets of one family while they fill; names and comments are kube-proxy's (<c>pkg/proxy/ipvs/ipset.go</c>).
/// </summary>
internal sealed class KubeProxySets
{
    private const int MaxNameLength = 31;

    private static readonly (string Name, IpSetType Type, string Comment)[] Known =
    [
        ("KUBE-LOOP-BACK", IpSetType.AddressPortAddress,
            "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose"),
        ("KUBE-CLUSTER-IP", IpSetType.AddressPort, "Kubernetes service cluster ip + port for masquerade purpose"),
        ("KUBE-EXTERNAL-IP", IpSetType.AddressPort,
            "Kubernetes service external ip + port for masquerade and filter purpose"),
        ("KUBE-EXTERNAL-IP-LOCAL", IpSetType.AddressPort,
            "Kubernetes service external ip + port with externalTrafficPolicy=local"),
        ("KUBE-LOAD-BALANCER", IpSetType.AddressPort, "Kubernetes service lb portal"),
        ("KUBE-LOAD-BALANCER-FW", IpSetType.AddressPort,
            "Kubernetes service load balancer ip + port for load balancer with sourceRange"),
        ("KUBE-LOAD-BALANCER-LOCAL", IpSetType.AddressPort,
            "Kubernetes service load balancer ip + port with externalTrafficPolicy=local"),
        ("KUBE-LOAD-BALANCER-SOURCE-IP", IpSetType.AddressPortAddress,
            "Kubernetes service load balancer ip + port + source IP for packet filter purpose"),
        ("KUBE-LOAD-BALANCER-SOURCE-CIDR", IpSetType.AddressPortNet,
            "Kubernetes service load balancer ip + port + source cidr for packet filter purpose"),
        ("KUBE-NODE-PORT-TCP", IpSetType.Port, "Kubernetes nodeport TCP port for masquerade purpose"),
        ("KUBE-NODE-PORT-LOCAL-TCP", IpSetType.Port, "Kubernetes nodeport TCP port with externalTrafficPolicy=local"),
        ("KUBE-NODE-PORT-UDP", IpSetType.Port, "Kubernetes nodeport UDP port for masquerade purpose"),
        ("KUBE-NODE-PORT-LOCAL-UDP", IpSetType.Port, "Kubernetes nodeport UDP port with externalTrafficPolicy=local"),
        ("KUBE-NODE-PORT-SCTP-HASH", IpSetType.AddressPort,
            "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'"),
        ("KUBE-NODE-PORT-LOCAL-SCTP-HASH", IpSetType.AddressPort,
            "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'"),
        ("KUBE-HEALTH-CHECK-NODE-PORT", IpSetType.Port, "Kubernetes health check node port"),
        ("KUBE-IPVS-IPS", IpSetType.Address, "Addresses on the ipvs interface"),
    ];

    private readonly bool _isV6;
    private readonly List<string>[] _entries = [.. Known.Select(_ => new List<string>())];
    private readonly HashSet<(KubeProxySet, string)> _seen = [];
    private readonly HashSet<IpAddress> _addresses = [];

    public KubeProxySets(bool isV6) => _isV6 = isV6;

    public IReadOnlyList<IpSet> All =>
    [
        .. Enum.GetValues<KubeProxySet>().Select(set =>
            new IpSet(NameOf(set), Known[(int)set].Type, _isV6) { Entries = [.. _entries[(int)set]] }),
    ];

    public void Add(KubeProxySet set, string entry)
    {
        if (_seen.Add((set, entry))) _entries[(int)set].Add(entry);
    }

    public bool IsEmpty(KubeProxySet set) => _entries[(int)set].Count == 0;

    /// <summary>Whether an address comes here for the first time.</summary>
    public bool IsNew(IpAddress address) => _addresses.Add(address);

    /// <summary>IPv6's sets have other names, cut to the kernel's length.</summary>
    public string NameOf(KubeProxySet set)
    {
        string name = Known[(int)set].Name;
        if (!_isV6) return name;

        string longer = name.Replace("KUBE-", "KUBE-6-", StringComparison.Ordinal);
        return longer[..Math.Min(longer.Length, MaxNameLength)];
    }

    public static string CommentOf(KubeProxySet set) => $"\"{Known[(int)set].Comment}\"";
}
