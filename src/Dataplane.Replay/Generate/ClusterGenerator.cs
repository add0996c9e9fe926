using System.Globalization;
using System.Text.Json.Nodes;
using Dataplane.Cluster.Synthetic;
using Dataplane.Wire;

namespace Dataplane.Replay.Generate;

/// <summary>Writes a made-up cluster as the manifests that <c>kubectl get</c> would print, object by object.</summary>
public static class ClusterGenerator
{
    private const int MostEndpointsInSlice = 100;

    private static readonly NamedPort[] AppPorts =
    [
        new("http", ClusterPlan.ServicePort, ClusterPlan.TargetPort, "TCP"),
        new("stats", ClusterPlan.UdpPort, ClusterPlan.UdpPort, "UDP"),
    ];

    private static readonly NamedPort[] DnsPorts =
    [
        new("dns", ClusterPlan.DnsPort, ClusterPlan.DnsPort, "UDP"),
        new("dns-tcp", ClusterPlan.DnsPort, ClusterPlan.DnsPort, "TCP"),
    ];

    /// <summary>
    /// Gives the number of objects. With <paramref name="flannel"/>, nodes have flanneld's annotations.
    /// </summary>
    /// <exception cref="InvalidDataException">A number is out of its range.</exception>
    public static long Write(SyntheticOptions options, bool flannel, ManifestSink sink, CancellationToken cancellation)
    {
        var plan = new ClusterPlan(options);
        long objects = 0;
        foreach (JsonObject item in Objects(plan, flannel))
        {
            cancellation.ThrowIfCancellationRequested();
            sink.Write(item);
            objects++;
        }

        return objects;
    }

    private static IEnumerable<JsonObject> Objects(ClusterPlan plan, bool flannel)
    {
        yield return Namespace(ClusterPlan.SystemNamespace, "system");
        for (int i = 0; i < plan.Namespaces; i++) yield return Namespace(ClusterPlan.NamespaceName(i), Team(i));
        for (int i = 0; i < plan.Nodes; i++) yield return Node(plan, i, flannel);
        for (int i = 0; i < plan.Pods; i++) yield return Pod(plan, i);
        foreach (JsonObject item in Dns(plan)) yield return item;
        for (int i = 0; i < plan.Services; i++)
        {
            yield return Service(plan, i);
            foreach (JsonObject slice in Slices(plan, i)) yield return slice;
        }

        for (int i = 0; i < plan.Policies; i++) yield return Policy(plan, i);
    }

    private static JsonObject Namespace(string name, string team) =>
        Object(
            "v1", "Namespace", name, null, new JsonObject { ["kubernetes.io/metadata.name"] = name, ["team"] = team });

    private static JsonObject Node(ClusterPlan plan, int node, bool flannel)
    {
        string name = ClusterPlan.NodeName(node);
        JsonObject item = Object("v1", "Node", name, null, new JsonObject { ["kubernetes.io/hostname"] = name });
        if (flannel) item["metadata"]!["annotations"] = Annotations(plan, node);
        JsonArray addresses = [Address("InternalIP", ClusterPlan.NodeAddress(node).ToString())];
        JsonArray cidrs = [plan.PodCidr(node)];
        if (plan.DualStack)
        {
            addresses.Add(Address("InternalIP", ClusterPlan.NodeAddressV6(node).ToString()));
            cidrs.Add(ClusterPlan.PodCidrV6(node));
        }

        addresses.Add(Address("Hostname", name));
        item["spec"] = new JsonObject { ["podCIDR"] = plan.PodCidr(node), ["podCIDRs"] = cidrs };
        item["status"] = new JsonObject { ["addresses"] = addresses };
        return item;
    }

    private static JsonObject Annotations(ClusterPlan plan, int node)
    {
        const string Prefix = "flannel.alpha.coreos.com/";
        var mac = new MacAddress(0x5E11_0000_0000UL | (uint)node);
        return new JsonObject
        {
            [Prefix + "backend-type"] = "vxlan",
            [Prefix + "backend-data"] = $"{{\"VNI\":1,\"VtepMAC\":\"{mac}\"}}",
            [Prefix + "kube-subnet-manager"] = "true",
            [Prefix + "public-ip"] = ClusterPlan.NodeAddress(node).ToString(),
        };
    }

