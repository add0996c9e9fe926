using System.Globalization;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.KubeProxy;
using Dataplane.Engines.Services;
using Dataplane.Tests.Engines.KubeProxy;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// The rules that are written in kube-proxy's place load with the real iptables, and come back as they were written.
/// </summary>
public sealed class IptablesRestoreTests
{
    private const string Cluster = """
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: shop}
        spec:
          clusterIPs: [10.96.0.10, "fd00::10"]
          type: LoadBalancer
          externalTrafficPolicy: Local
          healthCheckNodePort: 31000
          sessionAffinity: ClientIP
          externalIPs: [192.0.2.1, "2001:db8::1"]
          loadBalancerSourceRanges: [172.18.0.0/16, "2001:db8:1::/64", 0.0.0.0/0]
          ports:
          - {name: http, port: 80, nodePort: 30080}
          - {name: dns, port: 53, protocol: UDP, nodePort: 30053}
          - {name: call, port: 5060, protocol: SCTP}
        status: {loadBalancer: {ingress: [{ip: 203.0.113.1}, {ip: "2001:db8:2::1"}]}}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: web-4, namespace: shop, labels: {kubernetes.io/service-name: web}}
        endpoints: [{addresses: [10.244.1.1], nodeName: a}, {addresses: [10.244.2.1]}, {addresses: [10.244.2.2]}]
        ports: [{name: http, port: 8080}, {name: dns, port: 53, protocol: UDP}, {name: call, port: 5060, protocol: SCTP}]
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: web-6, namespace: shop, labels: {kubernetes.io/service-name: web}}
        endpoints: [{addresses: ["fd00:1::1"], nodeName: a}, {addresses: ["fd00:2::1"]}]
        ports: [{name: http, port: 8080}, {name: dns, port: 53, protocol: UDP}, {name: call, port: 5060, protocol: SCTP}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: none, namespace: shop}
        spec: {clusterIPs: [10.96.0.11, "fd00::11"], type: NodePort, ports: [{port: 80, nodePort: 30081}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: inner, namespace: shop}
        spec: {clusterIP: 10.96.0.12, internalTrafficPolicy: Local, ports: [{port: 80}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: inner-4, namespace: shop, labels: {kubernetes.io/service-name: inner}}
        endpoints: [{addresses: [10.244.2.1]}]
        ports: [{name: "", port: 8080}]
        """;

    private static readonly ProxyNode NodeA = new("a")
    {
        Addresses = [IpAddress.Parse("172.18.0.2"), IpAddress.Parse("2001:db8:1::2")],
        PodCidrs = [IpPrefix.Parse("10.244.1.0/24"), IpPrefix.Parse("fd00:1::/64")],
    };

    public static readonly TheoryData<string, KubeProxyOptions> Settings = new()
    {
        { "the pods' network",
            new KubeProxyOptions { ClusterCidrs = [IpPrefix.Parse("10.244.0.0/16"), IpPrefix.Parse("fd00::/16")] } },
        { "masqueradeAll", new KubeProxyOptions { MasqueradeAll = true, MasqueradeBit = 31, RandomFully = false } },
        { "the node's network",
            new KubeProxyOptions { DetectLocal = LocalDetection.NodeCidr, LocalhostNodePorts = false } },
        { "the bridge", new KubeProxyOptions
        {
            DetectLocal = LocalDetection.BridgeInterface,
            LocalInterface = "cni0",
            TcpBeLiberal = true,
        } },
        {
            "the pods' interfaces, node ports on some addresses",
            new KubeProxyOptions
            {
                DetectLocal = LocalDetection.InterfaceNamePrefix,
                LocalInterface = "veth",
                NodePortAddresses =
                    [IpPrefix.Parse("172.18.0.0/16"), IpPrefix.Parse("127.0.0.0/8"), IpPrefix.Parse("2001:db8:1::/64")],
            }
        },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Rules_load_with_both_iptables_and_are_saved_as_they_were_written(string what, KubeProxyOptions options)
    {
        Assert.NotEmpty(what);
        ClusterSnapshot cluster = ManifestReader.ReadText(Cluster, "cluster.yaml");
        IptablesRuleset rules = KubeProxyRules.Write(ServiceModel.Compile(cluster), NodeA, options);

        using var spaces = new NetworkNamespaces();
        foreach (string backend in (string[])["legacy", "nft"])
        {
            AddOrSkip(spaces, backend);
            foreach (int family in (int[])[4, 6]) LoadAndCompare(rules, backend, family);
        }
    }

    [Fact]
    public void The_rules_of_every_suite_s_case_load()
    {
        using var spaces = new NetworkNamespaces();
        AddOrSkip(spaces, "suite");
        foreach (SuiteCase one in SuiteCase.All().Where(one => one.IsForIptables))
        {
            IptablesRuleset rules = one.Rules();
            foreach (string tool in (string[])["iptables-legacy-restore", "iptables-nft-restore"])
                With(rules, 4, path => NetworkNamespaces.Exec("suite", $"{tool} --test {path}"));
        }
    }

    private static void LoadAndCompare(IptablesRuleset rules, string backend, int family)
    {
        string tool = $"{(family == 4 ? "iptables" : "ip6tables")}-{backend}";
        With(rules, family, path =>
        {
            NetworkNamespaces.Exec(backend, $"{tool}-restore --test {path}");
            NetworkNamespaces.Exec(backend, $"{tool}-restore {path}");
            NetworkNamespaces.Exec(backend, $"{tool}-save -f {path}");
            IEnumerable<string> saved = RulesOf(File.ReadAllText(path));
            Assert.Equal(RulesOf(Text(rules, family)), saved);
        });
    }

    /// <summary>Chains and rules of all tables, in whatever order the tables are printed.</summary>
    private static IEnumerable<string> RulesOf(string dump) => SavedTables.Split(dump)
        .OrderBy(table => table.Key, StringComparer.Ordinal)
        .SelectMany(table => table.Value);

    private static void With(IptablesRuleset rules, int family, Action<string> use)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, Text(rules, family));
            use(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Text(IptablesRuleset rules, int family)
    {
        using StringWriter text = new(CultureInfo.InvariantCulture);
        rules.WriteTo(text, family);
        return text.ToString();
    }

    private static void AddOrSkip(NetworkNamespaces spaces, string name)
    {
        try
        {
            spaces.Add(name);
            NetworkNamespaces.Exec(name, "iptables-legacy-restore --version");
            NetworkNamespaces.Exec(name, "iptables-nft-restore --version");
        }
        catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"needs root, ip and iptables: {error.Message}");
        }
    }
}

/// <summary>A dump's lines by table, without comments and counters.</summary>
internal static class SavedTables
{
    public static Dictionary<string, List<string>> Split(string dump)
    {
        Dictionary<string, List<string>> tables = [];
        List<string> lines = [];
        foreach (string line in dump.Split('\n'))
        {
            if (line.StartsWith('*')) tables[line] = lines = [];
            else if (line.StartsWith(':')) lines.Add(line[..line.IndexOf('[', StringComparison.Ordinal)]);
            else if (line.StartsWith('-')) lines.Add(line);
        }

        return tables;
    }
}
