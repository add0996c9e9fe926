using Dataplane.Tests.Packets;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// The cluster of the scenarios: pods c1, c2 and backend b1 on node-a (10.244.1.0/24), backend b2 on node-b
/// (10.244.2.0/24), dual-stack; Services at 10.96.0.x, each with the one backend that its scenario needs.
/// </summary>
internal static class Shop
{
    public const string Client = "10.244.1.5";
    public const string Neighbour = "10.244.1.6";
    public const string Local = "10.244.1.7";
    public const string Remote = "10.244.2.7";
    public const string NodeA = "192.168.56.11";
    public const string NodeB = "192.168.56.12";
    public const string Web = "10.96.0.10";
    public const string LocalWeb = "10.96.0.11";
    public const string Sticky = "10.96.0.12";
    public const string Empty = "10.96.0.13";
    public const string Draining = "10.96.0.14";
    public const string Client6 = "fd00:10:244:1::5";
    public const string Remote6 = "fd00:10:244:2::7";
    public const string Web6 = "fd00:10:96::10";
    public const string BridgeA = "0a:58:0a:f4:01:01";
    public const string BridgeB = "0a:58:0a:f4:02:01";

    public static readonly string Yaml = $"""
        {Node("node-a", NodeA, 1)}
        {Node("node-b", NodeB, 2)}
        {Pod("c1", "node-a", Client, Client6)}
        {Pod("c2", "node-a", Neighbour)}
        {Pod("b1", "node-a", Local)}
        {Pod("b2", "node-b", Remote, Remote6)}
        {Service("web", Web, Ports)}
        {Slice("web", "IPv4", Ready(Remote, "node-b"))}
        {Service("web6", Web6, Ports)}
        {Slice("web6", "IPv6", Ready(Remote6, "node-b"))}
        {Service("local", LocalWeb, Ports)}
        {Slice("local", "IPv4", Ready(Local, "node-a"))}
        {Service("sticky", Sticky, Ports, "ClientIP")}
        {Slice("sticky", "IPv4", Ready(Local, "node-a"), Ready(Remote, "node-b"))}
        {Service("empty", Empty, Ports)}
        {Slice("empty", "IPv4", Endpoint(Remote, "node-b", "{ready: false, serving: false, terminating: false}"))}
        {Service("draining", Draining, Ports)}
        {Slice("draining", "IPv4", Endpoint(Remote, "node-b", "{ready: false, serving: true, terminating: true}"))}
        """;

    private const string Ports = """[{name: web, port: 80, targetPort: http, protocol: TCP}, {name: dns, port: 53, targetPort: 5353, protocol: UDP}, {name: sig, port: 36412, targetPort: 36413, protocol: SCTP}]""";

    /// <summary>A pod's MAC as the bridge plugin makes it.</summary>
    public static string MacOf(string address) =>
        "0a:58:" + string.Join(':', address.Split('.').Select(part => $"{int.Parse(part, null):x2}"));

    /// <summary>From a pod to its gateway.</summary>
    public static PacketBuilder From(string pod, string gateway = BridgeA) => Packet.Eth(MacOf(pod), gateway);

    /// <summary>From the gateway to a pod.</summary>
    public static PacketBuilder To(string pod, string gateway) => Packet.Eth(gateway, MacOf(pod));

    private static string Node(string name, string address, int number) => $$"""
        ---
        apiVersion: v1
        kind: Node
        metadata:
          name: {{name}}
          annotations:
            flannel.alpha.coreos.com/backend-type: vxlan
            flannel.alpha.coreos.com/backend-data: '{"VNI":1,"VtepMAC":"5e:00:00:00:00:0{{number}}"}'
            flannel.alpha.coreos.com/public-ip: {{address}}
        spec: {podCIDR: 10.244.{{number}}.0/24, podCIDRs: ["10.244.{{number}}.0/24", "fd00:10:244:{{number}}::/64"]}
        status: {addresses: [{type: InternalIP, address: {{address}} }]}
        """;

    private static string Pod(string name, string node, params string[] addresses) => $$"""
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: {{name}}, namespace: default}
        spec: {nodeName: {{node}} }
        status: {phase: Running, podIP: "{{addresses[0]}}", podIPs: [{{string.Join(", ", addresses.Select(address => $"{{ip: \"{address}\"}}"))}}]}
        """;

    private static string Service(string name, string address, string ports, string affinity = "None") => $$"""
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: {{name}}, namespace: default}
        spec: {clusterIP: "{{address}}", clusterIPs: ["{{address}}"], sessionAffinity: {{affinity}}, ports: {{ports}} }
        """;

    private static string Slice(string service, string family, params string[] endpoints) => $$"""
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: {{service}}-1, namespace: default, labels: {kubernetes.io/service-name: {{service}} } }
        addressType: {{family}}
        endpoints: [{{string.Join(", ", endpoints)}}]
        ports: [{name: web, port: 8080, protocol: TCP}, {name: dns, port: 5353, protocol: UDP}, {name: sig, port: 36413, protocol: SCTP}]
        """;

    private static string Ready(string address, string node) => Endpoint(address, node, "{ready: true}");

    private static string Endpoint(string address, string node, string conditions) =>
        $$"""{addresses: ["{{address}}"], nodeName: {{node}}, conditions: {{conditions}} }""";
}
