using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Replay.Policies.Reach;
using Dataplane.Replay.Tracing;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Scenarios.EgressCluster;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// EgressFirewall and EgressNetworkPolicy: the first rule that matches decides what leaves the cluster;
/// inside of it they say nothing.
/// </summary>
public sealed class EgressRuleTests
{
    private const string Firewall = """
        ---
        apiVersion: k8s.ovn.org/v1
        kind: EgressFirewall
        metadata: {name: default, namespace: shop}
        spec:
          egress:
            - type: Allow
              to: {cidrSelector: 198.51.100.7/32}
              ports: [{protocol: TCP, port: 443}, {protocol: UDP}]
            - {type: Allow, to: {nodeSelector: {matchLabels: {node: n2}}}}
            - {type: Deny, to: {cidrSelector: 0.0.0.0/0}}

        """;

    private const string EgressPolicy = """
        ---
        apiVersion: network.openshift.io/v1
        kind: EgressNetworkPolicy
        metadata: {name: out, namespace: bank}
        spec:
          egress:
            - {type: Allow, to: {cidrSelector: 198.51.100.0/24}}
            - {type: Deny, to: {cidrSelector: 0.0.0.0/32}}

        """;

    [Theory]
    [InlineData(Outside, 443, "forwarded")]
    [InlineData(Outside, 80, "dropped")]
    [InlineData("203.0.113.1", 443, "dropped")]
    [InlineData("node/n2", 443, "forwarded")]
    [InlineData("node/n1", 443, "dropped")]
    [InlineData("shop/near", 80, "forwarded")]
    public void The_first_rule_that_matches_decides_what_leaves(string to, ushort port, string verdict) =>
        Assert.Equal(verdict, Trace(Ovn + Firewall, "shop/web", to, port).Verdict);

    [Fact]
    public void A_drop_names_the_EgressFirewall_its_rule_and_line()
    {
        TraceReport report = Trace(Ovn + Firewall, "shop/web", Outside);

        Assert.Equal(("denied-by-rule", "police", "n1"), (report.Reason, report.Stage, report.Node));
        Assert.Equal(("shop/default", "2", "egress.yaml:44"), (report.Policy, report.Rule, report.Source));
        Assert.Contains("egress[2] of EgressFirewall shop/default (egress.yaml:44) denies port 80/tcp to 198.51.100.7",
            report.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_that_lets_pass_is_named_too() => Assert.Contains(
        Trace(Ovn + Firewall, "shop/web", Outside, 443).Steps,
        step => step.Action == "allow" && step.Detail.Contains(
            "egress[0] of EgressFirewall shop/default (egress.yaml:40) allows", StringComparison.Ordinal));

    [Fact]
    public void Replies_to_the_outside_are_not_judged_by_it() =>
        Assert.EndsWith("as the client expects.",
            Trace(Ovn + Firewall, "203.0.113.1", "shop/web").Sentence, StringComparison.Ordinal);

    [Fact]
    public void A_NetworkPolicy_has_to_let_it_pass_as_well()
    {
        const string Isolated = """
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: closed, namespace: shop}
            spec: {podSelector: {}, policyTypes: [Egress]}

            """;
        Assert.Equal("policy-denied", Trace(Ovn + Firewall + Isolated, "shop/web", Outside, 443).Reason);
    }

    [Theory]
    [InlineData(Outside, "forwarded")]
    [InlineData("203.0.113.1", "dropped")]
    [InlineData("default/router", "forwarded")]
    public void An_EgressNetworkPolicy_does_the_same_and_0_0_0_0_32_means_everything(string to, string verdict) =>
        Assert.Equal(verdict, Trace(OpenShift + EgressPolicy, "bank/vault", to).Verdict);

    [Fact]
    public void Two_EgressNetworkPolicies_in_a_namespace_drop_everything_that_leaves()
    {
        TraceReport report = Trace(OpenShift + EgressPolicy
            + EgressPolicy.Replace("name: out", "name: more", StringComparison.Ordinal), "bank/vault", Outside);

        Assert.Equal("denied-by-rule", report.Reason);
        Assert.Contains(report.Notes, note => note.Contains(
            "EgressNetworkPolicy bank/out is not the only one of its namespace", StringComparison.Ordinal));
    }

    [Fact]
    public void On_the_global_network_it_has_no_effect()
    {
        TraceReport report = Trace(
            OpenShift + EgressPolicy.Replace("namespace: bank", "namespace: default", StringComparison.Ordinal),
            "default/router", "203.0.113.1");

        Assert.Equal("forwarded", report.Verdict);
        Assert.Contains(report.Notes, note =>
            note.Contains("EgressNetworkPolicy default/out has no effect: its namespace is on the global network",
                StringComparison.Ordinal));
    }

    [Fact]
    public void A_name_cannot_be_resolved_offline_which_is_damage_with_its_line()
    {
        ClusterSnapshot snapshot = ManifestReader.ReadText(
            Ovn + Firewall.Replace(
                "cidrSelector: 198.51.100.7/32", "dnsName: www.example.org", StringComparison.Ordinal), "egress.yaml");

        Finding finding = Assert.Single(snapshot.Findings, finding => finding.Severity == Severity.Damage);
        Assert.Equal(
            "egress.yaml:40: EgressFirewall shop/default: dnsName \"www.example.org\" cannot be resolved offline: "
            + "this rule matches nothing (write its addresses as cidrSelectors)", finding.ToString());
    }

    [Theory]
    [InlineData("- {type: Allow, to: {}}", "spec.egress[].to must have one of cidrSelector, dnsName and nodeSelector")]
    [InlineData("- {type: Permit, to: {cidrSelector: 0.0.0.0/0}}", "type is \"Permit\", not Allow or Deny")]
    [InlineData("- {to: {cidrSelector: 0.0.0.0/0}}", "spec.egress[] has no type: Allow or Deny")]
    [InlineData("- {type: Deny, to: {cidrSelector: 10.0.0.0}}",
        "cidrSelector is \"10.0.0.0\", not a CIDR (an address/length)")]
    public void A_rule_that_cannot_be_meant_leaves_the_whole_object_out(string rule, string expected)
    {
        ClusterSnapshot snapshot = ManifestReader.ReadText(
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n---\napiVersion: k8s.ovn.org/v1\n"
            + $"kind: EgressFirewall\nmetadata: {{name: default}}\nspec:\n  egress:\n    {rule}\n", "e.yaml");

        Assert.Equal($"e.yaml:10: {expected}: this object is left out", Assert.Single(snapshot.Findings).ToString());
    }

    [Theory]
    [InlineData(Outside, true)]
    [InlineData("203.0.113.1", false)]
    public void Reach_asks_it_about_addresses_outside(string address, bool allowed)
    {
        ReachReport report = ReachRunner.Run(
            ManifestReader.ReadText(OpenShift + EgressPolicy, "egress.yaml"),
            new ReachOptions
            {
                External = [IpAddress.Parse(address)],
                Ports = [new ReachPort(IpProtocol.Tcp, 443)],
                From = "bank/vault",
                To = address,
            });

        ReachVerdict verdict = report.Matrix.Judge[report.Matrix.VerdictOf(
            report.Matrix.Sources[0], report.Matrix.Columns[0])];
        Assert.Equal(allowed, verdict.IsAllowed);
    }
}
