using Dataplane.Core;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.Scenario;
using static Dataplane.Tests.Scenarios.Shop;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// Where CNIs differ, in the whole pipeline: policies change while connections stand. Calico accepts what conntrack
/// calls ESTABLISHED in front of all policies; Cilium and OVN judge packets of the original direction again.
/// </summary>
public sealed class PolicyChangeTests
{
    private const string Outside = "198.51.100.9";

    private static readonly string Open = Yaml + """

        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: open, namespace: default}
        spec: {podSelector: {}, ingress: [{}]}
        """;

    private static readonly string Closed = Yaml + """

        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: closed, namespace: default}
        spec: {podSelector: {}, policyTypes: [Ingress]}
        """;

    [Theory]
    [InlineData("calico", true)]
    [InlineData("cilium", false)]
    [InlineData("ovn-kubernetes", false)]
    public void An_established_connection_outlives_a_new_default_deny_under_Calico_alone(string enforcer, bool lives)
    {
        using Scenario shop = Given(Open, Enforcer(enforcer));
        Shake(shop, 40000).ChangePolicies(Closed, Enforcer(enforcer))
            .Send(From(Client).Ipv4(Client, Remote).Tcp(40000, 8080));

        if (lives) shop.ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Tcp(40000, 8080));
        else shop.ExpectNothing(DropReason.PolicyDenied, Stage.Police);
    }

    [Theory]
    [InlineData("calico")]
    [InlineData("cilium")]
    [InlineData("ovn-kubernetes")]
    public void A_reply_of_what_stands_passes_whatever_the_new_policies_say(string enforcer)
    {
        using Scenario shop = Given(Open, Enforcer(enforcer));
        Shake(shop, 40000).ChangePolicies(Closed, Enforcer(enforcer))
            .Send(From(Remote, BridgeB).Ipv4(Remote, Client).Tcp(8080, 40000))
            .ExpectAt("default/c1", To(Client, BridgeA).Ipv4(Remote, Client, ttl: 62).Tcp(8080, 40000));
    }

    [Theory]
    [InlineData("calico")]
    [InlineData("cilium")]
    [InlineData("ovn-kubernetes")]
    public void A_new_connection_meets_the_new_policies_everywhere(string enforcer)
    {
        using Scenario shop = Given(Open, Enforcer(enforcer));
        Shake(shop, 40000).ChangePolicies(Closed, Enforcer(enforcer))
            .Send(From(Client).Ipv4(Client, Remote).Tcp(40001, 8080, TcpFlags.Syn))
            .ExpectNothing(DropReason.PolicyDenied, Stage.Police);
    }

    /// <summary>conntrack calls it NEW until somebody answers, however many packets it has.</summary>
    [Theory]
    [InlineData("calico")]
    [InlineData("cilium")]
    [InlineData("ovn-kubernetes")]
    public void What_nobody_has_answered_is_judged_again_everywhere(string enforcer)
    {
        using Scenario shop = Given(Open, Enforcer(enforcer));
        shop.Send(From(Client).Ipv4(Client, Remote).Udp(4000, 5353).Payload("1")).ExpectForwarded()
            .ChangePolicies(Closed, Enforcer(enforcer))
            .Send(From(Client).Ipv4(Client, Remote).Udp(4000, 5353).Payload("2"))
            .ExpectNothing(DropReason.PolicyDenied, Stage.Police);
    }

    [Theory]
    [InlineData("calico")]
    [InlineData("cilium")]
    [InlineData("ovn-kubernetes")]
    public void Where_the_policies_go_away_everything_passes_again(string enforcer)
    {
        using Scenario shop = Given(Closed, Enforcer(enforcer));
        shop.Send(From(Client).Ipv4(Client, Local).Tcp(40000, 8080, TcpFlags.Syn))
            .ExpectNothing(DropReason.PolicyDenied, Stage.Police)
            .ChangePolicies(Yaml, Enforcer(enforcer))
            .Send(From(Client).Ipv4(Client, Local).Tcp(40000, 8080, TcpFlags.Syn))
            .ExpectForwarded();
    }

    [Theory]
    [InlineData("calico")]
    [InlineData("cilium")]
    [InlineData("ovn-kubernetes")]
    public void A_pod_hears_its_own_node_through_a_default_deny_but_not_another_node(string enforcer)
    {
        using Scenario shop = Given(Closed, Enforcer(enforcer));
        shop.Send(Eth().Ipv4(NodeA, Local).Udp(4000, 5353)).ExpectForwarded()
            .Send(Eth().Ipv4(NodeA, Remote).Udp(4000, 5353)).ExpectNothing(DropReason.PolicyDenied, Stage.Police);
    }

    /// <summary>Its labels do not count: it talks with its node's address, and no policy is about it.</summary>
    [Theory]
    [InlineData("calico")]
    [InlineData("cilium")]
    [InlineData("ovn-kubernetes")]
    public void A_pod_of_the_hosts_network_is_its_node_to_others_and_is_judged_by_no_policy(string enforcer)
    {
        string closed = Closed + $$"""

            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: agent, namespace: default, labels: {app: agent} }
            spec: {nodeName: node-a, hostNetwork: true}
            status: {phase: Running, podIP: "{{NodeA}}", podIPs: [{ip: "{{NodeA}}"}]}
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: from-agents, namespace: default}
            spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: agent} } }] }], egress: []}
            """;
        using Scenario shop = Given(closed, Enforcer(enforcer));
        shop.Send(Eth().Ipv4(NodeA, Remote).Udp(4000, 5353)).ExpectNothing(DropReason.PolicyDenied, Stage.Police)
            .Send(Eth().Ipv4(NodeA, Local).Udp(4000, 5353)).ExpectForwarded()
            .Send(Eth().Ipv4(NodeA, Outside).Udp(4000, 53)).ExpectForwarded();
    }

    private static Scenario Shake(Scenario shop, int port) => shop.Send(
            From(Client).Ipv4(Client, Remote).Tcp(port, 8080, TcpFlags.Syn),
            From(Remote, BridgeB).Ipv4(Remote, Client).Tcp(8080, port, TcpFlags.Syn | TcpFlags.Ack),
            From(Client).Ipv4(Client, Remote).Tcp(port, 8080))
        .ExpectForwarded();

    private static string Enforcer(string name) => "policy.enforcer=" + name;
}
