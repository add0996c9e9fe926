using Dataplane.Cluster.Network;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Cluster.Network;

public class RouteTableTests
{
    private const string CalicoNode = """
        default via 172.18.0.1 dev eth0 proto dhcp src 172.18.0.3 metric 100
        blackhole 192.168.166.128/26 proto bird
        192.168.166.129 dev cali12345678901 scope link
        192.168.104.0/26 via 172.18.0.2 dev tunl0 proto bird onlink
        10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
        172.18.0.0/16 dev eth0 proto kernel scope link src 172.18.0.3 linkdown
        10.9.0.0/16 proto static metric 20
        	nexthop via 10.0.0.1 dev eth0 weight 1
        	nexthop via 10.0.0.2 dev eth1 weight 3 dead
        unreachable 10.8.0.0/16 metric 4294967295
        10.7.0.0/16 dev eth0 mtu lock 1400 advmss 1360 expires 30sec
        local 172.18.0.3 dev eth0 table local proto kernel scope host src 172.18.0.3
        10.6.0.0/16 via 172.18.0.9 dev eth0 table 100
        """;

    private const string Bird1 = """
        BIRD v0.3.3+birdv1.6.8 ready.
        0.0.0.0/0          via 172.18.0.1 on eth0 [kernel1 10:12:01] * (10)
        172.18.0.0/16      dev eth0 [direct1 10:12:00] * (240)
        192.168.104.0/26   via 172.18.0.2 on tunl0 onlink [Mesh_172_18_0_2 10:12:04] * (100/0) [i]
                           via 172.18.0.4 on eth0 [Mesh_172_18_0_4 10:12:05] (100/0) [i]
        192.168.166.128/26 blackhole [static1 10:12:00] * (200)
        """;

    private const string Bird2 = """
        BIRD 2.0.8 ready.
        Table master4:
        0.0.0.0/0            unicast [kernel1 2024-01-02 10:12:01.123] * (10)
        	via 172.18.0.1 on eth0
        192.168.104.0/26     unicast [Mesh_172_18_0_2 10:12:04.001] * (100) [AS64512i]
        	via 172.18.0.2 on eth0 weight 1
        	via 172.18.0.5 on eth0 weight 2
                             unicast [Mesh_172_18_0_4 10:12:05.002] (100) [AS64512i]
        	via 172.18.0.4 on eth0
        192.168.166.128/26   blackhole [static1 10:12:00.000] * (200)
        """;

    [Theory]
    [InlineData("8.8.8.8", "0.0.0.0/0", RouteKind.Unicast, "172.18.0.1", "eth0", false, "dhcp", 1)]
    [InlineData("192.168.166.130", "192.168.166.128/26", RouteKind.Blackhole, "", "", false, "bird", 2)]
    [InlineData("192.168.166.129", "192.168.166.129/32", RouteKind.Unicast, "", "cali12345678901", false, "", 3)]
    [InlineData("192.168.104.9", "192.168.104.0/26", RouteKind.Unicast, "172.18.0.2", "tunl0", true, "bird", 4)]
    [InlineData("10.244.2.7", "10.244.2.0/24", RouteKind.Unicast, "10.244.2.0", "flannel.1", true, "", 5)]
    [InlineData("172.18.0.3", "172.18.0.3/32", RouteKind.Local, "", "eth0", false, "kernel", 12)]
    [InlineData("10.8.1.1", "10.8.0.0/16", RouteKind.Unreachable, "", "", false, "", 10)]
    [InlineData("10.7.1.1", "10.7.0.0/16", RouteKind.Unicast, "", "eth0", false, "", 11)]
    [InlineData("10.6.1.1", "0.0.0.0/0", RouteKind.Unicast, "172.18.0.1", "eth0", false, "dhcp", 1)]
    public void Ip_routes_output_is_asked_as_the_kernel_would(
        string address, string destination, RouteKind kind, string gateway, string device, bool onLink, string protocol,
        int line)
    {
        RouteEntry route = Read(CalicoNode).Find(IpAddress.Parse(address))!;
        Assert.Equal(
            (destination, kind, protocol, line), (route.Destination.ToString(),
                route.Kind, route.Protocol, route.Source.Line));
        RouteHop hop = route.Hops.FirstOrDefault() ?? new RouteHop();
        Assert.Equal(
            (gateway, device, onLink), (hop.Gateway.IsNone ? "" : hop.Gateway.ToString(), hop.Device, hop.OnLink));
    }

    [Fact]
    public void Multipath_routes_have_their_next_hops_with_weights()
    {
        RouteEntry route = Read(CalicoNode).Find(IpAddress.Parse("10.9.1.1"))!;
        Assert.Equal((20u, "static"), (route.Metric, route.Protocol));
        Assert.Equal(
            [("10.0.0.1", "eth0", 1, false), ("10.0.0.2", "eth1", 3, true)],
            route.Hops.Select(hop => (hop.Gateway.ToString(), hop.Device, hop.Weight, hop.IsDown)));
    }

