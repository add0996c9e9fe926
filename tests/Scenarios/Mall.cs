using Dataplane.Tests.Packets;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// The pods of <see cref="Shop"/> behind Services of every type, each with the endpoints that its scenario needs.
/// </summary>
internal static class Mall
{
    public const string Visitor = "198.51.100.9";
    public const string Stranger = "192.0.2.9";
    public const string Gateway = "02:00:00:00:00:fe";
    public const string UnderlayA = "02:00:00:00:0a:0a";

    public const string RemoteOnly = "10.96.1.1";
    public const string LoadBalancer = "203.0.113.10";
    public const string External = "203.0.113.20";
    public const int NodePort = 30080;

    public const string LocalOnly = "203.0.113.11";
    public const string LocalOnlyIp = "10.96.1.2";
    public const int LocalNodePort = 30081;

    public const string InternalLocal = "10.96.1.3";
    public const string InternalLocalElsewhere = "10.96.1.4";
    public const string Restricted = "203.0.113.12";
    public const string Deserted = "203.0.113.13";
    public const int DesertedNodePort = 30083;
    public const string Myself = "10.96.1.7";

    public static readonly string[] Macs = [$"node.node-a.mac={UnderlayA}", $"gateway.mac={Gateway}"];

    public static readonly string Yaml = $$"""
        {{Shop.Yaml}}
        {{Service("open", RemoteOnly, $"type: LoadBalancer, externalIPs: [{External}]", NodePort, LoadBalancer)}}
        {{Slice("open", (Shop.Remote, "node-b"))}}
        {{Service("near", LocalOnlyIp, "type: LoadBalancer, externalTrafficPolicy: Local", LocalNodePort, LocalOnly)}}
        {{Slice("near", (Shop.Local, "node-a"))}}
        {{Service("within", InternalLocal, "internalTrafficPolicy: Local")}}
        {{Slice("within", (Shop.Local, "node-a"), (Shop.Remote, "node-b"))}}
        {{Service("without", InternalLocalElsewhere, "internalTrafficPolicy: Local")}}
        {{Slice("without", (Shop.Remote, "node-b"))}}
        {{Service("members", "10.96.1.5", "type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24]", 30082, Restricted)}}
        {{Slice("members", (Shop.Remote, "node-b"))}}
        {{Service("deserted", "10.96.1.6", "type: LoadBalancer", DesertedNodePort, Deserted)}}
        {{Service("myself", Myself, "type: ClusterIP")}}
        {{Slice("myself", (Shop.Client, "node-a"))}}
        """;

    /// <summary>From a host outside, as it is seen before a node.</summary>
    public static PacketBuilder Outside => Packet.Eth();

    private static string Service(
        string name, string address, string spec, int nodePort = 0, string loadBalancer = "") => $$"""
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: {{name}}, namespace: mall}
        spec:
          {clusterIP: "{{address}}", clusterIPs: ["{{address}}"], {{spec}}, ports: [{name: web, port: 80, targetPort: 8080, protocol: TCP{{(nodePort == 0 ? "" : $", nodePort: {nodePort}")}} }]}
        {{(loadBalancer.Length == 0 ? "" : $"status: {{loadBalancer: {{ingress: [{{ip: {loadBalancer}}}]}}}}")}}
        """;

    private static string Slice(string service, params (string Address, string Node)[] endpoints) => $$"""
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: {{service}}-1, namespace: mall, labels: {kubernetes.io/service-name: {{service}} } }
        addressType: IPv4
        endpoints: [{{string.Join(", ", endpoints.Select(one => $"{{addresses: [{one.Address}], nodeName: {one.Node}, conditions: {{ready: true}}}}"))}}]
        ports: [{name: web, port: 8080, protocol: TCP}]
        """;
}
