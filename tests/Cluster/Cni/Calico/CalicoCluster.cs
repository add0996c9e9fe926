using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;

namespace Dataplane.Tests.Cluster.Cni.Calico;

/// <summary>Three nodes with Calico, two of them in one subnet, as kubectl prints them.</summary>
internal static class CalicoCluster
{
    public const string Nodes = """
        apiVersion: v1
        kind: List
        items:
        - apiVersion: v1
          kind: Node
          metadata:
            name: node1
            annotations:
              node.alpha.kubernetes.io/ttl: "0"
              projectcalico.org/IPv4Address: 10.0.1.11/24
              projectcalico.org/IPv4IPIPTunnelAddr: 192.168.166.128
              projectcalico.org/IPv4VXLANTunnelAddr: 192.168.166.130
          spec:
            podCIDR: 192.168.0.0/24
            podCIDRs:
            - 192.168.0.0/24
          status:
            addresses:
            - address: 10.0.1.11
              type: InternalIP
            - address: node1
              type: Hostname
        - apiVersion: v1
          kind: Node
          metadata:
            name: node2
            annotations:
              projectcalico.org/IPv4Address: 10.0.1.12/24
          spec:
            podCIDR: 192.168.1.0/24
            podCIDRs:
            - 192.168.1.0/24
          status:
            addresses:
            - address: 10.0.1.12
              type: InternalIP
        - apiVersion: v1
          kind: Node
          metadata:
            name: node3
            annotations:
              projectcalico.org/IPv4Address: 10.0.2.13/24
              projectcalico.org/VXLANTunnelMACAddr: 66:01:02:03:04:05
          spec:
            podCIDR: 192.168.2.0/24
            podCIDRs:
            - 192.168.2.0/24
          status:
            addresses:
            - address: 10.0.2.13
              type: InternalIP
        ---

        """;

    public const string Pods = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop}
        spec: {nodeName: node1}
        status: {phase: Running, podIP: 192.168.166.129, podIPs: [{ip: 192.168.166.129}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: db, namespace: shop}
        spec: {nodeName: node2}
        status: {phase: Running, podIP: 192.168.104.5, podIPs: [{ip: 192.168.104.5}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: guest, namespace: shop}
        spec: {nodeName: node3}
        status: {phase: Running, podIP: 192.168.166.140, podIPs: [{ip: 192.168.166.140}]}
        ---

        """;

    public const string Blocks = """
        apiVersion: crd.projectcalico.org/v1
        kind: BlockAffinity
        metadata: {name: node1-192-168-166-128-26}
        spec: {cidr: 192.168.166.128/26, deleted: "false", node: node1, state: confirmed}
        ---
        apiVersion: crd.projectcalico.org/v1
        kind: BlockAffinity
        metadata: {name: node3-192-168-77-0-26}
        spec: {cidr: 192.168.77.0/26, deleted: "false", node: node3, state: pending}
        ---
        apiVersion: crd.projectcalico.org/v1
        kind: IPAMBlock
        metadata:
          annotations: {projectcalico.org/metadata: '{"creationTimestamp":null}'}
          name: 192-168-104-0-26
        spec:
          affinity: host:node2
          allocations: [0, 1, null, null, null, 2]
          attributes:
          - handle_id: ipip-tunnel-addr-node2
            secondary: {node: node2, type: ipipTunnelAddress}
          - handle_id: vxlan-tunnel-addr-node2
            secondary: {node: node2, type: vxlanTunnelAddress}
          - handle_id: k8s-pod-network.1234
            secondary: {namespace: shop, node: node2, pod: db}
          cidr: 192.168.104.0/26
          deleted: false
          strictAffinity: false
          unallocated: [2, 3, 4]
        ---

        """;

    public static string Pool(string modes, string version = "crd.projectcalico.org/v1") => $$"""
        apiVersion: {{version}}
        kind: IPPool
        metadata: {name: default-ipv4-ippool}
        spec: {allowedUses: [Workload, Tunnel], blockSize: 26, cidr: 192.168.0.0/16, {{modes}}, natOutgoing: true, nodeSelector: all()}
        ---

        """;

    public static ClusterSnapshot Read(params ReadOnlySpan<string> parts) =>
        ManifestReader.ReadText(string.Concat(parts), "calico.yaml");

    public static NetworkModel Compile(string poolModes, params string[] settings) =>
        CompileAll(Nodes + Pods + Blocks + Pool(poolModes), settings);

    public static NetworkModel CompileAll(string yaml, params string[] settings) =>
        CniProfiles.Compile("calico", Read(yaml), EmulationSettings.Parse(settings));
}
