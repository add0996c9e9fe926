using System.Text.Json;
using System.Text.RegularExpressions;
using Dataplane.Cluster.Manifests;
using Dataplane.Engines.Ipvs;
using Dataplane.Engines.Services;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.Ipvs;

/// <summary>
/// kube-proxy's ipvs mode: its own test data where the shared folder has it, and a cluster with everything.
/// </summary>
public class KubeProxyIpvsTests
{
    [Theory]
    [InlineData("clusterip-no-endpoints-v6", 1, 0)]
    [InlineData("clusterip-v6-proxier", 1, 0)]
    [InlineData("nodeport-2-endpoints", 2, 0)]
    [InlineData("nodeport-no-endpoints", 2, 0)]
    [InlineData("nodeport-sctp-etp-local", 2, 2)]
    public void Kube_proxy_s_own_cases_have_the_virtual_servers_sets_and_chains_that_it_expects(
        string name, int servers, int sets)
    {
        Assert.SkipUnless(
            SharedFolder.TryFind($"suites/ipvs/{name}", out string folder), "the shared folder is not here");
        JsonElement expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expect.json"))).RootElement;
        int family = expected.GetProperty("family").GetString() == "IPv6" ? 6 : 4;
        KubeProxyIpvs proxy = Compile(
            File.ReadAllText(Path.Combine(folder, "cluster.yaml")),
            [.. Texts(expected.GetProperty("nodeIPs"))],
            KubeProxyIpvsOptions.Default,
            family);

        string[] wanted = [.. expected.GetProperty("expected_virtual_servers").EnumerateArray().Select(Text)];
        Assert.Equal(servers, wanted.Length);
        Assert.Equal(wanted.Order(), proxy.VirtualServers.Select(Text).Order());
        Assert.Equal(sets, AssertSets(expected, proxy));
        AssertChains(expected, proxy);
    }

    private const string Everything = """
        apiVersion: v1
        kind: Service
        metadata: {namespace: shop, name: web}
        spec:
          type: LoadBalancer
          clusterIP: 10.96.0.80
          externalIPs: [203.0.113.7, 172.18.0.2]
          externalTrafficPolicy: Local
          healthCheckNodePort: 30999
          sessionAffinity: ClientIP
          sessionAffinityConfig: {clientIP: {timeoutSeconds: 600}}
          loadBalancerSourceRanges: [198.51.100.0/24, 0.0.0.0/0]
          ports: [{name: http, port: 80, targetPort: 8080, nodePort: 30080}]
        status: {loadBalancer: {ingress: [{ip: 203.0.113.9}]}}
        ---
        apiVersion: v1
        kind: Service
        metadata: {namespace: shop, name: dns}
        spec:
          type: LoadBalancer
          clusterIP: 10.96.0.10
          loadBalancerSourceRanges: [198.51.100.0/24]
          ports: [{name: dns, port: 53, protocol: UDP, nodePort: 30053}]
        status: {loadBalancer: {ingress: [{ip: 203.0.113.10}]}}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {namespace: shop, name: web-1, labels: {kubernetes.io/service-name: web}}
        addressType: IPv4
        endpoints:
        - {addresses: [10.244.1.2], nodeName: test-node}
        - {addresses: [10.244.2.2], nodeName: other}
        ports: [{name: http, port: 8080, protocol: TCP}]
        """;

    [Fact]
    public void Every_kind_of_address_is_a_virtual_server_with_the_endpoints_of_its_policy() => Assert.Equal(
        """
        -A -t 10.96.0.80:80 -s rr -p 600
        -a -t 10.96.0.80:80 -r 10.244.1.2:8080 -m -w 1
        -a -t 10.96.0.80:80 -r 10.244.2.2:8080 -m -w 1
        -A -t 172.18.0.2:80 -s rr -p 600
        -a -t 172.18.0.2:80 -r 10.244.1.2:8080 -m -w 1
        -A -t 172.18.0.2:30080 -s rr -p 600
        -a -t 172.18.0.2:30080 -r 10.244.1.2:8080 -m -w 1
        -A -t 203.0.113.7:80 -s rr -p 600
        -a -t 203.0.113.7:80 -r 10.244.1.2:8080 -m -w 1
        -A -t 203.0.113.9:80 -s rr -p 600
        -a -t 203.0.113.9:80 -r 10.244.1.2:8080 -m -w 1
        -A -u 10.96.0.10:53 -s rr
        -A -u 172.18.0.2:30053 -s rr
        -A -u 203.0.113.10:53 -s rr

        """.ReplaceLineEndings("\n").Split('\n').Order(),
        IpvsRules.Print(Compile(Everything, ["172.18.0.2"], KubeProxyIpvsOptions.Default).VirtualServers)
            .Split('\n').Order());

    [Fact]
    public void Service_addresses_are_on_kube_ipvs0_but_for_the_node_s_own() => Assert.Equal(
        ["10.96.0.80", "203.0.113.7", "203.0.113.9", "10.96.0.10", "203.0.113.10"],
        Compile(Everything, ["172.18.0.2"], KubeProxyIpvsOptions.Default).BoundAddresses
            .Select(address => address.ToString()));

