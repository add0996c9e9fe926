using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Xunit;

namespace Dataplane.Tests.Cluster;

/// <summary>
/// A policy that cannot be meant as it stands is left out whole, and said so, with file and line; what the API server
/// drops without a word is named.
/// </summary>
public class BadPolicyTests
{
    private const string Good = "{apiVersion: v1, kind: Namespace, metadata: {name: default}}\n---\n";

    [Theory]
    [InlineData("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]",
        "ipBlock.cidr is \"10.0.0.0/33\", not a CIDR (an address/length)")]
    [InlineData("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]",
        "ipBlock.except 11.0.0.0/16 lies outside its cidr 10.0.0.0/8")]
    [InlineData("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [0.0.0.0/0]}}]}]",
        "ipBlock.except 0.0.0.0/0 lies outside its cidr 10.0.0.0/8")]
    [InlineData("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: ['::/0']}}]}]",
        "ipBlock.except ::/0 lies outside its cidr 10.0.0.0/8")]
    [InlineData("ingress: [{from: [{ipBlock: {except: [10.0.0.0/8], cidr: 10.0.0.0/8}}]}]",
        "ipBlock.except 10.0.0.0/8 is the whole cidr: nothing is left of it")]
    [InlineData("ingress: [{ports: [{port: 8080, endPort: 80}]}]", "endPort 80 is below port 8080")]
    [InlineData("ingress: [{ports: [{port: http, endPort: 80}]}]",
        "endPort 80 beside the port name \"http\": it needs a number to start from")]
    [InlineData("ingress: [{ports: [{endPort: 80}]}]", "endPort 80 without a port: it needs a number to start from")]
    [InlineData("ingress: [{ports: [{port: 80, protocol: ICMP}]}]",
        "ports[].protocol is \"ICMP\", not TCP, UDP or SCTP")]
    [InlineData("ingress: [{from: [{}]}]", "a peer has neither ipBlock nor podSelector nor namespaceSelector")]
    [InlineData("podSelector: {matchExpressions: [{key: app, operator: Like, values: [web]}]}",
        "operator is \"Like\", not In, NotIn, Exists or DoesNotExist")]
    [InlineData("podSelector: {matchExpressions: [{key: app, operator: In}]}",
        "matchExpressions[] with In needs values")]
    [InlineData("podSelector: {matchlabels: {app: web}}",
        "spec.podSelector has \"matchlabels\", not matchLabels or matchExpressions")]
    [InlineData("policyTypes: [ingress]", "spec.policyTypes holds \"ingress\", not Ingress or Egress")]
    public void A_damaged_NetworkPolicy_is_left_out_whole_and_its_line_named(string spec, string text)
    {
        ClusterSnapshot snapshot = Read(
            $"kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nmetadata: {{name: p}}\nspec:\n  {spec}\n");

        Assert.Empty(snapshot.NetworkPolicies);
        Assert.Equal($"Damage f:7: {text}: this object is left out", Only(snapshot));
    }

    [Theory]
    [InlineData("subject: {namespaces: {}}", "AdminNetworkPolicy p has no spec.priority", 3)]
    [InlineData("priority: 1", "AdminNetworkPolicy p has no spec.subject", 3)]
    [InlineData("priority: 1001", "spec.priority is \"1001\", not a number from 0 to 1000", 7)]
    [InlineData("subject: {namespaces: {}, pods: {namespaceSelector: {}, podSelector: {}}}",
        "spec.subject must have one of namespaces and pods", 7)]
    [InlineData("ingress: [{action: Reject, from: [{namespaces: {}}]}]",
        "action is \"Reject\", not Allow, Deny or Pass", 7)]
    [InlineData("ingress: [{from: [{namespaces: {}}]}]", "a rule has no action", 7)]
    [InlineData("ingress: [{action: Deny}]", "a rule has nobody in \"from\": name at least one peer", 7)]
    [InlineData("ingress: [{action: Deny, from: [{networks: [10.0.0.0/8]}]}]",
        "a peer in \"from\" has \"networks\", not namespaces and pods", 7)]
    [InlineData("egress: [{action: Deny, to: [{domainNames: [a.example]}]}]",
        "a peer in \"to\" has \"domainNames\", not namespaces, pods, nodes and networks", 7)]
    [InlineData("egress: [{action: Deny, to: [{networks: [10.0.0.0]}]}]",
        "networks is \"10.0.0.0\", not a CIDR (an address/length)", 7)]
    [InlineData("ingress: [{action: Deny, from: [{namespaces: {sameLabels: [a]}}]}]",
        "namespaces has \"sameLabels\", not matchLabels or matchExpressions", 7)]
    [InlineData("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portRange: {start: 90, end: 80}}]}]",
        "portRange: end 80 is below start 90", 7)]
    [InlineData("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{port: 80}]}]",
        "a port has \"port\", not portNumber, portRange or namedPort", 7)]
    [InlineData("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {protocol: TCP}}]}]",
        "portNumber has no port", 7)]
    public void A_damaged_AdminNetworkPolicy_is_left_out_whole_and_its_line_named(string spec, string text, int line)
    {
        ClusterSnapshot snapshot = Read(
            "kind: AdminNetworkPolicy\napiVersion: policy.networking.k8s.io/v1alpha1\nmetadata: {name: p}\n"
            + $"spec:\n  {spec}\n");

        Assert.Empty(snapshot.AdminNetworkPolicies);
        Assert.Equal($"Damage f:{line}: {text}: this object is left out", Only(snapshot));
    }

