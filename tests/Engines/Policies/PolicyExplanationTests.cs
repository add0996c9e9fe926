using Dataplane.Cluster.Manifests;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Tests.Policies;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.Policies;

/// <summary>What a drop says of itself: policy, rule, line, and the one thing that did not match.</summary>
public class PolicyExplanationTests
{
    private const string Cluster = """
        {apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {env: prod}}}
        ---
        {apiVersion: v1, kind: Namespace, metadata: {name: dev, labels: {env: dev}}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}, spec: {containers: [{ports: [{name: sql, containerPort: 5432}]}]}, status: {podIP: 10.244.1.2}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: typo, namespace: shop, labels: {app: webshop}}, status: {podIP: 10.244.1.3}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, status: {podIP: 10.244.1.4}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: dev, labels: {app: web}}, status: {podIP: 10.244.1.5}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: db, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: db}}
          ingress:
          - from:
            - podSelector: {matchLabels: {app: web}}
            ports: [{port: sql}]
          - from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.128/25]}}]
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: quiet, namespace: dev}
        spec: {podSelector: {}, policyTypes: [Ingress, Egress], egress: [{to: [{namespaceSelector: {matchLabels: {env: prod}}}], ports: [{port: 443}]}]}
        """;

    private static readonly PolicyModel Model = PolicyModelCompiler.Compile(ManifestReader.ReadText(Cluster, "f"));

    [Theory]
    [InlineData("shop/typo", "shop/db", 5432, "it asks for app=web; the pod has app=webshop")]
    [InlineData("shop/web", "shop/db", 80, "port 80/tcp is not among sql (5432/tcp)")]
    [InlineData("dev/web", "shop/db", 5432, "it asks for pods of namespace shop; the pod is in dev")]
    public void A_default_deny_names_the_rule_that_came_closest_and_what_of_it_did_not_match(
        string source, string destination, ushort port, string why)
    {
        PolicyExplanation explanation = Explain(source, destination, port, PolicyDirection.Ingress);

        Assert.Equal(
            "shop/db (f:13) selects shop/db for ingress and no rule allows it; "
            + "closest is ingress[0] of shop/db (f:19): " + why,
            explanation.Sentence);
        Assert.Equal(("shop/db", -1, 0, "f:19"),
            (explanation.Policy, explanation.Rule, explanation.ClosestRule, explanation.Source.ToString()));
        Assert.True(explanation is { IsAllowed: false, IsDefaultDeny: true });
    }

