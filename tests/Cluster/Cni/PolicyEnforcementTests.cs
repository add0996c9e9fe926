using System.Collections.Immutable;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Xunit;

namespace Dataplane.Tests.Cluster.Cni;

public class PolicyEnforcementTests
{
    [Fact]
    public void Flannel_enforces_nothing() => Assert.Equal(
        new PolicyEnforcement(PolicyEnforcer.None, IsAssumed: false,
            "Flannel does not enforce NetworkPolicies: nothing is denied "
            + "(--set policy.enforcer=calico puts Calico's enforcement beside it)"),
        Of("flannel.alpha.coreos.com/backend-type"));

    [Fact]
    public void Without_evidence_of_a_cni_the_answer_is_an_assumption()
    {
        PolicyEnforcement enforcement = PolicyEnforcement.Of(ClusterSnapshot.Empty, null, EmulationSettings.Default);

        Assert.Equal((PolicyEnforcer.None, true), (enforcement.Enforcer, enforcement.IsAssumed));
    }

    [Theory]
    [InlineData("projectcalico.org/IPv4Address", PolicyEnforcer.Calico)]
    [InlineData("network.cilium.io/ipv4-pod-cidr", PolicyEnforcer.Cilium)]
    [InlineData("k8s.ovn.org/node-subnets", PolicyEnforcer.OvnKubernetes)]
    public void A_cni_that_the_manifests_show_enforces_as_it_does(string annotation, PolicyEnforcer expected) =>
        Assert.Equal(expected, Of(annotation).Enforcer);

    [Theory]
    [InlineData("policy.enforcer=calico", PolicyEnforcer.Calico,
        "NetworkPolicies are enforced as calico does (policy.enforcer)")]
    [InlineData("policy.enforcer=ovn-kubernetes", PolicyEnforcer.OvnKubernetes,
        "NetworkPolicies are enforced as ovn-kubernetes does (policy.enforcer)")]
    [InlineData("policy.enforcer=none", PolicyEnforcer.None, "policy.enforcer=none: no NetworkPolicy is enforced")]
    public void The_setting_goes_before_the_cni(string setting, PolicyEnforcer expected, string evidence) =>
        Assert.Equal(
            new PolicyEnforcement(expected, IsAssumed: false, evidence), Of(
                "network.cilium.io/ipv4-pod-cidr", setting));

    private static PolicyEnforcement Of(string annotation, params string[] settings)
    {
        var node = new Node("a", new SourceLine("manifests.yaml", 3))
        {
            Annotations = ImmutableDictionary<string, string>.Empty.Add(annotation, "1"),
        };
        return PolicyEnforcement.Of(new ClusterSnapshot { Nodes = [node] }, null, EmulationSettings.Parse(settings));
    }
}
