using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;

namespace Dataplane.Tests.Replay;

/// <summary>
/// Two nodes whose podCIDRs are the whole Internet, cut in halves: nearly every packet of any capture is a pod's,
/// crosses both nodes, and goes through every stage. Services stand at addresses that captures are full of.
/// </summary>
internal static class WideCluster
{
    public const string Yaml = """
        apiVersion: v1
        kind: Node
        metadata: {name: low}
        spec: {podCIDR: 0.0.0.0/1, podCIDRs: ["0.0.0.0/1", "::/1"]}
        status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: high}
        spec: {podCIDR: 128.0.0.0/1, podCIDRs: ["128.0.0.0/1", "8000::/1"]}
        status: {addresses: [{type: InternalIP, address: 192.0.2.2}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: any, namespace: default}
        spec:
          clusterIP: 192.168.0.1
          clusterIPs: [192.168.0.1]
          ports: [{name: dns, port: 53, protocol: UDP}, {name: web, port: 80, protocol: TCP}]
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: any-1, namespace: default, labels: {kubernetes.io/service-name: any}}
        addressType: IPv4
        endpoints:
        - {addresses: [10.9.8.7], nodeName: low, conditions: {ready: true}}
        - {addresses: [172.31.30.29], nodeName: high, conditions: {ready: true}}
        ports: [{name: dns, port: 5353, protocol: UDP}, {name: web, port: 8080, protocol: TCP}]
        """;

    /// <summary>Addresses without a Pod exist; the dataplane's own networks stay out of the way.</summary>
    public static readonly string[] Settings =
        ["flannel.network=0.0.0.0/0", "unlisted=forward", "pod.attach=routed", "seed=7"];

    public static ClusterSnapshot Snapshot() => ManifestReader.ReadText(Yaml, "wide.yaml");
}
