using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Engines.Policies.Acls;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.Policies;

/// <summary>OVN's shape: tiers and priorities of ACLs, blocks without their exceptions.</summary>
public class OvnAclsTests
{
    private const string Admin = """
        ---
        {apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: first}, spec: {priority: 5, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}, {action: Pass, from: [{namespaces: {}}]}]}}
        ---
        {apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {name: default}, spec: {subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}}

        """;

    [Fact]
    public void Tiers_and_priorities_are_those_of_ovn_kubernetes()
    {
        using PolicyLab lab = PolicyLab.Of(Manifests.Shop + Admin + Manifests.Ingress("web", "ports: [{port: 80}]"));
        using AclPolicyTables tables = AclPolicyTables.Compile(lab.Model, lab.Network, lab.Topology);

        Assert.Equal(
            [
                new AclRow(PolicyDirection.Ingress, 1, 29_500, PolicyAction.Deny, 0),
                new AclRow(PolicyDirection.Ingress, 1, 29_499, PolicyAction.Pass, 1),
                new AclRow(PolicyDirection.Ingress, 2, 1001, PolicyAction.Allow, 2),
                new AclRow(PolicyDirection.Ingress, 2, 1000, PolicyAction.Deny, PolicyVerdict.DefaultDeny),
                new AclRow(PolicyDirection.Ingress, 3, 1750, PolicyAction.Deny, 3),
            ],
            tables.Rows);
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.128.0.0/9", "10.0.0.0/9")]
    [InlineData("10.0.0.0/8", "10.64.0.0/10", "10.0.0.0/10 10.128.0.0/9")]
    [InlineData("10.0.0.0/8", "10.0.0.0/8", "")]
    [InlineData("10.0.0.0/8", "", "10.0.0.0/8")]
    [InlineData("fd00::/16", "fd00::/17", "fd00:8000::/17")]
    public void A_block_without_parts_of_it_is_what_remains_as_prefixes(string block, string except, string remains)
    {
        IpPrefix[] parts = [.. PrefixCut.Without(
            IpPrefix.Parse(block), [
                .. except.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IpPrefix.Parse)])];

        Assert.Equal(remains, string.Join(' ', parts));
    }
}
