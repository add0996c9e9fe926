using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;

namespace Dataplane.Tests.Cluster.Cni.Cilium;

/// <summary>Two nodes with Cilium 1.15 (cluster-pool IPAM), as kubectl prints them.</summary>
internal static class CiliumCluster
{
    public const string Nodes = """
        apiVersion: v1
        kind: Node
        metadata: {name: kind-worker}
        spec: {podCIDR: 10.244.1.0/24, podCIDRs: [10.244.1.0/24]}
        status: {addresses: [{address: 172.18.0.2, type: InternalIP}]}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: kind-worker2}
        spec: {podCIDR: 10.244.2.0/24, podCIDRs: [10.244.2.0/24]}
        status: {addresses: [{address: 172.18.0.3, type: InternalIP}]}
        ---
        apiVersion: v1
        kind: Namespace
        metadata: {name: shop, labels: {kubernetes.io/metadata.name: shop}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop, labels: {app: web, pod-template-hash: 7d4c5f}}
        spec: {nodeName: kind-worker}
        status: {phase: Running, podIP: 10.0.1.5, podIPs: [{ip: 10.0.1.5}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: db, namespace: shop, labels: {app: db}}
        spec: {nodeName: kind-worker2}
        status: {phase: Running, podIP: 10.0.2.7, podIPs: [{ip: 10.0.2.7}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: job, namespace: shop, labels: {app: job}}
        spec: {nodeName: kind-worker2}
        status: {phase: Running, podIP: 10.0.2.8, podIPs: [{ip: 10.0.2.8}]}
        ---

        """;

    public const string CiliumNodes = """
        apiVersion: cilium.io/v2
        kind: CiliumNode
        metadata:
          labels: {kubernetes.io/hostname: kind-worker}
          name: kind-worker
        spec:
          addresses:
          - {ip: 172.18.0.2, type: InternalIP}
          - {ip: 10.0.1.211, type: CiliumInternalIP}
          alibaba-cloud: {}
          azure: {}
          bootid: 24ad2a50-8a08-4cd9-a8e3-6cf4b1d1f1b0
          encryption: {}
          eni: {}
          health: {ipv4: 10.0.1.16}
          ingress: {}
          ipam:
            podCIDRs:
            - 10.0.1.0/24
            pools: {}
        status:
          ipam: {operator-status: {}}
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNode
        metadata: {name: kind-worker2}
        spec:
          addresses: [{ip: 172.18.0.3, type: InternalIP}, {ip: 10.0.2.77, type: CiliumInternalIP}]
          ipam: {podCIDRs: [10.0.2.0/24]}
        ---

        """;

    public const string Identities = """
        apiVersion: cilium.io/v2
        kind: CiliumEndpoint
        metadata: {name: web, namespace: shop}
        status:
          encryption: {}
          external-identifiers: {container-id: 1f, k8s-namespace: shop, k8s-pod-name: web, pod-name: shop/web}
          id: 1471
          identity:
            id: 6699
            labels:
            - k8s:app=web
            - k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name=shop
            - k8s:io.cilium.k8s.policy.cluster=default
            - k8s:io.cilium.k8s.policy.serviceaccount=default
            - k8s:io.kubernetes.pod.namespace=shop
          networking:
            addressing: [{ipv4: 10.0.1.5}]
            node: 172.18.0.2
          state: ready
        ---
        apiVersion: cilium.io/v2
        kind: CiliumIdentity
        metadata:
          labels: {io.kubernetes.pod.namespace: shop}
          name: "31337"
        security-labels:
          k8s:app: db
          k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name: shop
          k8s:io.cilium.k8s.policy.cluster: default
          k8s:io.cilium.k8s.policy.serviceaccount: default
          k8s:io.kubernetes.pod.namespace: shop
        ---

        """;

    public static string Configuration(params string[] lines) => $$"""
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: cilium-config, namespace: kube-system}
        data:
          cluster-pool-ipv4-cidr: 10.0.0.0/16
          cluster-pool-ipv4-mask-size: "24"
          enable-ipv4: "true"
          ipam: cluster-pool
        {{string.Concat(lines.Select(line => $"  {line}\n"))}}---

        """;

    public static NetworkModel Compile(string[] configuration, params string[] settings) =>
        CompileAll(Nodes + CiliumNodes + Identities + Configuration(configuration), settings);

    public static NetworkModel CompileAll(string yaml, params string[] settings) => CniProfiles.Compile(
        "cilium", ManifestReader.ReadText(yaml, "cilium.yaml"), EmulationSettings.Parse(settings));
}
