using Dataplane.Replay;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// The cluster of Cilium's own tests for direct server return: a client asks 172.16.10.2:80 of node lb, the backend
/// 192.168.0.2:8080 is on node far; over IPv6 fd00:16::2 and fd00:192::2.
/// </summary>
internal static class DirectReturnCluster
{
    public const string Client = "110.0.11.1";
    public const string ClientV6 = "2001:db8::11";
    public const string Frontend = "172.16.10.2";
    public const string FrontendV6 = "fd00:16::2";
    public const string Backend = "192.168.0.2";
    public const string BackendV6 = "fd00:192::2";

    /// <summary>cilium-config's lines for native routing and IP options.</summary>
    public static readonly string[] ByOption = ["routing-mode: native", "bpf-lb-mode: dsr"];

    /// <summary>The same over Geneve, with a tunnel for pods, too.</summary>
    public static readonly string[] ByGeneve =
        ["tunnel-protocol: geneve", "bpf-lb-mode: dsr", "bpf-lb-dsr-dispatch: geneve"];

    private const string Objects = """
        apiVersion: v1
        kind: Node
        metadata: {name: lb}
        spec: {podCIDRs: [192.168.1.0/24, "fd00:193::/64"]}
        status: {addresses: [{type: InternalIP, address: 10.0.10.1}, {type: InternalIP, address: "fd00:10::1"}]}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: far}
        spec: {podCIDRs: [192.168.0.0/24, "fd00:192::/64"]}
        status: {addresses: [{type: InternalIP, address: 10.0.10.2}, {type: InternalIP, address: "fd00:10::2"}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop, labels: {app: web}}
        spec: {nodeName: far}
        status: {phase: Running, podIP: 192.168.0.2, podIPs: [{ip: 192.168.0.2}, {ip: "fd00:192::2"}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: shop}
        spec:
          clusterIP: 10.96.0.10
          clusterIPs: [10.96.0.10, "fd00:96::10"]
          ipFamilies: [IPv4, IPv6]
          ipFamilyPolicy: RequireDualStack
          externalIPs: [172.16.10.2, "fd00:16::2"]
          ports: [{name: tcp, port: 80, targetPort: 8080}, {name: udp, port: 80, targetPort: 8080, protocol: UDP}]
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: web-4, namespace: shop, labels: {kubernetes.io/service-name: web}}
        addressType: IPv4
        ports: [{name: tcp, port: 8080}, {name: udp, port: 8080, protocol: UDP}]
        endpoints: [{addresses: [192.168.0.2], nodeName: far, targetRef: {kind: Pod, name: web, namespace: shop}}]
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: web-6, namespace: shop, labels: {kubernetes.io/service-name: web}}
        addressType: IPv6
        ports: [{name: tcp, port: 8080}, {name: udp, port: 8080, protocol: UDP}]
        endpoints: [{addresses: ["fd00:192::2"], nodeName: far, targetRef: {kind: Pod, name: web, namespace: shop}}]

        """;

    public static Scenario Given(string[] configuration, string? node = null) =>
        Scenario.Given(Manifests(configuration), new ReplayOptions { Cni = "cilium", Entry = "lb", Node = node });

    public static string Manifests(params string[] configuration) => $$"""
        {{Objects}}---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: cilium-config, namespace: kube-system}
        data:
          kube-proxy-replacement: "true"
          {{string.Join("\n  ", configuration)}}

        """;
}
