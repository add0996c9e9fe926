using System.Buffers.Binary;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Scenarios.Mall;
using static Dataplane.Tests.Scenarios.Scenario;
using static Dataplane.Tests.Scenarios.Shop;

namespace Dataplane.Tests.Scenarios;

/// <summary>Which source port a masqueraded connection gets (net/netfilter/nf_nat_core.c, get_unique_tuple).</summary>
public sealed class SourcePortTests
{
    private const string OtherVisitor = "198.51.100.77";
    private const int SourcePortAt = EthernetHeader.Size + Ipv4Header.Size;

    /// <summary>What an administrator writes by hand: one address for whoever comes to the remote backend.</summary>
    private const string SourceNat = """
        *nat
        :PREROUTING ACCEPT [0:0]
        :INPUT ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        -A PREROUTING -d 192.168.56.11/32 -p tcp -m tcp --dport 30080 -j DNAT --to-destination 10.244.2.7:8080
        -A POSTROUTING -d 10.244.2.7/32 -j SNAT --to-source 192.168.56.11
        COMMIT
        """;

    [Theory]
    [InlineData("iptables"), InlineData("ipvs")]
    public void Without_random_fully_a_port_that_is_free_stays(string proxy)
    {
        using Scenario mall = Under(proxy, Mall.Yaml, entry: "node-a", [.. Macs, "proxy.randomFully=off"]);
        Assert.Equal(40000, PortOf(mall, Visitor, 40000));
    }

    [Theory]
    [InlineData(700, 600, 1023)]
    [InlineData(300, 1, 511)]
    [InlineData(40000, 1024, 65535)]
    public void Who_comes_second_with_a_port_gets_another_of_its_kind(int port, int first, int last)
    {
        using Scenario mall = Under("iptables", Mall.Yaml, entry: "node-a", [.. Macs, "proxy.randomFully=off"]);
        Assert.Equal(port, PortOf(mall, Visitor, port));
        int second = PortOf(mall, OtherVisitor, port);
        Assert.NotEqual(port, second);
        Assert.InRange(second, first, last);
    }

    [Theory]
    [InlineData("iptables"), InlineData("ipvs"), InlineData("ebpf")]
    public void With_random_fully_a_port_is_drawn_even_if_its_own_is_free(string proxy)
    {
        using Scenario mall = Under(proxy, Mall.Yaml, entry: "node-a", Macs);
        Assert.NotEqual(40000, PortOf(mall, Visitor, 40000));
        Assert.InRange(PortOf(mall, Visitor, 700), 600, 1023);
    }

    [Fact]
    public void A_dump_with_snat_gives_the_address_that_it_names()
    {
        using Scenario mall = GivenProxy("iptables", Mall.Yaml, SourceNat, entry: "node-a");
        mall.Send(Outside.Ipv4(Visitor, NodeA).Tcp(40000, NodePort, TcpFlags.Syn))
            .ExpectAt("default/b2", To(Remote, BridgeB).Ipv4(NodeA, Remote, ttl: 62).Tcp(40000, 8080, TcpFlags.Syn));
    }

    private static int PortOf(Scenario mall, string visitor, int port)
    {
        mall.Send(Outside.Ipv4(visitor, NodeA).Tcp(port, NodePort, TcpFlags.Syn)).ExpectForwarded();
        byte[] arrived = Assert.Single(mall.At("default/b2"));
        return BinaryPrimitives.ReadUInt16BigEndian(arrived.AsSpan(SourcePortAt));
    }
}
