using Dataplane.Core;
using Dataplane.Tests.Packets;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.Scenario;
using static Dataplane.Tests.Scenarios.Shop;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// Captures on a node's own interfaces without a tunnel around: what its sender's node has routed goes on at the other.
/// </summary>
public sealed class BetweenNodesTests
{
    private const string MacA = "02:00:00:00:0a:0a";
    private const string MacB = "02:00:00:00:0b:0b";
    private static readonly string[] HostGateway =
        ["flannel.backend=host-gw", $"node.node-a.mac={MacA}", $"node.node-b.mac={MacB}"];

    [Theory]
    [InlineData("node-b")]
    [InlineData(null)]
    public void A_packet_on_the_wire_of_host_gw_enters_at_the_node_that_it_goes_to(string? node)
    {
        using Scenario shop = Given(Yaml, node, HostGateway);
        shop.Send(Eth(MacA, MacB).Ipv4(Client, Remote, ttl: 63).Udp(1, 2).Payload("x"))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Udp(1, 2).Payload("x"));
    }

    [Fact]
    public void Its_TTL_tells_where_nobody_said_which_MACs_nodes_have()
    {
        using Scenario shop = Given(Yaml, "node-b", ["flannel.backend=host-gw"]);
        shop.Send(Eth("52:54:00:00:00:01", "52:54:00:00:00:02").Ipv4(Client, Remote, ttl: 127).Udp(1, 2))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 126).Udp(1, 2));
    }

    [Fact]
    public void A_pod_that_begins_with_63_is_at_its_veth_where_the_frame_goes_to_the_bridge()
    {
        using Scenario shop = Given(Yaml, "node-a", HostGateway);
        shop.Send(From(Client).Ipv4(Client, Remote, ttl: 63).Udp(1, 2))
            .ExpectOnWire("node-a", Eth(MacA, MacB).Ipv4(Client, Remote, ttl: 62).Udp(1, 2));
    }

    [Fact]
    public void A_frame_of_the_tunnel_device_enters_at_the_node_whose_device_it_goes_to()
    {
        using Scenario shop = Given(Yaml, "node-b", []);
        shop.Send(Eth("5e:00:00:00:00:01", "5e:00:00:00:00:02").Ipv4(Client, Remote, ttl: 63).Udp(1, 2))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(Client, Remote, ttl: 62).Udp(1, 2));
    }

    [Fact]
    public void What_another_node_itself_sends_over_the_wire_reaches_the_one_that_is_emulated()
    {
        using Scenario shop = Given(Yaml, "node-b", HostGateway);
        shop.Send(Eth(MacA, MacB).Ipv4(NodeA, Remote).Udp(1, 2))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(NodeA, Remote, ttl: 63).Udp(1, 2))
            .Send(Eth(MacA, MacB).Ipv4(NodeA, NodeB).Tcp(1, 10250)).ExpectForwarded()
            .Send(Eth(MacB, MacA).Ipv4(NodeB, "198.51.100.9").Udp(1, 2)).ExpectForwarded();
    }
}
