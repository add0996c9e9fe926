using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;

namespace Dataplane.Tests.Policies;

/// <summary>
/// policy-assistant's cases of AdminNetworkPolicies: Go literals, made into manifests. Where the cases
/// have the earliest v1alpha1's sameLabels and notSameLabels, the subject stands in one namespace, so that
/// a selector says the same.
/// </summary>
internal static class PolicyAssistantCases
{
    private const string Group = "policy.networking.k8s.io/v1alpha1";

    public static ImmutableArray<PolicyCase> Read(string folder)
    {
        JsonNode root = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "cases.json")))!;
        return [.. root["cases"]!.AsArray().Select(one => ReadCase(one!))];
    }

    private static PolicyCase ReadCase(JsonNode one)
    {
        JsonNode arguments = one["args"]!;
        JsonArray resources = arguments["resources"]!["args"]!.AsArray();
        string[] spaces = Texts(resources[1]), names = Texts(resources[2]),
            protocols = [.. Texts(resources[4]).Select(Word)];
        ushort[] ports = [.. resources[3]!.AsArray().Select(port => port!.GetValue<ushort>())];
        JsonNode[] objects =
        [
            .. spaces.Select(space =>
                Object("v1", "Namespace", new JsonObject { ["name"] = space, ["labels"] = Labels("ns", space) })),
            .. spaces.SelectMany(
                (space, row) => names.Select((name, column) =>
                    PodOf(space, name, $"10.1.{row + 1}.{column + 1}", ports, protocols))),
            .. PoliciesOf(arguments),
        ];
        var list = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = new JsonArray([.. objects]) };
        ClusterSnapshot snapshot = ManifestReader.ReadText(list.ToJsonString(), one["name"]!.GetValue<string>());
        return new PolicyCase(one["name"]!.GetValue<string>(), snapshot, FlowsOf(one, snapshot, ports, protocols));
    }

    private static ImmutableArray<ExpectedFlow> FlowsOf(
        JsonNode one, ClusterSnapshot snapshot, ushort[] ports, string[] protocols)
    {
        HashSet<string> oddIngress = Exceptions(one["nonDefaultIngress"]),
            oddEgress = Exceptions(one["nonDefaultEgress"]);
        bool ingress = Word(one["defaultIngressBehavior"]!.GetValue<string>()) == "ALLOWED";
        bool egress = Word(one["defaultEgressBehavior"]!.GetValue<string>()) == "ALLOWED";
        var flows = ImmutableArray.CreateBuilder<ExpectedFlow>();
        for (int source = 0; source < snapshot.Pods.Length; source++)
        {
            for (int destination = 0; destination < snapshot.Pods.Length; destination++)
            {
                if (source == destination) continue;

                foreach ((ushort port, string protocol) in ports.SelectMany(port =>
                    protocols.Select(protocol => (port, protocol))))
                {
                    string key = $"{snapshot.Pods[source]} {snapshot.Pods[destination]} {port} {protocol}";
                    var flow = new PolicyFlow(
                        new FlowEnd(source, snapshot.Pods[source].Addresses[0]),
                        new FlowEnd(destination, snapshot.Pods[destination].Addresses[0]),
                        PolicySuites.ProtocolOf(protocol),
                        port);
                    flows.Add(new ExpectedFlow(
                        flow, (ingress ^ oddIngress.Contains(key)) && (egress ^ oddEgress.Contains(key))));
                }
            }
        }

        return flows.ToImmutable();
    }

    private static HashSet<string> Exceptions(JsonNode? list) => list is null
        ? []
        : [.. list.AsArray().Select(row => $"{row![0]} {row[1]} {row[2]} {Word(row[3]!.GetValue<string>())}")];

    private static JsonObject PodOf(string space, string name, string address, ushort[] ports, string[] protocols)
    {
        IEnumerable<JsonNode> open = ports.SelectMany(port => protocols.Select(protocol => (JsonNode)new JsonObject
        {
            ["name"] = string.Create(CultureInfo.InvariantCulture, $"serve{port}{protocol.ToLowerInvariant()}"),
            ["containerPort"] = port,
            ["protocol"] = protocol,
        }));
        JsonObject pod = Object(
            "v1", "Pod", new JsonObject { ["namespace"] = space, ["name"] = name, ["labels"] = Labels("pod", name) });
        pod["spec"] =
            new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["ports"] = new JsonArray([.. open]) }) };
        pod["status"] = new JsonObject { ["podIP"] = address, ["phase"] = "Running" };
        return pod;
    }

    private static IEnumerable<JsonNode> PoliciesOf(JsonNode arguments)
    {
        foreach (JsonNode? policy in arguments["netpols"]?.AsArray() ?? [])
        {
            JsonNode meta = policy!["ObjectMeta"]!;
            yield return WithSpec(Object("networking.k8s.io/v1", "NetworkPolicy", new JsonObject
            {
                ["namespace"] = meta["Namespace"]!.DeepClone(),
                ["name"] = meta["Name"]!.DeepClone(),
            }), policy);
        }

        int number = 0;
        foreach (JsonNode? policy in arguments["anps"]?.AsArray() ?? [])
            yield return WithSpec(
                Object(Group, "AdminNetworkPolicy", new JsonObject { ["name"] = $"anp-{number++}" }), policy!);
        if (arguments["banp"] is { } baseline)
            yield return WithSpec(
                Object(Group, "BaselineAdminNetworkPolicy", new JsonObject { ["name"] = "default" }), baseline);
    }

    private static JsonObject WithSpec(JsonObject shell, JsonNode policy)
    {
        shell["spec"] = Translated("Spec", policy["Spec"]!);
        return shell;
    }

    // Go's field names begin with a capital, its constants with their package.
    private static JsonNode Translated(string field, JsonNode value) => (field, value) switch
    {
        ("Port", JsonObject number) when number["IntVal"] is { } port => port.DeepClone(),
        ("Namespaces", JsonObject peer) when peer["NamespaceSelector"] is { } all => Translated("", all),
        ("Namespaces", JsonObject peer) when peer["SameLabels"] is not null => Own("In"),
        ("Namespaces", JsonObject peer) when peer["NotSameLabels"] is not null => Own("NotIn"),
        ("MatchLabels", _) => value.DeepClone(),
        (_, JsonObject map) => new JsonObject(map.Select(entry => KeyValuePair.Create(
            NameOf(field, entry.Key), (JsonNode?)Translated(entry.Key, entry.Value!)))),
        (_, JsonArray list) => new JsonArray([.. list.Select(item => Translated(field, item!))]),
        ("Action" or "PolicyTypes" or "Protocol", _) => JsonValue.Create(Constant(value.GetValue<string>())),
        _ => value.DeepClone(),
    };

    private static string NameOf(string parent, string key) =>
        parent == "Pods" && key == "Namespaces" ? "namespaceSelector" : char.ToLowerInvariant(key[0]) + key[1..];

    private static JsonObject Own(string operation) => new()
    {
        ["matchExpressions"] = new JsonArray(
            new JsonObject { ["key"] = "ns", ["operator"] = operation, ["values"] = new JsonArray("x") }),
    };

    private static string Constant(string text)
    {
        string[] known = ["Allow", "Deny", "Pass", "Ingress", "Egress"];
        return known.FirstOrDefault(word => text.EndsWith(word, StringComparison.Ordinal)) ?? Word(text);
    }

    // v1.ProtocolTCP, udp, probe.ConnectivityAllowed: TCP, UDP, ALLOWED.
    private static string Word(string text)
    {
        string last = text[(text.LastIndexOf('.') + 1)..];
        foreach (string prefix in (string[])["Protocol", "Connectivity"])
        {
            if (last.StartsWith(prefix, StringComparison.Ordinal)) last = last[prefix.Length..];
        }

        return last.ToUpperInvariant();
    }

    private static JsonObject Object(string version, string kind, JsonObject meta) =>
        new() { ["apiVersion"] = version, ["kind"] = kind, ["metadata"] = meta };

    private static JsonObject Labels(string key, string value) => new() { [key] = value };

    private static string[] Texts(JsonNode? list) => [.. list!.AsArray().Select(item => item!.GetValue<string>())];
}
