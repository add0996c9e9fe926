using System.Text;
using Dataplane.Wire;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// The iptables rules of kube-proxy's ipvs mode (<c>writeIptablesRules</c>): which traffic is masqueraded, which
/// sources a load balancer's address takes, and that nothing else on the node answers on a Service's address.
/// </summary>
internal sealed class KubeProxyIpvsRules(
    KubeProxySets sets, KubeProxyIpvsOptions options, int family, IReadOnlyList<KubeProxyDenial> denials)
{
    private const string Mark = "0x00004000";

    private static readonly string[] NatChains =
        ["KUBE-SERVICES", "KUBE-POSTROUTING", "KUBE-NODE-PORT", "KUBE-LOAD-BALANCER", "KUBE-MARK-MASQ"];

    private static readonly string[] FilterChains =
    [
        "KUBE-FORWARD", "KUBE-NODE-PORT", "KUBE-PROXY-FIREWALL", "KUBE-SOURCE-RANGES-FIREWALL", "KUBE-IPVS-FILTER",
        "KUBE-IPVS-OUT-FILTER",
    ];

    // Each is put in front when it is made: the last one made stands on top.
    private static readonly string[] NatJumps =
    [
        "-A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES",
        "-A OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES",
        "-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING",
    ];

    private static readonly string[] FilterJumps =
    [
        "-A INPUT -m comment --comment \"kubernetes ipvs access filter\" -j KUBE-IPVS-FILTER",
        "-A INPUT -m comment --comment \"kube-proxy firewall rules\" -j KUBE-PROXY-FIREWALL",
        "-A INPUT -m comment --comment \"kubernetes health check rules\" -j KUBE-NODE-PORT",
        "-A FORWARD -m comment --comment \"kube-proxy firewall rules\" -j KUBE-PROXY-FIREWALL",
        "-A FORWARD -m comment --comment \"kubernetes forwarding rules\" -j KUBE-FORWARD",
        "-A OUTPUT -m comment --comment \"kubernetes ipvs access filter\" -j KUBE-IPVS-OUT-FILTER",
    ];

    private static readonly SetRule[] NatSets =
    [
        new(KubeProxySet.LoopBack, "KUBE-POSTROUTING", "MASQUERADE", "dst,dst,src", ""),
        new(KubeProxySet.LoadBalancer, "KUBE-SERVICES", "KUBE-LOAD-BALANCER", "dst,dst", ""),
        new(KubeProxySet.LoadBalancerLocal, "KUBE-LOAD-BALANCER", "RETURN", "dst,dst", ""),
        new(KubeProxySet.NodePortLocalTcp, "KUBE-NODE-PORT", "RETURN", "dst", "tcp"),
        new(KubeProxySet.NodePortTcp, "KUBE-NODE-PORT", "KUBE-MARK-MASQ", "dst", "tcp"),
        new(KubeProxySet.NodePortLocalUdp, "KUBE-NODE-PORT", "RETURN", "dst", "udp"),
        new(KubeProxySet.NodePortUdp, "KUBE-NODE-PORT", "KUBE-MARK-MASQ", "dst", "udp"),
        new(KubeProxySet.NodePortLocalSctp, "KUBE-NODE-PORT", "RETURN", "dst,dst", "sctp"),
        new(KubeProxySet.NodePortSctp, "KUBE-NODE-PORT", "KUBE-MARK-MASQ", "dst,dst", "sctp"),
    ];

    private static readonly SetRule[] FilterSets =
    [
        new(KubeProxySet.LoadBalancerFirewall, "KUBE-PROXY-FIREWALL", "KUBE-SOURCE-RANGES-FIREWALL", "dst,dst", ""),
        new(KubeProxySet.LoadBalancerSourceCidr, "KUBE-SOURCE-RANGES-FIREWALL", "RETURN", "dst,dst,src", ""),
        new(KubeProxySet.LoadBalancerSourceIp, "KUBE-SOURCE-RANGES-FIREWALL", "RETURN", "dst,dst,src", ""),
    ];

    private readonly StringBuilder _text = new();

    public string Print()
    {
        Begin("nat", ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"], NatChains, NatJumps);
        WriteNat();
        Line("COMMIT");
        Begin("filter", ["INPUT", "FORWARD", "OUTPUT"], FilterChains, FilterJumps);
        WriteFilter();
        Line("COMMIT");
        return _text.ToString();
    }

    private void Begin(string table, string[] hooks, string[] chains, string[] jumps)
    {
        Line($"*{table}");
        foreach (string hook in hooks) Line($":{hook} ACCEPT [0:0]");
        foreach (string chain in chains) Line($":{chain} - [0:0]");
        foreach (string jump in jumps) Line(jump);
    }

    private void WriteNat()
    {
        Line($"-A KUBE-SERVICES -s {(family == 6 ? "::1/128" : "127.0.0.0/8")} -j RETURN");
        foreach (SetRule rule in NatSets) WriteSetRule(rule);
        WriteClusterIps();
        WriteExternalIps();
        Line("-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT");
        Line("-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ");
        foreach (KubeProxySet set in new[] { KubeProxySet.ClusterIp, KubeProxySet.LoadBalancer })
        {
            if (!sets.IsEmpty(set)) Line($"-A KUBE-SERVICES {Match(set)} dst,dst -j ACCEPT");
        }

        Line($"-A KUBE-POSTROUTING -m mark ! --mark {Mark}/{Mark} -j RETURN");
        Line($"-A KUBE-POSTROUTING -j MARK --xor-mark {Mark}");
        Line("-A KUBE-POSTROUTING -m comment --comment \"kubernetes service traffic requiring SNAT\" "
            + $"-j MASQUERADE{(options.RandomFully ? " --random-fully" : "")}");
        Line($"-A KUBE-MARK-MASQ -j MARK --or-mark {Mark}");
    }

    private void WriteClusterIps()
    {
        if (sets.IsEmpty(KubeProxySet.ClusterIp)) return;

        string rule = $"-A KUBE-SERVICES {Comment(KubeProxySet.ClusterIp)} {Match(KubeProxySet.ClusterIp)}";
        IpPrefix[] local = [.. options.ClusterCidrs.Where(prefix => prefix.Address.Family == family)];
        if (options.MasqueradeAll) Line($"{rule} dst,dst -j KUBE-MARK-MASQ");
        else if (local.Length > 0) Line($"{rule} dst,dst ! -s {local[0]} -j KUBE-MARK-MASQ");
        else Line($"{rule} src,dst -j KUBE-MARK-MASQ");
    }

    private void WriteExternalIps()
    {
        foreach (KubeProxySet set in new[] { KubeProxySet.ExternalIp, KubeProxySet.ExternalIpLocal })
        {
            if (sets.IsEmpty(set)) continue;

            string rule = $"-A KUBE-SERVICES {Comment(set)} {Match(set)} dst,dst";
            if (set == KubeProxySet.ExternalIp) Line($"{rule} -j KUBE-MARK-MASQ");
            Line($"{rule} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT");
            Line($"{rule} -m addrtype --dst-type LOCAL -j ACCEPT");
        }
    }

    private void WriteFilter()
    {
        foreach (SetRule rule in FilterSets) WriteSetRule(rule);
        Line("-A KUBE-SOURCE-RANGES-FIREWALL -j DROP");
        foreach (KubeProxyDenial denial in denials)
        {
            Line(
                $"-A KUBE-IPVS-OUT-FILTER -s {denial.Address} -m ipvs --vaddr {denial.Address} "
                + $"--vproto {denial.Protocol} --vport {denial.Port} -j DROP");
        }

        Line(
            "-A KUBE-FORWARD -m comment --comment \"kubernetes forwarding rules\" -m mark "
            + $"--mark {Mark}/{Mark} -j ACCEPT");
        Line("-A KUBE-FORWARD -m comment --comment \"kubernetes forwarding conntrack rule\" "
            + "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
        const KubeProxySet HealthCheck = KubeProxySet.HealthCheckNodePort;
        Line($"-A KUBE-NODE-PORT {Comment(HealthCheck)} {Match(HealthCheck)} dst -j ACCEPT");
        KubeProxySet[] frontends =
            [KubeProxySet.LoadBalancer, KubeProxySet.ClusterIp, KubeProxySet.ExternalIp, KubeProxySet.ExternalIpLocal];
        foreach (KubeProxySet set in frontends) Line($"-A KUBE-IPVS-FILTER {Match(set)} dst,dst -j RETURN");
        Line($"-A KUBE-IPVS-FILTER {Match(HealthCheck)} dst -j RETURN");
        Line($"-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW {Match(KubeProxySet.IpvsIps)} dst -j REJECT");
    }

    private void WriteSetRule(SetRule rule)
    {
        if (sets.IsEmpty(rule.Set)) return;

        string protocol = rule.Protocol.Length > 0 ? $"-p {rule.Protocol} " : "";
        Line($"-A {rule.Chain} {protocol}{Comment(rule.Set)} {Match(rule.Set)} {rule.Match} -j {rule.Target}");
    }

    private string Match(KubeProxySet set) => $"-m set --match-set {sets.NameOf(set)}";

    private static string Comment(KubeProxySet set) => $"-m comment --comment {KubeProxySets.CommentOf(set)}";

    private void Line(string line) => _text.Append(line).Append('\n');

    private readonly record struct SetRule(
        KubeProxySet Set, string Chain, string Target, string Match, string Protocol);
}