    [Fact]
    public void Neighbours_sources_and_devices_without_a_carrier_are_told()
    {
        RouteEntry route = Read(CalicoNode).Find(IpAddress.Parse("172.18.9.9"))!;
        Assert.Equal(
            (true, "172.18.0.3", true), (route.IsLink, route.PreferredSource.ToString(), route.Hops[0].IsDown));
    }

    [Fact]
    public void The_lower_metric_wins() => Assert.Equal(
        "eth1",
        Read("default via 10.0.0.1 dev eth0 metric 200\ndefault via 10.0.0.2 dev eth1 metric 100")
            .Find(IpAddress.Parse("9.9.9.9"))!.Hops[0].Device);

    [Theory]
    [InlineData("default via fe80::1 dev eth0 proto ra metric 1024 pref medium")]
    [InlineData("fd00::/64 dev eth0 proto kernel metric 256\ndefault dev eth0 metric 1024")]
    public void Default_is_of_the_family_of_the_others(string text) =>
        Assert.Contains(Read(text).Routes, route => route.Destination == IpPrefix.Parse("::/0"));

    [Fact]
    public void An_ipv4_route_may_have_an_ipv6_gateway()
    {
        RouteEntry route = Assert.Single(Read("10.1.0.0/16 via inet6 fe80::2 dev eth0").Routes);
        Assert.Equal(("10.1.0.0/16", "fe80::2"), (route.Destination.ToString(), route.Hops[0].Gateway.ToString()));
    }

    [Theory]
    [InlineData(Bird1, "8.8.8.8", RouteKind.Unicast, "kernel1", "172.18.0.1/eth0/False/1")]
    [InlineData(Bird1, "192.168.104.9", RouteKind.Unicast, "Mesh_172_18_0_2", "172.18.0.2/tunl0/True/1")]
    [InlineData(Bird1, "192.168.166.130", RouteKind.Blackhole, "static1", "")]
    [InlineData(Bird2, "8.8.8.8", RouteKind.Unicast, "kernel1", "172.18.0.1/eth0/False/1")]
    [InlineData(Bird2, "192.168.104.9", RouteKind.Unicast, "Mesh_172_18_0_2",
        "172.18.0.2/eth0/False/1 172.18.0.5/eth0/False/2")]
    [InlineData(Bird2, "192.168.166.130", RouteKind.Blackhole, "static1", "")]
    public void Birds_best_routes_are_read_in_both_of_its_forms(
        string text, string address, RouteKind kind, string protocol, string hops)
    {
        RouteEntry route = Read(text).Find(IpAddress.Parse(address))!;
        Assert.Equal((kind, protocol), (route.Kind, route.Protocol));
        Assert.Equal(
            hops, string.Join(' ', route.Hops.Select(hop => $"{hop.Gateway}/{hop.Device}/{hop.OnLink}/{hop.Weight}")));
    }

    [Fact]
    public void Birds_own_subnets_are_neighbours() =>
        Assert.True(Read(Bird1).Find(IpAddress.Parse("172.18.0.7"))!.IsLink);

    [Theory]
    [InlineData("", "node.txt:1: no route in this file: it is empty")]
    [InlineData("[{\"dst\":\"default\"}]", "node.txt:1: this is JSON: give what ip route prints without -json")]
    [InlineData("\n10.0.0/8 dev eth0", "node.txt:2: \"10.0.0/8\" is no destination: an address, a CIDR or default")]
    [InlineData("10.0.0.0/8 via here", "node.txt:1: via is \"here\", not an IP address")]
    [InlineData("10.0.0.0/8 dev", "node.txt:1: \"dev\" has no value, or is no word of ip route's")]
    [InlineData("10.0.0.0/8 encap ip id 5 dst 10.0.0.1 dev eth0",
        "node.txt:1: \"encap\" is no word of ip route's that is understood")]
    [InlineData("10.0.0.0/8 dev eth0 metric low", "node.txt:1: metric is \"low\", not a number")]
    [InlineData("blackhole", "node.txt:1: blackhole without a destination")]
    [InlineData("\tnexthop via 10.0.0.1 dev eth0",
        "node.txt:1: \"nexthop via 10.0.0.1 dev eth0\" goes on with no route: nexthop lines stand behind theirs")]
    [InlineData("BIRD 2.0.8 ready.\n10.0.0.0/8 teleport [x 1] * (1)",
        "node.txt:2: \"teleport\" is no kind of route of BIRD's (via, dev, unicast, multipath, blackhole, "
        + "unreachable, prohibited)")]
    [InlineData("BIRD 2.0.8 ready.\n\tvia 10.0.0.1 on eth0",
        "node.txt:2: this goes on with no route: its destination is missing")]
    [InlineData("BIRD 2.0.8 ready.\nhere unicast [x 1] * (1)",
        "node.txt:2: \"here\" is no destination: BIRD writes a CIDR")]
    public void What_cannot_be_understood_is_one_line_with_file_and_line(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<InvalidDataException>(() => Read(text)).Message);

    private static RouteTable Read(string text) => RouteTableReader.Read(new StringReader(text), "node.txt");
}
