using System.Collections.Immutable;
using System.Diagnostics;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.Policies;

/// <summary>Who is an identity, in which order policies are asked, and what compiling costs.</summary>
public class PolicyCompileTests
{
    [Fact]
    public void Pods_with_the_same_namespace_labels_and_named_ports_share_an_identity()
    {
        PolicyModel model = Compile(
            Pod("a", "shop", "app: web", "{name: http, containerPort: 80}"),
            Pod("b", "shop", "app: web", "{name: http, containerPort: 80}, {containerPort: 9090}"),
            Pod("c", "shop", "app: web", "{name: http, containerPort: 8080}"),
            Pod("d", "other", "app: web", "{name: http, containerPort: 80}"),
            Pod("e", "shop", "app: db", "{name: http, containerPort: 80}"));

        Assert.Equal([0, 0, 1, 2, 3], model.IdentityOfPod);
        Assert.Equal([0, 1], model.Identities[0].Pods);
    }

    [Fact]
    public void Pods_of_the_hosts_network_terminated_ones_and_those_without_an_address_have_no_identity()
    {
        PolicyModel model = Compile(
            "{apiVersion: v1, kind: Pod, metadata: {name: host}, spec: {hostNetwork: true}, status: "
            + "{podIP: 192.168.56.11}}",
            "{apiVersion: v1, kind: Pod, metadata: {name: done}, status: {podIP: 10.244.1.2, phase: Succeeded}}",
            "{apiVersion: v1, kind: Pod, metadata: {name: pending}}");

        Assert.Equal([-1, -1, -1], model.IdentityOfPod);
        Assert.Empty(model.Identities);
    }

    [Fact]
    public void A_namespace_has_its_name_as_a_label_even_where_no_Namespace_object_was_read()
    {
        PolicyModel model = Compile(
            Pod("a", "shop", "app: web", ""),
            Pod("b", "dev", "app: web", ""),
            Policy("p", "shop",
                "podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: "
                + "{kubernetes.io/metadata.name: dev}}}]}]"));

        Assert.Equal([1], model.Rules[0].PeerIdentities);
    }

    [Fact]
    public void Admin_policies_are_asked_by_priority_and_name_then_NetworkPolicies_then_the_baseline()
    {
        const string Body = "subject: {namespaces: {}}, ingress: [{action: Allow, from: [{namespaces: {}}]}]";
        PolicyModel model = Compile(
            Pod("a", "shop", "app: web", ""),
            "{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {name: "
            + "default}, spec: {" + Body + "}}",
            Policy("z", "shop", "podSelector: {}"),
            Policy("y", "shop", "podSelector: {}"),
            Admin("second", "priority: 7, " + Body),
            Admin("first", "priority: 7, " + Body),
            Admin("zeroth", "priority: 3, " + Body));

        Assert.Equal(
            ["zeroth", "first", "second", "shop/y", "shop/z", "default"],
            model.Identities[0].IngressPolicies.Select(number => model.Policies[number].ToString()));
        Assert.Empty(model.Identities[0].EgressPolicies);
    }

    [Theory]
    [InlineData("podSelector: {}", true, false)]
    [InlineData("podSelector: {}, egress: []", true, false)]
    [InlineData("podSelector: {}, egress: [{}]", true, true)]
    [InlineData("podSelector: {}, policyTypes: [], egress: [{}]", true, true)]
    [InlineData("podSelector: {}, policyTypes: [Egress], ingress: [{}]", false, true)]
    [InlineData("podSelector: {}, policyTypes: [Ingress], egress: [{}]", true, false)]
    public void Without_policyTypes_it_is_ingress_and_egress_where_there_are_egress_rules(
        string spec, bool ingress, bool egress)
    {
        PolicyModel model = Compile(Pod("a", "shop", "app: web", ""), Policy("p", "shop", spec));

        Assert.Equal(
            (ingress, egress),
            (!model.Identities[0].PoliciesFor(PolicyDirection.Ingress).IsEmpty,
                !model.Identities[0].PoliciesFor(PolicyDirection.Egress).IsEmpty));
    }

