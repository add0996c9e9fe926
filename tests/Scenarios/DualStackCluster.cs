namespace Dataplane.Tests.Scenarios;

/// <summary>
/// Two nodes with a pod each, addresses of either family or of both, and what each CNI needs to be told of it.
/// </summary>
internal static class DualStackCluster
{
    public const string PodA4 = "10.244.1.10";
    public const string PodB4 = "10.244.2.20";
    public const string PodA6 = "fd00:10:244:1::a";
    public const string PodB6 = "fd00:10:244:2::14";

    public static readonly string Both = Node(1, "4 6", "") + Node(2, "4 6", "") + Pod("a", 1, "4 6")
        + Pod("b", 2, "4 6");

    public static readonly string OnlyIpv6 = Node(1, "6", "") + Node(2, "6", "") + Pod("a", 1, "6") + Pod("b", 2, "6");

    /// <summary>OVN interconnect: a zone for each node, ports 2 and 3 on the transit switch.</summary>
    public static readonly string Zones = Node(1, "4 6", Zone(1)) + Node(2, "4 6", Zone(2)) + Pod("a", 1, "4 6")
        + Pod("b", 2, "4 6");

    /// <summary>flanneld with a device for each family.</summary>
    public const string FlannelIpv6 = """
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: kube-flannel-cfg, namespace: kube-flannel}
        data:
          net-conf.json: '{"Network": "10.244.0.0/16", "EnableIPv6": true, "IPv6Network": "fd00:10:244::/48", "Backend": {"Type": "vxlan"}}'

        """;

    public const string CalicoPools = """
        ---
        apiVersion: crd.projectcalico.org/v1
        kind: IPPool
        metadata: {name: four}
        spec: {cidr: 10.244.0.0/16, vxlanMode: Always, natOutgoing: true}
        ---
        apiVersion: crd.projectcalico.org/v1
        kind: IPPool
        metadata: {name: six}
        spec: {cidr: "fd00:10:244::/48", vxlanMode: Always}

        """;

    private static string Node(int number, string families, string annotations)
    {
        string cidrs = string.Join(", ", Of(families, $"10.244.{number}.0/24", $"fd00:10:244:{number}::/64"));
        string addresses = string.Join(", ", Of(families, $"192.168.56.1{number}", $"fd00:56::{number}")
            .Select(address => $"{{type: InternalIP, address: {address} }}"));
        return $$"""
            ---
            apiVersion: v1
            kind: Node
            metadata: {name: n{{number}}, annotations: { {{annotations}} } }
            spec: {podCIDRs: [{{cidrs}}]}
            status: {addresses: [{{addresses}}]}

            """;
    }

    private static string Pod(string name, int node, string families)
    {
        IEnumerable<string> addresses = name == "a" ? Of(families, PodA4, PodA6) : Of(families, PodB4, PodB6);
        string ips = string.Join(", ", addresses.Select(address => $"{{ip: {address} }}"));
        return $$"""
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: {{name}}, namespace: default}
            spec: {nodeName: n{{node}}}
            status: {phase: Running, podIPs: [{{ips}}]}

            """;
    }

    private static string Zone(int number) =>
        $"k8s.ovn.org/node-id: \"{number + 1}\", k8s.ovn.org/zone-name: n{number}, "
        + $"k8s.ovn.org/node-transit-switch-port-ifaddr: '{{\"ipv4\":\"100.88.0.{number + 1}/16\","
        + $"\"ipv6\":\"fd97::{number + 1}/64\"}}'";

    private static IEnumerable<string> Of(string families, string four, string six) =>
        families.Split(' ').Select(family => family == "4" ? four : $"\"{six}\"");
}
