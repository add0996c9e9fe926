using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Replay.Tracing;
using Xunit;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// CiliumEgressGatewayPolicies: from the pod's node by the tunnel to the gateway, and out of there with its address.
/// </summary>
public sealed class EgressGatewayTests
{
    private const string Outside = "198.51.100.7";

    private const string Cluster = """
        apiVersion: v1
        kind: Node
        metadata: {name: n1}
        spec: {podCIDR: 10.0.1.0/24}
        status: {addresses: [{type: InternalIP, address: 192.168.56.11}]}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: n2, labels: {egress: "yes"}}
        spec: {podCIDR: 10.0.2.0/24}
        status: {addresses: [{type: InternalIP, address: 192.168.56.12}]}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: n3, labels: {egress: "yes"}}
        spec: {podCIDR: 10.0.3.0/24}
        status: {addresses: [{type: InternalIP, address: 192.168.56.13}]}
        ---
        apiVersion: v1
        kind: Namespace
        metadata: {name: shop, labels: {team: red}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop, labels: {app: web}}
        spec: {nodeName: n1}
        status: {phase: Running, podIP: 10.0.1.10}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: near, namespace: shop, labels: {app: web}}
        spec: {nodeName: n2}
        status: {phase: Running, podIP: 10.0.2.10}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: other, namespace: shop}
        spec: {nodeName: n1}
        status: {phase: Running, podIP: 10.0.1.11}
        ---

        """;

    private const string Policy = """
        apiVersion: cilium.io/v2
        kind: CiliumEgressGatewayPolicy
        metadata: {name: out}
        spec:
          selectors: [{namespaceSelector: {matchLabels: {team: red}}, podSelector: {matchLabels: {app: web}}}]
          destinationCIDRs: [0.0.0.0/0]
          excludedCIDRs: [203.0.113.0/24]
          egressGateway: {nodeSelector: {matchLabels: {egress: "yes"}}, egressIP: 192.168.56.100}
        ---

        """;