    [Theory]
    [InlineData("{name: other}", "ingress: []",
        "BaselineAdminNetworkPolicy other: the only one there can be is named default", 3)]
    [InlineData("{name: default}", "ingress: [{action: Pass, from: [{namespaces: {}}]}]",
        "action is \"Pass\", not Allow or Deny", 8)]
    public void A_baseline_has_one_name_and_no_Pass(string metadata, string spec, string text, int line)
    {
        ClusterSnapshot snapshot = Read(
            $"kind: BaselineAdminNetworkPolicy\napiVersion: policy.networking.k8s.io/v1alpha1\nmetadata: {metadata}\n"
            + $"spec:\n  subject: {{namespaces: {{}}}}\n  {spec}\n");

        Assert.Empty(snapshot.BaselineAdminNetworkPolicies);
        Assert.Equal($"Damage f:{line}: {text}: this object is left out", Only(snapshot));
    }

    [Theory]
    [InlineData("parent: {x: 1}", "spec has no field \"parent\"")]
    [InlineData("ingress: [{From: []}]", "a rule has no field \"From\"")]
    [InlineData("ingress: [{from: [{podSelector: {}, parent: x}]}]", "a peer has no field \"parent\"")]
    [InlineData("ingress: [{ports: [{port: 80, endport: 90}]}]", "a port has no field \"endport\"")]
    [InlineData("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, excepts: []}}]}]", "ipBlock has no field \"excepts\"")]
    public void A_field_that_the_API_does_not_have_is_named_and_the_policy_kept(string spec, string text)
    {
        ClusterSnapshot snapshot = Read(
            $"kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nmetadata: {{name: p}}\nspec:\n  {spec}\n");

        Assert.Single(snapshot.NetworkPolicies);
        Assert.Equal($"Warning f:7: {text}: the API server drops it", Only(snapshot));
    }

    [Fact]
    public void A_policy_of_a_namespace_without_an_object_works_and_is_noted()
    {
        ClusterSnapshot snapshot = Read(
            "kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nmetadata: {name: p, namespace: shop}\n"
            + "spec: {podSelector: {}}\n");

        Assert.Equal("shop/p", Assert.Single(snapshot.NetworkPolicies).ToString());
        Assert.Equal(
            "Note f:3: NetworkPolicy shop/p: no Namespace shop was read: "
            + "it has the label kubernetes.io/metadata.name and no other",
            Only(snapshot));
    }

    [Fact]
    public void Two_admin_policies_of_one_priority_are_warned_of()
    {
        const string Policy = "{{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: "
            + "{{name: {0}}}, spec: {{priority: 5, subject: {{namespaces: {{}}}}}}}}\n---\n";
        ClusterSnapshot snapshot = Read(string.Concat(((string[])["a", "b"]).Select(name =>
            string.Format(System.Globalization.CultureInfo.InvariantCulture, Policy, name))));

        Assert.Equal(
            "Warning f:5: AdminNetworkPolicy b has the priority 5 of a (f:3): the API does not say which comes first, "
            + "here it goes by name",
            Only(snapshot));
    }

    private static ClusterSnapshot Read(string text) => ManifestReader.ReadText(Good + text, "f");

    private static string Only(ClusterSnapshot snapshot)
    {
        Finding finding = Assert.Single(snapshot.Findings);
        return $"{finding.Severity} {finding}";
    }
}
