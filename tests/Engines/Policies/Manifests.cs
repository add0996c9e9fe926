namespace Dataplane.Tests.Engines.Policies;

/// <summary>A small shop on two nodes as manifests, and policies for it in one line each.</summary>
internal static class Manifests
{
    public const string Shop = """
        {apiVersion: v1, kind: Node, metadata: {name: node1, labels: {zone: a}}, spec: {podCIDRs: [10.244.1.0/24]}, status: {addresses: [{type: InternalIP, address: 192.168.56.1}]}}
        ---
        {apiVersion: v1, kind: Node, metadata: {name: node2, labels: {zone: b}}, spec: {podCIDRs: [10.244.2.0/24]}, status: {addresses: [{type: InternalIP, address: 192.168.56.2}]}}
        ---
        {apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: shop}}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: web, labels: {app: web}}, spec: {nodeName: node1}, status: {phase: Running, podIPs: [{ip: 10.244.1.2}]}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: db, labels: {app: db}}, spec: {nodeName: node1, containers: [{name: c, ports: [{name: sql, containerPort: 5432}]}]}, status: {phase: Running, podIPs: [{ip: 10.244.1.3}]}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: mysql, labels: {app: db}}, spec: {nodeName: node2, containers: [{name: c, ports: [{name: sql, containerPort: 3306}]}]}, status: {phase: Running, podIPs: [{ip: 10.244.2.3}]}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: api, labels: {app: api}}, spec: {nodeName: node2}, status: {phase: Running, podIPs: [{ip: 10.244.2.2}]}}

        """;

    public const string DenyAll = """
        ---
        {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: shop, name: deny-all}, spec: {podSelector: {}, policyTypes: [Ingress, Egress]}}

        """;

    public static string Ingress(string app, string rule) => Policy(app, "Ingress", $"ingress: [{{{rule}}}]");

    public static string Egress(string app, string rule) => Policy(app, "Egress", $"egress: [{{{rule}}}]");

    /// <summary>Another pod of namespace shop.</summary>
    public static string Pod(string name, string app, string node, string address) => $$$"""
        ---
        {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: {{{name}}}, labels: {app: {{{app}}}}}, spec: {nodeName: {{{node}}}}, status: {phase: Running, podIPs: [{ip: {{{address}}}}]}}

        """;

    private static string Policy(string app, string type, string rules) => $$$"""
        ---
        {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: shop, name: {{{app}}}}, spec: {podSelector: {matchLabels: {app: {{{app}}}}}, policyTypes: [{{{type}}}], {{{rules}}}}}

        """;
}