    [Fact]
    public void The_sets_are_what_kube_proxy_would_add() => Assert.Equal(
        """
        create KUBE-LOOP-BACK hash:ip,port,ip family inet hashsize 1024 maxelem 65536
        add KUBE-LOOP-BACK 10.244.1.2,tcp:8080,10.244.1.2
        create KUBE-CLUSTER-IP hash:ip,port family inet hashsize 1024 maxelem 65536
        add KUBE-CLUSTER-IP 10.96.0.80,tcp:80
        add KUBE-CLUSTER-IP 10.96.0.10,udp:53
        create KUBE-EXTERNAL-IP hash:ip,port family inet hashsize 1024 maxelem 65536
        create KUBE-EXTERNAL-IP-LOCAL hash:ip,port family inet hashsize 1024 maxelem 65536
        add KUBE-EXTERNAL-IP-LOCAL 203.0.113.7,tcp:80
        add KUBE-EXTERNAL-IP-LOCAL 172.18.0.2,tcp:80
        create KUBE-LOAD-BALANCER hash:ip,port family inet hashsize 1024 maxelem 65536
        add KUBE-LOAD-BALANCER 203.0.113.9,tcp:80
        add KUBE-LOAD-BALANCER 203.0.113.10,udp:53
        create KUBE-LOAD-BALANCER-FW hash:ip,port family inet hashsize 1024 maxelem 65536
        add KUBE-LOAD-BALANCER-FW 203.0.113.9,tcp:80
        add KUBE-LOAD-BALANCER-FW 203.0.113.10,udp:53
        create KUBE-LOAD-BALANCER-LOCAL hash:ip,port family inet hashsize 1024 maxelem 65536
        add KUBE-LOAD-BALANCER-LOCAL 203.0.113.9,tcp:80
        create KUBE-LOAD-BALANCER-SOURCE-IP hash:ip,port,ip family inet hashsize 1024 maxelem 65536
        add KUBE-LOAD-BALANCER-SOURCE-IP 203.0.113.9,tcp:80,203.0.113.9
        create KUBE-LOAD-BALANCER-SOURCE-CIDR hash:ip,port,net family inet hashsize 1024 maxelem 65536
        add KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.9,tcp:80,198.51.100.0/24
        add KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.9,tcp:80,0.0.0.0/1
        add KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.9,tcp:80,128.0.0.0/1
        add KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.10,udp:53,198.51.100.0/24
        create KUBE-NODE-PORT-TCP bitmap:port range 0-65535
        add KUBE-NODE-PORT-TCP 30080
        create KUBE-NODE-PORT-LOCAL-TCP bitmap:port range 0-65535
        add KUBE-NODE-PORT-LOCAL-TCP 30080
        create KUBE-NODE-PORT-UDP bitmap:port range 0-65535
        add KUBE-NODE-PORT-UDP 30053
        create KUBE-NODE-PORT-LOCAL-UDP bitmap:port range 0-65535
        create KUBE-NODE-PORT-SCTP-HASH hash:ip,port family inet hashsize 1024 maxelem 65536
        create KUBE-NODE-PORT-LOCAL-SCTP-HASH hash:ip,port family inet hashsize 1024 maxelem 65536
        create KUBE-HEALTH-CHECK-NODE-PORT bitmap:port range 0-65535
        add KUBE-HEALTH-CHECK-NODE-PORT 30999
        create KUBE-IPVS-IPS hash:ip family inet hashsize 1024 maxelem 65536
        add KUBE-IPVS-IPS 10.96.0.80
        add KUBE-IPVS-IPS 203.0.113.7
        add KUBE-IPVS-IPS 203.0.113.9
        add KUBE-IPVS-IPS 10.96.0.10
        add KUBE-IPVS-IPS 203.0.113.10

        """.ReplaceLineEndings("\n"),
        IpSet.Print(Compile(Everything, ["172.18.0.2"], KubeProxyIpvsOptions.Default).IpSets));

