using Dataplane.Cluster.Manifests;
using Dataplane.Replay;
using Dataplane.Replay.Tracing;

namespace Dataplane.Tests.Scenarios;

/// <summary>Two nodes, n1 and n2, and pods of two namespaces under OpenShift SDN and under OVN-Kubernetes.</summary>
internal static class EgressCluster
{
    public const string Outside = "198.51.100.7";

    public const string OpenShift = """
        apiVersion: v1
        kind: Node
        metadata: {name: n1, labels: {zone: inner}}
        status: {addresses: [{type: InternalIP, address: 192.168.56.11}]}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: n2}
        status: {addresses: [{type: InternalIP, address: 192.168.56.12}]}
        ---
        apiVersion: network.openshift.io/v1
        kind: HostSubnet
        metadata: {name: n1}
        host: n1
        hostIP: 192.168.56.11
        subnet: 10.128.0.0/23
        ---
        apiVersion: network.openshift.io/v1
        kind: HostSubnet
        metadata: {name: n2}
        host: n2
        hostIP: 192.168.56.12
        subnet: 10.129.0.0/23
        egressIPs: [192.168.56.100]
        ---
        apiVersion: network.openshift.io/v1
        kind: NetNamespace
        metadata: {name: shop}
        netname: shop
        netid: 4242
        egressIPs: [192.168.56.100]
        ---
        apiVersion: network.openshift.io/v1
        kind: NetNamespace
        metadata: {name: bank}
        netname: bank
        netid: 7777
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop}
        spec: {nodeName: n1}
        status: {phase: Running, podIP: 10.128.0.10}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: near, namespace: shop}
        spec: {nodeName: n2}
        status: {phase: Running, podIP: 10.129.0.10}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: vault, namespace: bank}
        spec: {nodeName: n2}
        status: {phase: Running, podIP: 10.129.0.20}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: router, namespace: default}
        spec: {nodeName: n2}
        status: {phase: Running, podIP: 10.129.0.30}

        """;

    /// <summary>One zone; with zone names and transit addresses, interconnect.</summary>
    public static readonly string Ovn = $$"""
        {{OvnNode("n1", 1)}}
        ---
        {{OvnNode("n2", 2)}}
        ---
        {{OvnPods}}
        """;

    public static readonly string Interconnect = $$"""
        {{OvnNode("n1", 1, ", k8s.ovn.org/zone-name: z1, k8s.ovn.org/node-transit-switch-port-ifaddr: '{\"ipv4\":\"100.88.0.1/16\"}'")}}
        ---
        {{OvnNode("n2", 2, ", k8s.ovn.org/zone-name: z2, k8s.ovn.org/node-transit-switch-port-ifaddr: '{\"ipv4\":\"100.88.0.2/16\"}'")}}
        ---
        {{OvnPods}}
        """;

    public const string EgressIp = """
        ---
        apiVersion: k8s.ovn.org/v1
        kind: EgressIP
        metadata: {name: prod}
        spec:
          egressIPs: [192.168.56.100]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}
          podSelector: {matchLabels: {app: web}}
        status: {items: [{egressIP: 192.168.56.100, node: n2}]}

        """;

    private const string OvnPods = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop, labels: {app: web}}
        spec: {nodeName: n1}
        status: {phase: Running, podIP: 10.128.0.10}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: near, namespace: shop, labels: {app: web}}
        spec: {nodeName: n2}
        status: {phase: Running, podIP: 10.129.0.10}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: other, namespace: shop}
        spec: {nodeName: n1}
        status: {phase: Running, podIP: 10.128.0.11}

        """;

    /// <summary>One packet's way to the address or pod, under the CNI that the manifests show.</summary>
    public static TraceReport Trace(
        string manifests, string from, string to, ushort port = 80, params string[] settings) => TraceRunner.Run(
            ManifestReader.ReadText(manifests, "egress.yaml"),
            new TraceOptions
            {
                Replay = new ReplayOptions { Settings = [.. settings] },
                From = from,
                To = to,
                Port = port,
            }, CancellationToken.None);

    private static string OvnNode(string name, int number, string annotations = "") => $$"""
        apiVersion: v1
        kind: Node
        metadata:
          name: {{name}}
          labels: {node: {{name}}}
          annotations: {k8s.ovn.org/node-subnets: '{"default":["10.{{127 + number}}.0.0/23"]}', k8s.ovn.org/node-id: "{{number}}"{{annotations}}}
        status: {addresses: [{type: InternalIP, address: 192.168.56.1{{number}}}]}
        """;
}