    private static JsonObject Pod(ClusterPlan plan, int pod)
    {
        bool dns = pod < plan.SystemPods;
        JsonObject labels = dns
            ? new JsonObject { ["k8s-app"] = ClusterPlan.DnsName }
            : new JsonObject { ["app"] = ClusterPlan.AppName(plan.AppOfPod(pod)) };
        JsonObject item = Object("v1", "Pod", plan.PodName(pod), plan.NamespaceOfPod(pod), labels);
        JsonArray ports = dns
            ? [Port("dns", ClusterPlan.DnsPort, "UDP"), Port("dns-tcp", ClusterPlan.DnsPort, "TCP")]
            : [Port("http", ClusterPlan.TargetPort, "TCP"), Port("stats", ClusterPlan.UdpPort, "UDP")];
        item["spec"] = new JsonObject
        {
            ["nodeName"] = ClusterPlan.NodeName(plan.NodeOfPod(pod)),
            ["containers"] = new JsonArray(
                new JsonObject { ["name"] = "main", ["image"] = "example", ["ports"] = ports }),
        };
        string address = plan.PodAddress(pod).ToString();
        JsonArray addresses = [new JsonObject { ["ip"] = address }];
        if (plan.DualStack) addresses.Add(new JsonObject { ["ip"] = plan.PodAddressV6(pod).ToString() });
        item["status"] = new JsonObject
        {
            ["phase"] = "Running",
            ["hostIP"] = ClusterPlan.NodeAddress(plan.NodeOfPod(pod)).ToString(),
            ["podIP"] = address,
            ["podIPs"] = addresses,
        };
        return item;
    }

    private static IEnumerable<JsonObject> Dns(ClusterPlan plan)
    {
        string[] addresses = plan.DualStack
            ? [ClusterPlan.DnsAddress.ToString(), ClusterPlan.DnsAddressV6.ToString()]
            : [ClusterPlan.DnsAddress.ToString()];
        const string Space = ClusterPlan.SystemNamespace;
        const string Name = ClusterPlan.DnsName;
        yield return ServiceObject(Space, Name, new JsonObject { ["k8s-app"] = Name }, addresses, DnsPorts);
        foreach (JsonObject slice in SlicesOf(plan, Space, Name, 0, plan.SystemPods, DnsPorts)) yield return slice;
    }

    private static JsonObject Service(ClusterPlan plan, int service)
    {
        int app = plan.AppOfService(service);
        string[] addresses = plan.DualStack
            ? [ClusterPlan.ServiceAddress(service).ToString(), ClusterPlan.ServiceAddressV6(service).ToString()]
            : [ClusterPlan.ServiceAddress(service).ToString()];
        JsonObject selector = new() { ["app"] = ClusterPlan.AppName(app) };
        return ServiceObject(plan.NamespaceOfApp(app), ClusterPlan.ServiceName(service), selector, addresses, AppPorts);
    }

    private static IEnumerable<JsonObject> Slices(ClusterPlan plan, int service)
    {
        int app = plan.AppOfService(service);
        (int first, int count) = plan.PodsOfApp(app);
        return SlicesOf(plan, plan.NamespaceOfApp(app), ClusterPlan.ServiceName(service), first, count, AppPorts);
    }

    private static JsonObject ServiceObject(
        string space, string name, JsonObject selector, string[] addresses, NamedPort[] ports)
    {
        JsonObject item = Object("v1", "Service", name, space, []);
        bool dual = addresses.Length > 1;
        item["spec"] = new JsonObject
        {
            ["type"] = "ClusterIP",
            ["clusterIP"] = addresses[0],
            ["clusterIPs"] = new JsonArray([.. addresses.Select(address => (JsonNode)address)]),
            ["ipFamilies"] = dual ? new JsonArray("IPv4", "IPv6") : new JsonArray("IPv4"),
            ["ipFamilyPolicy"] = dual ? "RequireDualStack" : "SingleStack",
            ["selector"] = selector,
            ["ports"] = new JsonArray([.. ports.Select(port => (JsonNode)new JsonObject
            {
                ["name"] = port.Name, ["protocol"] = port.Protocol, ["port"] = port.Port, ["targetPort"] = port.Target,
            })]),
        };
        return item;
    }