    [Fact]
    public void A_load_balancer_that_the_node_may_not_use_is_closed_to_it()
    {
        string rules = Compile(Everything, ["172.18.0.2"], KubeProxyIpvsOptions.Default).Rules;

        Assert.Equal(
            "-A KUBE-IPVS-OUT-FILTER -s 203.0.113.10 -m ipvs --vaddr 203.0.113.10 --vproto udp --vport 53 -j DROP",
            Assert.Single(
                rules.Split('\n'), line => line.StartsWith("-A KUBE-IPVS-OUT-FILTER", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true, "10.244.0.0/16", "-m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ")]
    [InlineData(false, "10.244.0.0/16",
        "-m set --match-set KUBE-CLUSTER-IP dst,dst ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ")]
    [InlineData(false, "fd00::/8", "-m set --match-set KUBE-CLUSTER-IP src,dst -j KUBE-MARK-MASQ")]
    public void Who_is_masqueraded_towards_cluster_IPs_is_kube_proxy_s_configuration(
        bool all, string cidr, string expected)
    {
        var options = new KubeProxyIpvsOptions { MasqueradeAll = all, ClusterCidrs = [IpPrefix.Parse(cidr)] };

        Assert.Single(
            Compile(Everything, ["172.18.0.2"], options).Rules.Split('\n'),
            line => line.EndsWith(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Mh_hashes_the_port_too()
    {
        var options = new KubeProxyIpvsOptions { Scheduler = IpvsScheduler.MaglevHash };

        Assert.Contains(
            "-A -u 10.96.0.10:53 -s mh -b mh-port\n",
            IpvsRules.Print(Compile(Everything, ["172.18.0.2"], options).VirtualServers),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Node_ports_are_served_on_the_addresses_that_the_configuration_names()
    {
        var options = new KubeProxyIpvsOptions { NodePortAddresses = [IpPrefix.Parse("192.168.0.0/16")] };
        KubeProxyIpvs proxy = Compile(Everything, ["172.18.0.2", "192.168.7.2"], options);
        KubeProxyIpvs none = Compile(Everything, ["172.18.0.2"], options);

        Assert.Equal(
            ["192.168.7.2:30080"],
            proxy.VirtualServers.Where(server => server.Port == 30080)
                .Select(server => $"{server.Address}:{server.Port}"));
        Assert.DoesNotContain(none.VirtualServers, server => server.Port == 30080);
        Assert.DoesNotContain("KUBE-NODE-PORT-TCP", none.Rules, StringComparison.Ordinal);
    }

    internal static KubeProxyIpvs Compile(
        string yaml, string[] nodeAddresses, KubeProxyIpvsOptions options, int family = 4)
    {
        var node = new ProxyNode("test-node") { Addresses = [.. nodeAddresses.Select(IpAddress.Parse)] };
        ServiceModel model = ServiceModel.Compile(ManifestReader.ReadText(yaml, "cluster.yaml"));
        return KubeProxyIpvs.Compile(model.At(node, family), options);
    }

    internal static string Cluster => Everything;

    private static int AssertSets(JsonElement expected, KubeProxyIpvs proxy)
    {
        if (!expected.TryGetProperty("expected_ipsets", out JsonElement sets)) return 0;

        foreach (JsonProperty set in sets.EnumerateObject())
        {
            IpSet ours = Assert.Single(proxy.IpSets, candidate => candidate.Name == set.Name);
            foreach (JsonElement entry in set.Value.EnumerateArray())
            {
                Assert.Equal(entry.GetProperty("type").GetString(), ours.TypeName);
            }

            Assert.Equal(
                set.Value.EnumerateArray().Select(entry => $"{entry.GetProperty("ip").GetString()},"
                    + $"{entry.GetProperty("protocol").GetString()}:{entry.GetProperty("port").GetInt32()}").Order(),
                ours.Entries.Order());
        }

        return sets.EnumerateObject().Count();
    }

    /// <summary>kube-proxy's test looks at a chain in whatever table, so filter's rules come after nat's.</summary>
    private static void AssertChains(JsonElement expected, KubeProxyIpvs proxy)
    {
        if (!expected.TryGetProperty("expected_iptables_chains", out JsonElement chains)) return;

        foreach (JsonProperty chain in chains.EnumerateObject())
        {
            IEnumerable<string> ours = proxy.Rules.Split('\n')
                .Where(line => line.StartsWith($"-A {chain.Name} ", StringComparison.Ordinal))
                .Select(line => Regex.Match(line, @"--match-set (?<set>\S+) .*-j (?<jump>\S+)$"))
                .Select(match => $"{match.Groups["jump"].Value} {match.Groups["set"].Value}");
            Assert.Equal(
                chain.Value.EnumerateArray().Select(rule =>
                    $"{rule.GetProperty("jump").GetString()} {rule.GetProperty("match_set").GetString()}"),
                ours);
        }
    }

    private static string Text(JsonElement server)
    {
        IEnumerable<string> destinations = server.GetProperty("destinations").EnumerateArray().Select(destination =>
            $"{destination.GetProperty("address").GetString()} {destination.GetProperty("port")} "
            + $"{destination.GetProperty("weight")}");
        return $"{server.GetProperty("address").GetString()} {server.GetProperty("port")} "
            + $"{server.GetProperty("protocol").GetString()} {server.GetProperty("scheduler").GetString()}: "
            + $"{string.Join(", ", destinations.Order())}";
    }

    private static string Text(IpvsVirtualServer server)
    {
        string protocol = server.Protocol switch
        {
            IpProtocol.Tcp => "TCP",
            IpProtocol.Udp => "UDP",
            _ => "SCTP",
        };
        IEnumerable<string> destinations = server.RealServers.Select(real =>
            $"{real.Address} {real.Port} {real.Weight}");
        return $"{server.Address} {server.Port} {protocol} {IpvsSchedulerNames.NameOf(server.Scheduler)}: "
            + string.Join(", ", destinations.Order());
    }

    private static IEnumerable<string> Texts(JsonElement array) =>
        array.EnumerateArray().Select(item => item.GetString()!);
}