    private const string Configuration = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: cilium-config, namespace: kube-system}
        data:
          enable-egress-gateway: "true"

        """;

    [Fact]
    public void What_the_policy_selects_leaves_by_the_first_matching_node_with_the_egress_address()
    {
        TraceReport report = Trace(Policy, "shop/web", Outside);

        Assert.Equal(("forwarded", "n2", "192.168.56.100"), (report.Verdict, report.Node, report.Delivered!.Src));
        Assert.Equal(
            [("n1", "192.168.56.11", "192.168.56.12"), ("n2", "192.168.56.100", Outside)],
            report.Wire.Select(frame => (frame.Node, frame.OuterSrc, frame.OuterDst)));
        Assert.EndsWith("The reply comes back from 198.51.100.7:80, as the client expects.",
            report.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void The_step_and_the_notes_name_the_policy_and_its_line()
    {
        TraceReport report = Trace(Policy, "shop/web", Outside);

        Assert.Contains(report.Steps, step => step.Node == "n1" && step.Detail
            == "to n2 through cilium_vxlan, TTL 64, as CiliumEgressGatewayPolicy out has it (egress.yaml:41)");
        Assert.Contains(
            "egress.yaml:41: CiliumEgressGatewayPolicy out: 2 pods leave the cluster with 192.168.56.100 at n2",
            report.Notes);
    }

    [Fact]
    public void The_reply_comes_to_the_pods_node_by_the_tunnel_as_from_the_world()
    {
        TraceReply reply = Trace(Policy, "shop/web", Outside).Reply!;

        Assert.Equal(("forwarded", "shop/web"), (reply.Verdict, reply.Delivered!.Pod));
        Assert.Equal([("n2", "192.168.56.12", "192.168.56.11", 2u)],
            reply.Wire.Select(frame => (frame.Node, frame.OuterSrc, frame.OuterDst, frame.TunnelId!.Value)));
    }

    [Fact]
    public void With_native_routing_request_and_reply_take_the_tunnel_all_the_same()
    {
        TraceReport report = Trace(Policy, "shop/web", Outside, "routing-mode: native");

        Assert.Equal(("n2", "192.168.56.100"), (report.Node, report.Delivered!.Src));
        Assert.NotNull(report.Wire[0].Tunnel);
        Assert.NotNull(Assert.Single(report.Reply!.Wire).Tunnel);
        Assert.Null(Trace(Policy, "shop/other", "shop/near", "routing-mode: native").Wire[0].Tunnel);
    }

    [Theory]
    [InlineData("shop/other", Outside, "192.168.56.11")]
    [InlineData("shop/web", "203.0.113.9", "192.168.56.11")]
    [InlineData("shop/web", "node/n2", "192.168.56.11")]
    [InlineData("shop/near", Outside, "192.168.56.100")]
    public void Others_and_other_destinations_leave_from_where_they_are(string from, string to, string source) =>
        Assert.Equal(source, Trace(Policy, from, to).Delivered!.Src);

    [Fact]
    public void Of_several_policies_the_longest_prefix_decides()
    {
        string narrow = Policy.Replace("{name: out}", "{name: narrow}", StringComparison.Ordinal)
            .Replace("[0.0.0.0/0]", "[198.51.100.0/24]", StringComparison.Ordinal)
            .Replace("56.100", "56.101", StringComparison.Ordinal);

        Assert.Equal("192.168.56.101", Trace(Policy + narrow, "shop/web", Outside).Delivered!.Src);
        Assert.Equal("192.168.56.100", Trace(Policy + narrow, "shop/web", "192.0.2.1").Delivered!.Src);
    }

    [Fact]
    public void Without_an_address_it_is_the_gateways_own()
    {
        string bare = Policy.Replace(", egressIP: 192.168.56.100", "", StringComparison.Ordinal);

        Assert.Equal("192.168.56.12", Trace(bare, "shop/web", Outside).Delivered!.Src);
    }

    [Fact]
    public void An_interface_is_assumed_to_have_the_nodes_address()
    {
        TraceReport report = Trace(Policy.Replace(
            "egressIP: 192.168.56.100", "interface: eth1", StringComparison.Ordinal), "shop/web", Outside);

        Assert.Equal("192.168.56.12", report.Delivered!.Src);
        Assert.Contains(report.Notes, note =>
            note.Contains("the address of n2's eth1 is not in the manifests: the node's 192.168.56.12 is assumed",
                StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_gateway_what_it_selects_is_dropped_with_policy_and_line()
    {
        TraceReport report = Trace(
            Policy.Replace("egress: \"yes\"", "egress: \"no\"", StringComparison.Ordinal), "shop/web", Outside);

        Assert.Equal(("dropped", "no-egress-gateway", "route", "n1"),
            (report.Verdict, report.Reason, report.Stage, report.Node));
        Assert.Equal("egress.yaml:41", report.Source);
        Assert.Contains(
            "CiliumEgressGatewayPolicy out (egress.yaml:41) has it leave by a gateway, "
            + "and no node matches its nodeSelector", report.Sentence, StringComparison.Ordinal);
    }

    private const string TwoGateways = """
        apiVersion: cilium.io/v2
        kind: CiliumEgressGatewayPolicy
        metadata: {name: out}
        spec:
          selectors: [{podSelector: {matchLabels: {app: web}}}]
          destinationCIDRs: [0.0.0.0/0]
          egressGateways:
          - {nodeSelector: {matchLabels: {kubernetes.io/hostname: n3}}, egressIP: 192.168.56.103}
          - {nodeSelector: {matchLabels: {kubernetes.io/hostname: n2}}, egressIP: 192.168.56.102}
          egressGateway: {nodeSelector: {matchLabels: {kubernetes.io/hostname: n1}}}
        ---

        """;

    /// <summary>
    /// FNV-1a of "a" is 0xe40c292c, of "b" 0xe70c2de5 (the vectors of draft-eastlake-fnv): even, and odd.
    /// </summary>
    [Theory]
    [InlineData("a", "n2", "192.168.56.102")]
    [InlineData("b", "n3", "192.168.56.103")]
    public void Of_several_gateways_in_the_order_of_their_addresses_the_endpoints_uid_draws_one(
        string uid, string node, string address)
    {
        TraceReport report = TraceHosts(TwoGateways + Endpoint("web", uid) + Endpoint("near", "a"));

        Assert.Equal((node, address), (report.Node, report.Delivered!.Src));
        Assert.DoesNotContain(report.Notes, note => note.Contains("CiliumEndpoint's uid", StringComparison.Ordinal));
    }

    [Fact]
    public void A_gateway_that_no_node_matches_drops_its_share_and_no_other()
    {
        string one = TwoGateways.Replace("hostname: n3", "hostname: n9", StringComparison.Ordinal);

        Assert.Equal("no-egress-gateway", TraceHosts(one + Endpoint("web", "a")).Reason);
        Assert.Equal("192.168.56.102", TraceHosts(one + Endpoint("web", "b")).Delivered!.Src);
    }

    [Fact]
    public void Without_the_endpoint_the_pods_name_draws_and_that_is_said() => Assert.Contains(
        TraceHosts(TwoGateways).Notes,
        note => note.Contains(
            "goes by its CiliumEndpoint's uid, which is not in the manifests; "
            + "by its name here (get ciliumendpoints to have them): shop/web", StringComparison.Ordinal));

    [Fact]
    public void Where_the_configuration_does_not_enable_it_a_note_says_so()
    {
        TraceReport report = TraceWith(
            Configuration.Replace("\"true\"", "\"false\"", StringComparison.Ordinal), Policy, "shop/web", Outside);

        Assert.Equal("192.168.56.11", report.Delivered!.Src);
        Assert.Contains(report.Notes, note =>
            note.StartsWith("egress.yaml:41: CiliumEgressGatewayPolicies have no effect", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("  destinationCIDRs: [0.0.0.0/0]\n", "", "CiliumEgressGatewayPolicy out has no spec.destinationCIDRs")]
    [InlineData("nodeSelector: {matchLabels: {egress: \"yes\"}}, ", "", "egressGateway has no nodeSelector")]
    [InlineData("egressIP: 192.168.56.100", "egressIP: 192.168.56.100, interface: eth1",
        "egressGateway has both interface and egressIP")]
    [InlineData("podSelector: {matchLabels: {app: web}}", "nodeSelector: {}", "")]
    [InlineData("{namespaceSelector: {matchLabels: {team: red}}, podSelector: {matchLabels: {app: web}}}",
        "{nodeSelector: {}}", "spec.selectors[] needs podSelector or namespaceSelector")]
    public void What_is_missing_is_named_with_its_line(string part, string instead, string expected)
    {
        ClusterSnapshot snapshot = ManifestReader.ReadText(
            Cluster + Policy.Replace(part, instead, StringComparison.Ordinal), "egress.yaml");

        Assert.Equal(expected.Length == 0 ? 1 : 0, snapshot.Cilium.EgressPolicies.Length);
        Assert.Equal(expected.Length == 0, snapshot.Findings.IsEmpty);
        if (expected.Length > 0)
            Assert.Contains(snapshot.Findings,
                finding => finding.Text.Contains(expected, StringComparison.Ordinal) && finding.Source.Line > 0);
    }

    private static TraceReport TraceHosts(string policies) => EgressCluster.Trace(
        Cluster.Replace("metadata: {name: n1}",
            "metadata: {name: n1, labels: {kubernetes.io/hostname: n1}}", StringComparison.Ordinal)
            .Replace("labels: {egress: \"yes\"}}\nspec: {podCIDR: 10.0.2",
                "labels: {kubernetes.io/hostname: n2}}\nspec: {podCIDR: 10.0.2", StringComparison.Ordinal)
            .Replace("labels: {egress: \"yes\"}}\nspec: {podCIDR: 10.0.3",
                "labels: {kubernetes.io/hostname: n3}}\nspec: {podCIDR: 10.0.3", StringComparison.Ordinal)
            + policies + Configuration,
        "shop/web", Outside);

    private static string Endpoint(string pod, string uid) =>
        $"apiVersion: cilium.io/v2\nkind: CiliumEndpoint\nmetadata: {{name: {pod}, namespace: shop, uid: \"{uid}\"}}\n"
        + "status: {identity: {id: 4711}}\n---\n";

    private static TraceReport Trace(
        string policies, string from, string to, string configuration = "debug: \"false\"") =>
        TraceWith(Configuration + "  " + configuration + "\n", policies, from, to);

    private static TraceReport TraceWith(string configuration, string policies, string from, string to) =>
        EgressCluster.Trace(Cluster + policies + configuration, from, to);
}