    [Fact]
    public void A_selector_that_many_policies_write_is_one_selector_whatever_the_order_of_its_words()
    {
        PolicyModel model = Compile(
            Pod("a", "shop", "app: web, tier: front", ""),
            Policy("p", "shop", "podSelector: {matchLabels: {app: web, tier: front}}"),
            Policy("q", "shop", "podSelector: {matchLabels: {tier: front, app: web}}"),
            Policy("r", "shop", "podSelector: {matchExpressions: [{key: app, operator: In, values: [web, api]}]}"),
            Policy("s", "shop", "podSelector: {matchExpressions: [{key: app, operator: In, values: [api, web]}]}"));

        Assert.Equal([0, 0, 1, 1], model.Policies.Select(policy => policy.Subject));
    }

    [Fact]
    public void Nodes_of_an_admin_policy_stand_with_their_addresses_and_names()
    {
        PolicyModel model = Compile(
            "{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {role: edge}}, status: {addresses: [{type: "
            + "InternalIP, address: 192.168.56.11}, {type: ExternalIP, address: 203.0.113.9}]}}",
            "{apiVersion: v1, kind: Node, metadata: {name: n2}, status: {addresses: [{type: InternalIP, address: "
            + "192.168.56.12}]}}",
            Admin("a",
                "priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{nodes: {matchLabels: "
                + "{role: edge}}}]}]"));

        Assert.Equal(
            ["n1 192.168.56.11/32", "n1 203.0.113.9/32"],
            model.Rules[0].PeerBlocks.Select(block => $"{block.Node} {block.Block}"));
    }

    [Fact]
    public void A_thousand_policies_on_five_thousand_pods_compile_in_less_than_two_seconds()
    {
        var here = new SourceLine("f", 1);
        ImmutableArray<Pod> pods =
        [
            .. Enumerable.Range(0, 5_000).Select(number => new Pod($"ns-{number % 50}", $"p{number}", here)
            {
                Labels = Labels("app", $"app-{number % 500}").Add("pod", $"p{number}"),
                Addresses = [IpAddress.FromV4(0x0AF4_0000 + (uint)number)],
            }),
        ];
        ImmutableArray<NetworkPolicy> policies =
        [
            .. Enumerable.Range(0, 1_000).Select(number => new NetworkPolicy($"ns-{number % 50}", $"np{number}", here)
            {
                PodSelector = new LabelSelector { MatchLabels = Labels("app", $"app-{number % 500}") },
                Ingress =
                [
                    new PolicyRule(
                        [
                            new PolicyPeer(here)
                            {
                                NamespaceSelector = LabelSelector.Everything,
                                PodSelector = new() { MatchLabels = Labels("app", $"app-{(number + 1) % 500}") },
                            },
                            new PolicyPeer(here)
                            {
                                NamespaceSelector =
                                    new() { MatchLabels = Labels("kubernetes.io/metadata.name", $"ns-{number % 7}") },
                            },
                        ], [], here),
                ],
            }),
        ];
        var snapshot = new ClusterSnapshot { Pods = pods, NetworkPolicies = policies };
        PolicyModelCompiler.Compile(snapshot);

        long start = Stopwatch.GetTimestamp();
        PolicyModel model = PolicyModelCompiler.Compile(snapshot);

        Assert.Equal(5_000, model.Identities.Length);
        Assert.Equal(10 + 100, model.Rules[0].PeerIdentities.Length);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 2);
    }

    private static ImmutableDictionary<string, string> Labels(string key, string value) =>
        ImmutableDictionary<string, string>.Empty.Add(key, value);

    private static PolicyModel Compile(params string[] objects) =>
        PolicyModelCompiler.Compile(ManifestReader.ReadText(string.Join("\n---\n", objects), "f"));

    private static string Pod(string name, string space, string labels, string ports) =>
        $"{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: {space}, labels: {{{labels}}}}}, "
        + $"spec: {{containers: [{{ports: [{ports}]}}]}}, status: {{podIP: 10.244.1.2}}}}";

    private static string Policy(string name, string space, string spec) =>
        $"{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: {name}, namespace: {space}}}, "
        + $"spec: {{{spec}}}}}";

    private static string Admin(string name, string spec) =>
        $"{{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {{name: {name}}}, "
        + $"spec: {{{spec}}}}}";
}