    [Fact]
    public void An_excepted_address_is_told_the_hole_that_it_lies_in()
    {
        PolicyQuestion question = Question("shop/web", "shop/db", 5432, PolicyDirection.Ingress) with
        {
            Peer = -1,
            PeerPod = null,
            PeerAddress = IpAddress.Parse("203.0.113.200"),
        };

        Assert.EndsWith(
            "closest is ingress[1] of shop/db (f:22): it asks for 203.0.113.0/24 except 203.0.113.128/25; "
            + "the address is 203.0.113.200",
            PolicyExplainer.Explain(Model, question).Sentence,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_default_deny_that_an_administrator_passed_on_names_the_rule_that_did()
    {
        PolicyModel model = PolicyModelCompiler.Compile(ManifestReader.ReadText(Cluster + """

            ---
            apiVersion: policy.networking.k8s.io/v1alpha1
            kind: AdminNetworkPolicy
            metadata: {name: delegate}
            spec:
              priority: 5
              subject: {namespaces: {}}
              ingress: [{name: theirs, action: Pass, from: [{namespaces: {}}]}]
            """, "f"));
        PolicyQuestion question = Question("shop/typo", "shop/db", 5432, PolicyDirection.Ingress);

        Assert.EndsWith(
            "the pod has app=webshop (ingress[0] \"theirs\" of AdminNetworkPolicy delegate (f:35) passed it on)",
            PolicyExplainer.Explain(model, question).Sentence,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_pod_of_the_hosts_network_is_told_why_its_labels_do_not_help()
    {
        PolicyModel model = PolicyModelCompiler.Compile(ManifestReader.ReadText(
            Cluster + "\n---\n{apiVersion: v1, kind: Pod, metadata: {name: host, namespace: shop, labels: {app: web}}, "
            + "spec: {hostNetwork: true}, status: {podIP: 192.168.56.11}}", "f"));
        PolicyQuestion question = Question("shop/web", "shop/db", 5432, PolicyDirection.Ingress) with
        {
            Peer = -1,
            PeerPod = model.Snapshot.Pods.Length - 1,
            PeerAddress = IpAddress.Parse("192.168.56.11"),
        };

        Assert.EndsWith(
            "it asks for pods with app=web in namespace shop; shop/host (192.168.56.11) is on its node's network, "
            + "where selectors do not see it",
            PolicyExplainer.Explain(model, question).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_without_rules_for_the_direction_says_so() => Assert.Equal(
        "dev/quiet (f:24) selects dev/web for ingress and has no rule for it",
        Explain("shop/web", "dev/web", 80, PolicyDirection.Ingress).Sentence);

    [Fact]
    public void A_namespace_selector_is_compared_with_the_namespaces_labels() => Assert.Equal(
        "dev/quiet (f:24) selects dev/web for egress and no rule allows it; closest is egress[0] of dev/quiet (f:27): "
        + "port 80/tcp is not among 443/tcp",
        Explain("dev/web", "shop/web", 80, PolicyDirection.Egress).Sentence);

    [Fact]
    public void What_a_rule_allows_names_the_rule()
    {
        PolicyExplanation explanation = Explain("shop/web", "shop/db", 5432, PolicyDirection.Ingress);

        Assert.Equal("ingress[0] of shop/db (f:19) allows port 5432/tcp from shop/web", explanation.Sentence);
        Assert.Equal(("shop/db", 0), (explanation.Policy, explanation.Rule));
        Assert.True(explanation.IsAllowed);
    }

    [Fact]
    public void Where_nothing_selects_the_pod_that_is_the_reason() => Assert.Equal(
        "no policy selects shop/web for ingress", Explain("shop/db", "shop/web", 80, PolicyDirection.Ingress).Sentence);

    [Fact]
    public void Where_a_CNI_denies_what_the_API_allows_the_block_is_named()
    {
        PolicyModel model = PolicyModelCompiler.Compile(ManifestReader.ReadText(
            Cluster + "\n---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: all, namespace: "
            + "shop}, spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.244.0.0/16}}]}]}}", "f"));
        PolicyQuestion question = Question("dev/web", "shop/db", 80, PolicyDirection.Ingress);

        PolicyExplanation explanation = PolicyExplainer.Explain(
            model, question, new PolicyVerdict(false, PolicyVerdict.DefaultDeny));

        Assert.EndsWith(
            "its 10.244.0.0/16 holds 10.244.1.5, "
            + "but this CNI does not match blocks of addresses against pods and nodes",
            explanation.Sentence, StringComparison.Ordinal);
        Assert.Equal(["shop/all", "shop/db"], explanation.SelectedBy);
    }

    [Fact]
    public void An_admin_policys_rule_is_told_with_its_name()
    {
        PolicyModel model = PolicyModelCompiler.Compile(ManifestReader.ReadText(
            Cluster + "\n---\n{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: "
            + "{name: wall}, spec: {priority: 5, subject: {namespaces: {}}, ingress: [{name: no-dev, action: Deny, "
            + "from: [{namespaces: {matchLabels: {env: dev}}}]}]}}",
            "f"));

        Assert.Equal(
            "ingress[0] \"no-dev\" of AdminNetworkPolicy wall (f:29) denies port 5432/tcp from dev/web",
            PolicyExplainer.Explain(model, Question("dev/web", "shop/db", 5432, PolicyDirection.Ingress)).Sentence);
    }

    [Fact]
    public void Explanations_of_random_flows_agree_with_the_reference_and_name_a_line_of_the_policy_that_decides()
    {
        for (int seed = 1; seed <= 400; seed++)
        {
            var random = new RandomPolicies(seed);
            PolicyModel model = PolicyModelCompiler.Compile(random.Snapshot);
            foreach (PolicyFlow flow in random.Flows(25))
            {
                if (ModelVerdicts.QuestionOf(model, flow, PolicyDirection.Ingress) is not { } question) continue;

                PolicyExplanation explanation = PolicyExplainer.Explain(model, question);

                Assert.Equal(PolicyReference.IsIngressAllowed(random.Snapshot, flow), explanation.IsAllowed);
                Assert.Equal(explanation.Source is null, explanation.Policy.Length == 0);
                Assert.True(explanation.IsAllowed || explanation.SelectedBy.Contains(explanation.Policy));
                Assert.DoesNotContain(": \n", explanation.Sentence + "\n", StringComparison.Ordinal);
            }
        }
    }

    private static PolicyExplanation Explain(
        string source, string destination, ushort port, PolicyDirection direction) =>
        PolicyExplainer.Explain(Model, Question(source, destination, port, direction));

    private static PolicyQuestion Question(string source, string destination, ushort port, PolicyDirection direction)
    {
        int from = PolicySuites.FindPod(Model.Snapshot, source), to = PolicySuites.FindPod(Model.Snapshot, destination);
        (int subject, int peer) = direction == PolicyDirection.Ingress ? (to, from) : (from, to);
        return new PolicyQuestion
        {
            Direction = direction,
            Subject = Model.IdentityOfPod[subject],
            SubjectPod = subject,
            Peer = Model.IdentityOfPod[peer],
            PeerPod = peer,
            PeerAddress = Model.Snapshot.Pods[peer].Addresses[0],
            Protocol = IpProtocol.Tcp,
            Port = port,
        };
    }
}