    private static IEnumerable<JsonObject> SlicesOf(
        ClusterPlan plan, string space, string service, int first, int count, NamedPort[] ports)
    {
        foreach (bool v6 in plan.DualStack ? new[] { false, true } : [false])
        {
            for (int start = 0; start < count; start += MostEndpointsInSlice)
            {
                int number = start / MostEndpointsInSlice;
                string name = string.Create(CultureInfo.InvariantCulture, $"{service}-v{(v6 ? 6 : 4)}-{number}");
                JsonObject item = Object("discovery.k8s.io/v1", "EndpointSlice", name, space, new JsonObject
                {
                    ["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io",
                    ["kubernetes.io/service-name"] = service,
                });
                item["addressType"] = v6 ? "IPv6" : "IPv4";
                item["ports"] = new JsonArray([.. ports.Select(port => (JsonNode)new JsonObject
                {
                    ["name"] = port.Name, ["protocol"] = port.Protocol, ["port"] = port.Target,
                })]);
                IEnumerable<int> pods = Enumerable.Range(first + start, Math.Min(MostEndpointsInSlice, count - start));
                item["endpoints"] = new JsonArray([.. pods.Select(pod => (JsonNode)Endpoint(plan, space, pod, v6))]);
                yield return item;
            }
        }
    }

    private static JsonObject Endpoint(ClusterPlan plan, string space, int pod, bool v6) => new()
    {
        ["addresses"] = new JsonArray((v6 ? plan.PodAddressV6(pod) : plan.PodAddress(pod)).ToString()),
        ["conditions"] = new JsonObject { ["ready"] = true, ["serving"] = true, ["terminating"] = false },
        ["nodeName"] = ClusterPlan.NodeName(plan.NodeOfPod(pod)),
        ["targetRef"] = new JsonObject { ["kind"] = "Pod", ["name"] = plan.PodName(pod), ["namespace"] = space },
    };

    /// <summary>Even ones let in a team's namespaces, odd ones all; each on the app's ports.</summary>
    private static JsonObject Policy(ClusterPlan plan, int policy)
    {
        int app = plan.AppOfPolicy(policy);
        string name = ClusterPlan.PolicyName(policy);
        JsonObject item = Object("networking.k8s.io/v1", "NetworkPolicy", name, plan.NamespaceOfApp(app), []);
        JsonObject spaces = policy % 2 == 0
            ? new JsonObject { ["matchLabels"] = new JsonObject { ["team"] = Team(app % plan.Namespaces) } }
            : [];
        item["spec"] = new JsonObject
        {
            ["podSelector"] =
                new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = ClusterPlan.AppName(app) } },
            ["policyTypes"] = new JsonArray("Ingress"),
            ["ingress"] = new JsonArray(new JsonObject
            {
                ["from"] = new JsonArray(new JsonObject { ["namespaceSelector"] = spaces }),
                ["ports"] = new JsonArray(
                    new JsonObject { ["protocol"] = "TCP", ["port"] = ClusterPlan.TargetPort },
                    new JsonObject { ["protocol"] = "UDP", ["port"] = ClusterPlan.UdpPort }),
            }),
        };
        return item;
    }

    private static string Team(int space) => string.Create(CultureInfo.InvariantCulture, $"team-{space % 3}");

    private static JsonObject Address(string type, string address) => new() { ["type"] = type, ["address"] = address };

    private static JsonObject Port(string name, ushort port, string protocol) =>
        new() { ["name"] = name, ["containerPort"] = port, ["protocol"] = protocol };

    private static JsonObject Object(string version, string kind, string name, string? inNamespace, JsonObject labels)
    {
        JsonObject metadata = new() { ["name"] = name };
        if (inNamespace is not null) metadata["namespace"] = inNamespace;
        if (labels.Count > 0) metadata["labels"] = labels;
        return new JsonObject { ["apiVersion"] = version, ["kind"] = kind, ["metadata"] = metadata };
    }

    private sealed record NamedPort(string Name, ushort Port, ushort Target, string Protocol);
}
