using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Replay.Policies.Lint;
using Xunit;

namespace Dataplane.Tests.Replay.Policies;

/// <summary>Each policy is put into the same small shop; what lint says of it is compared whole.</summary>
public class PolicyLintTests
{
    private const string Shop = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: shop, labels: {team: sales}}
        ---
        apiVersion: v1
        kind: Namespace
        metadata: {name: ops}
        ---
        apiVersion: v1
        kind: Namespace
        metadata: {name: kube-system}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web-1, namespace: shop, labels: {app: webshop}}
        spec: {containers: [{ports: [{name: http, containerPort: 8080}]}]}
        status: {podIP: 10.244.1.5}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web-2, namespace: shop, labels: {app: webshop}}
        spec: {containers: [{ports: [{name: http, containerPort: 8080}]}]}
        status: {podIP: 10.244.1.6}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: db-0, namespace: shop, labels: {app: database, tier: data}}
        spec: {containers: [{ports: [{containerPort: 5432}]}]}
        status: {podIP: 10.244.1.7}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: prometheus-0, namespace: ops, labels: {app: prometheus}}
        status: {podIP: 10.244.2.5}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: coredns-1, namespace: kube-system, labels: {k8s-app: kube-dns}}
        spec: {containers: [{ports: [{name: dns, containerPort: 53, protocol: UDP}]}]}
        status: {podIP: 10.244.2.6}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: shop}
        spec: {clusterIP: 10.96.11.80, selector: {app: webshop}, ports: [{port: 80, targetPort: http}]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: p, namespace: shop}

        """;

    [Theory]
    [InlineData("podSelector: {matchLabels: {app: web}}",
        "[selects-no-pod] podSelector matches no pod in shop: asks for app=web; nearest is app=webshop in 2 pods")]
    [InlineData("podSelector: {matchLabels: {application: webshop}}",
        "[selects-no-pod] podSelector matches no pod in shop: asks for application=webshop; "
        + "nearest is app=webshop in 2 pods")]
    [InlineData("podSelector: {matchLabels: {app: prometheus}}",
        "[selects-no-pod] podSelector matches no pod in shop: asks for app=prometheus; nearest is app=webshop in 2 "
        + "pods (1 pod in namespace ops would match: without a namespaceSelector only shop counts)")]
    [InlineData("podSelector: {matchLabels: {app: webshop, tier: data}}",
        "[selects-no-pod] podSelector matches no pod in shop: asks for app=webshop,tier=data; "
        + "each part of it matches pods, but none has all")]
    [InlineData("podSelector: {matchExpressions: [{key: teir, operator: Exists}]}",
        "[selects-no-pod] podSelector matches no pod in shop: asks for teir; nearest is tier=data in 1 pod")]
    [InlineData("podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}",
        "[selects-no-pod] podSelector matches no pod in shop: asks for !app, and every pod is otherwise")]
    [InlineData("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: prometheus}}}]}]}",
        "[peer-selects-no-pod] peer matches no pod in shop: asks for app=prometheus; nearest is app=webshop in 2 pods "
        + "(1 pod in namespace ops would match: without a namespaceSelector only shop counts)")]
    [InlineData("{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: sale}}}]}]}",
        "[peer-selects-no-namespace] namespaceSelector matches no namespace: asks for team=sale; "
        + "nearest is team=sales in 1 namespace")]
    [InlineData(
        "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}, "
        + "podSelector: {matchLabels: {app: grafana}}}]}]}",
        "[peer-selects-no-pod] peer matches no pod in ops: asks for app=grafana; nearest is app=prometheus in 1 pod")]
    [InlineData("{podSelector: {}, egress: []}",
        "[empty-egress] egress: [] without policyTypes isolates nobody: write policyTypes: [Ingress, "
        + "Egress] to deny all egress")]
    [InlineData("{podSelector: {matchLabels: {app: webshop}}, policyTypes: [Egress]}",
        "[egress-without-dns] isolates egress of 2 pods such as shop/web-1, and no policy lets it ask DNS: "
        + "allow port 53/udp (and 53/tcp) of kube-system/coredns-1")]
    [InlineData("{podSelector: {matchLabels: {app: database}}, egress: [{to: [{podSelector: {}}]}]}",
        "[egress-without-dns] isolates egress of pod shop/db-0, and no policy lets it ask DNS: "
        + "allow port 53/udp (and 53/tcp) of kube-system/coredns-1")]
    [InlineData("{podSelector: {}, egress: [{}, {to: [{ipBlock: {cidr: 10.96.11.80/32}}]}]}",
        "[egress-to-cluster-ip] ipBlock 10.96.11.80/32 holds the ClusterIP of Service shop/web, "
        + "and none of its endpoints: egress is judged behind the Service's translation; select the pods")]
    [InlineData("{podSelector: {matchLabels: {app: webshop}}, ingress: [{ports: [{port: 80}]}]}",
        "[no-such-port] port 80/tcp: no container of the 2 selected pods has it; they have 8080/tcp "
        + "(80 is the port of Service shop/web: policies see what it translates to, http)")]
    [InlineData("{podSelector: {matchLabels: {app: webshop}}, ingress: [{ports: [{port: htp}]}]}",
        "[no-such-port] port htp/tcp: no container of the 2 selected pods has a port of that name; "
        + "nearest is http (8080/tcp)")]
    [InlineData("{podSelector: {matchLabels: {app: webshop}}, ingress: [{ports: [{port: http, protocol: UDP}]}]}",
        "[no-such-port] port http/udp: no container of the 2 selected pods has a port of that name and protocol: "
        + "it is tcp there (protocol is TCP where it is absent)")]
    [InlineData(
        "{podSelector: {}, egress: [{}, {to: [{podSelector: {matchLabels: {app: database}}}], ports: [{port: 3306, "
        + "endPort: 3307}]}]}",
        "[no-such-port] port 3306-3307/tcp: no container of the 1 peer pod has it; they have 5432/tcp")]
    public void A_mistake_is_named_with_what_was_probably_meant(string spec, string expected) =>
        Assert.Equal(expected, Assert.Single(Lint(spec)));

    [Theory]
    [InlineData("{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 8080}]}]}")]
    [InlineData(
        "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}], ports: [{port: 53, "
        + "protocol: UDP}]}]}")]
    [InlineData(
        "{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.244.0.0/16]}}]}, {ports: [{port: "
        + "dns, protocol: UDP}]}]}")]
    [InlineData("{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 169.254.20.10/32}}]}]}")]
    [InlineData("{podSelector: {matchLabels: {app: database}}, policyTypes: [Ingress], egress: []}")]
    public void What_means_what_it_says_is_left_alone(string spec) => Assert.Empty(Lint(spec));

    [Theory]
    [InlineData(
        "subject: {pods: {namespaceSelector: {matchLabels: {team: sales}}, podSelector: {matchLabels: {app: web}}}}",
        "[selects-no-pod] subject matches no pod in shop: asks for app=web; nearest is app=webshop in 2 pods")]
    [InlineData("subject: {namespaces: {matchLabels: {team: sale}}}",
        "[selects-no-pod] subject's namespaceSelector matches no namespace: asks for team=sale; "
        + "nearest is team=sales in 1 namespace")]
    [InlineData(
        "subject: {namespaces: {}}, egress: [{action: Deny, to: [{pods: {namespaceSelector: {matchLabels: "
        + "{kubernetes.io/metadata.name: ops}}, podSelector: {matchLabels: {app: grafana}}}}]}]",
        "[peer-selects-no-pod] peer matches no pod in ops: asks for app=grafana; nearest is app=prometheus in 1 pod")]
    [InlineData(
        "subject: {namespaces: {}}, ingress: [{action: Pass, from: [{namespaces: {matchLabels: "
        + "{kubernetes.io/metadata.name: opps}}}]}]",
        "[peer-selects-no-namespace] peer's namespaceSelector matches no namespace: "
        + "asks for kubernetes.io/metadata.name=opps; nearest is kubernetes.io/metadata.name=ops in 1 namespace")]
    [InlineData("subject: {namespaces: {}}, egress: [{action: Allow, to: [{nodes: {matchLabels: {zone: b}}}]}]",
        "[peer-selects-no-node] peer matches no node: asks for zone=b; nearest is zone=a in 1 node")]
    public void Selectors_of_admin_policies_and_of_the_baseline_are_compared_too(string spec, string expected)
    {
        string node = "apiVersion: v1\nkind: Node\nmetadata: {name: a, labels: {zone: a}}\n---\n";
        string admin = AdminPolicy("AdminNetworkPolicy", "p", $"{{priority: 10, {spec}}}");
        string baseline = AdminPolicy("BaselineAdminNetworkPolicy", "default", $"{{{spec}}}");

        Assert.Equal(expected, Assert.Single(Sentences(Run(node + ShopAlone + admin, "policy.enforcer=calico"))));
        if (!spec.Contains("Pass", StringComparison.Ordinal))
            Assert.Equal(
                expected, Assert.Single(Sentences(Run(node + ShopAlone + baseline, "policy.enforcer=calico"))));
    }

    [Fact]
    public void An_admin_policy_that_matches_something_everywhere_is_left_alone() => Assert.Empty(Run(
        ShopAlone + AdminPolicy("AdminNetworkPolicy", "p", "{priority: 10, subject: {namespaces: {}}, "
            + "egress: [{action: Pass, to: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: "
            + "kube-dns}}}}]}]}"),
        "policy.enforcer=calico").Findings);

    [Fact]
    public void A_policy_in_an_unknown_namespace_is_named_with_the_nearest()
    {
        string yaml = Shop.Replace(
            "{name: p, namespace: shop}", "{name: p, namespace: shopp}", StringComparison.Ordinal)
            + "spec: {podSelector: {}}\n";

        Assert.Equal(
            [
                "[unknown-namespace] namespace shopp is not among the 3 namespaces of the manifests; nearest is shop",
                "[selects-no-pod] podSelector matches no pod in shopp: the namespace has none",
            ],
            Sentences(Run(yaml, "policy.enforcer=calico")));
    }

    [Fact]
    public void Policies_under_a_CNI_that_ignores_them_are_a_warning_at_the_first()
    {
        const string node = """
            apiVersion: v1
            kind: Node
            metadata: {name: a, annotations: {flannel.alpha.coreos.com/backend-type: vxlan}}
            ---

            """;
        LintFinding finding = Assert.Single(Run(node + Shop + "spec: {podSelector: {}}\n").Findings);

        Assert.Equal("ignored-by-cni", finding.Rule.Id);
        Assert.Equal(
            "this policy has no effect: Flannel does not enforce NetworkPolicies: nothing is denied "
            + "(--set policy.enforcer=calico puts Calico's enforcement beside it)",
            finding.Sentence);
        Assert.Equal("shop.yaml:51", finding.Source.ToString());
    }

    [Fact]
    public void Where_nothing_shows_the_CNI_it_is_a_note() =>
        Assert.Contains("the manifests show no CNI",
            Assert.Single(Run(Shop + "spec: {podSelector: {}}\n").Notes), StringComparison.Ordinal);

    [Fact]
    public void Without_pods_selectors_cannot_be_compared_and_that_is_said()
    {
        LintReport report = Run("""
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: p, namespace: shop}
            spec: {podSelector: {matchLabels: {app: web}}}
            """, "policy.enforcer=calico");

        Assert.Empty(report.Findings);
        Assert.Equal(
            ["the manifests have no Pod: selectors and ports of policies were not compared with pods"], report.Notes);
    }

    [Fact]
    public void What_the_reader_could_not_use_is_an_error_at_its_line()
    {
        LintReport report = Run(Shop + """
            spec:
              podSelector: {}
              ingress:
              - from:
                - ipBlock: {cidr: 10.0.0.0/33}
            """, "policy.enforcer=calico");

        LintFinding finding = Assert.Single(report.Findings);
        Assert.Equal(("unreadable", Severity.Damage, "shop.yaml:54"),
            (finding.Rule.Id, finding.Severity, finding.Source.ToString()));
    }

    [Fact]
    public void Every_rule_has_an_identifier_of_its_own() =>
        Assert.Equal(LintRule.All.Length, LintRule.All.Select(rule => rule.Id).Distinct().Count());

    /// <summary>The shop up to the NetworkPolicy that each test completes.</summary>
    private static string ShopAlone => Shop[..Shop.IndexOf("apiVersion: networking.k8s.io", StringComparison.Ordinal)];

    private static string AdminPolicy(string kind, string name, string spec) =>
        $"apiVersion: policy.networking.k8s.io/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n";

    private static IEnumerable<string> Lint(string spec)
    {
        string text = spec.StartsWith('{') ? spec : $"{{{spec}}}";
        return Sentences(Run($"{Shop}spec: {text}\n", "policy.enforcer=calico"));
    }

    private static IEnumerable<string> Sentences(LintReport report) =>
        report.Findings.Select(finding => $"[{finding.Rule.Id}] {finding.Sentence}");

    private static LintReport Run(string yaml, params string[] settings) =>
        PolicyLint.Run(ManifestReader.ReadText(yaml, "shop.yaml"), cni: null, EmulationSettings.Parse(settings));
}
