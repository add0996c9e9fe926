using Dataplane.Core;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Scenarios.Scenario;
using static Dataplane.Tests.Scenarios.Shop;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// What a node sends to itself leaves by lo and comes in by lo: OUTPUT's rules and INPUT's are asked, as in the kernel.
/// </summary>
public sealed class NodeToItselfTests
{
    private static PacketBuilder FromNode => Packet.Eth();

    [Fact]
    public void Its_own_node_port_without_endpoints_refuses_at_INPUT_what_OUTPUT_let_go()
    {
        using Scenario mall = Under("iptables", Mall.Yaml);
        mall.Send(FromNode.Ipv4(NodeA, NodeA).Tcp(40000, Mall.DesertedNodePort, TcpFlags.Syn))
            .ExpectNothing(DropReason.NoBackend, Stage.Select);
    }

    [Theory]
    [InlineData("-A INPUT -i eth0 -j ACCEPT", false)]
    [InlineData("-A INPUT -i lo -j ACCEPT", true)]
    [InlineData("-A OUTPUT -o lo -j DROP\n-A INPUT -j ACCEPT", false)]
    public void Rules_for_lo_decide(string rules, bool arrives)
    {
        using Scenario shop = GivenProxy("iptables", Shop.Yaml, InputDrops(rules));
        shop.Send(FromNode.Ipv4(NodeA, NodeA).Tcp(40000, 22, TcpFlags.Syn));
        if (arrives) shop.ExpectForwarded();
        else shop.ExpectNothing(DropReason.DroppedByRule, Stage.Select);
    }

    private static string InputDrops(string rules) => $"""
        *filter
        :INPUT DROP [0:0]
        :FORWARD ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        {rules}
        COMMIT

        """;
}
