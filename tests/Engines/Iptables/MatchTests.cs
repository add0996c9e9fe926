using Dataplane.Engines.Iptables;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.Iptables;

/// <summary>
/// Each match, with what it catches and what it lets by. The packet is TCP 10.0.0.1:1000 → 10.96.0.10:80, a new SYN.
/// </summary>
public class MatchTests
{
    private static readonly NetfilterPacket Syn = Rules.Tcp("10.0.0.1", 1000, "10.96.0.10", 80) with
    {
        Mark = 0x4001,
        ConnectionMark = 0x8,
        TcpOptions = 1 << 2 | 1 << 8,
        DestinationType = AddressTypes.Local,
        DestinationOwner = 2,
        InInterface = 1,
        OutInterface = 3,
    };

    [Theory]
    [InlineData("-s 10.0.0.1/32", true)]
    [InlineData("-s 10.0.0.2/32", false)]
    [InlineData("! -s 10.0.0.2", true)]
    [InlineData("! -s 10.0.0.0/8", false)]
    [InlineData("-d 10.96.0.0/12", true)]
    [InlineData("-d 10.0.0.10/255.0.0.255", true)]
    [InlineData("-d 10.0.0.11/255.0.0.255", false)]
    [InlineData("-s 0.0.0.0/0", true)]
    [InlineData("-p tcp", true)]
    [InlineData("-p 6", true)]
    [InlineData("-p udp", false)]
    [InlineData("! -p udp", true)]
    [InlineData("-i eth0", true)]
    [InlineData("-i eth1", false)]
    [InlineData("! -i eth0", false)]
    [InlineData("-i eth+", true)]
    [InlineData("-o cali+", true)]
    [InlineData("! -o cali+", false)]
    [InlineData("-o cali2", false)]
    [InlineData("-f", false)]
    [InlineData("! -f", true)]
    public void Header(string match, bool isCaught) => AssertCaught(match, Syn, isCaught);

    [Theory]
    [InlineData("-p tcp -m tcp --dport 80", true)]
    [InlineData("-p tcp --dport 81", false)]
    [InlineData("-p tcp --dport 79:81", true)]
    [InlineData("-p tcp --dport :79", false)]
    [InlineData("-p tcp ! --sport 1000", false)]
    [InlineData("-p tcp --sport 1000 --dport 80", true)]
    [InlineData("-p udp -m udp --dport 80", false)]
    [InlineData("-p tcp --dport 80 -m tcp --dport 81", false)]
    [InlineData("-p tcp -m multiport --dports 22,80,443", true)]
    [InlineData("-p tcp -m multiport --dports 22,100:200", false)]
    [InlineData("-p tcp -m multiport ! --dports 80", false)]
    [InlineData("-p tcp -m multiport --ports 1000", true)]
    [InlineData("-p tcp -m multiport --sports 80", false)]
    [InlineData("-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN", true)]
    [InlineData("-p tcp --syn", true)]
    [InlineData("-p tcp ! --syn", false)]
    [InlineData("-p tcp -m tcp --tcp-flags SYN,ACK ACK", false)]
    [InlineData("-p tcp -m tcp --tcp-flags ALL NONE", false)]
    [InlineData("-p tcp -m tcp --tcp-option 8", true)]
    [InlineData("-p tcp -m tcp ! --tcp-option 8", false)]
    [InlineData("-p tcp -m tcp --tcp-option 5", false)]
    [InlineData("-m length --length 60", true)]
    [InlineData("-m length --length 61:", false)]
    [InlineData("-m length ! --length 0:59", true)]
    [InlineData("-m iprange --src-range 10.0.0.0-10.0.0.5", true)]
    [InlineData("-m iprange ! --dst-range 10.96.0.0-10.96.0.9", true)]
    public void Transport(string match, bool isCaught) => AssertCaught(match, Syn, isCaught);

    [Theory]
    [InlineData("-m mark --mark 0x4000/0x4000", true)]
    [InlineData("-m mark --mark 0x4000", false)]
    [InlineData("-m mark ! --mark 0x4000/0x4000", false)]
    [InlineData("-m connmark --mark 0x8", true)]
    [InlineData("-m connmark ! --mark 0x8/0xf", false)]
    [InlineData("-m addrtype --dst-type LOCAL", true)]
    [InlineData("-m addrtype --dst-type UNICAST,BROADCAST", false)]
    [InlineData("-m addrtype ! --src-type LOCAL --dst-type LOCAL", true)]
    [InlineData("-m addrtype --dst-type LOCAL --limit-iface-in", false)]
    [InlineData("-m addrtype --dst-type UNICAST --limit-iface-in", true)]
    [InlineData("-m conntrack --ctstate NEW", true)]
    [InlineData("-m conntrack --ctstate RELATED,ESTABLISHED", false)]
    [InlineData("-m conntrack ! --ctstate INVALID", true)]
    [InlineData("-m conntrack --ctstate DNAT", false)]
    [InlineData("-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT", true)]
    [InlineData("-m conntrack --ctdir ORIGINAL", true)]
    [InlineData("-m conntrack --ctdir REPLY", false)]
    [InlineData("-m conntrack --ctorigdst 10.96.0.10 --ctorigdstport 80", true)]
    [InlineData("-m conntrack --ctproto udp", false)]
    [InlineData("-m state --state NEW,RELATED", true)]
    [InlineData("-m state ! --state NEW", false)]
    [InlineData("-m comment --comment \"says nothing\"", true)]
    [InlineData("-m physdev --physdev-is-bridged", false)]
    [InlineData("-m physdev ! --physdev-is-in", true)]
    [InlineData("-m statistic --mode random --probability 1.0", true)]
    [InlineData("-m statistic --mode random --probability 0", false)]
    public void Connection_marks_and_the_rest(string match, bool isCaught) => AssertCaught(match, Syn, isCaught);

    [Theory]
    [InlineData("-m conntrack --ctstate DNAT", true)]
    [InlineData("-m conntrack --ctstate SNAT", false)]
    [InlineData("-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT", false)]
    [InlineData("-m conntrack --ctstate NEW,DNAT", true)]
    public void Translated_connections(string match, bool isCaught) =>
        AssertCaught(
            match, Syn with { State = ConnectionStates.New | ConnectionStates.DestinationTranslated }, isCaught);

    [Theory]
    [InlineData("-m conntrack --ctstate INVALID", true)]
    [InlineData("-m conntrack --ctstate INVALID --ctdir REPLY", true)]
    [InlineData("-m conntrack --ctdir ORIGINAL", false)]
    [InlineData("-m conntrack ! --ctproto udp", false)]
    [InlineData("-m connmark --mark 0x8", false)]
    [InlineData("-m connmark ! --mark 0x7", false)]
    public void Without_a_connection_only_the_state_is_known(string match, bool isCaught) =>
        AssertCaught(match, Syn with { State = ConnectionStates.Invalid }, isCaught);

    [Theory]
    [InlineData("-p icmp -m icmp --icmp-type 8", true)]
    [InlineData("-p icmp -m icmp --icmp-type echo-request", true)]
    [InlineData("-p icmp -m icmp --icmp-type 3", false)]
    [InlineData("-p icmp -m icmp --icmp-type 8/1", false)]
    [InlineData("-p icmp -m icmp --icmp-type any", true)]
    [InlineData("-p icmp -m icmp ! --icmp-type 8", false)]
    public void Icmp(string match, bool isCaught) =>
        AssertCaught(
            match, Rules.Packet(IpProtocol.Icmp, "10.0.0.1", 7, "10.0.0.2", 7) with { IcmpType = 8 }, isCaught);

    [Theory]
    [InlineData("-p udp -m udp --dport 53", false)]
    [InlineData("-p udp -m udp", false)]
    [InlineData("-p udp -m multiport ! --dports 53", false)]
    [InlineData("-p udp", true)]
    [InlineData("-f", true)]
    public void A_later_fragment_has_no_ports(string match, bool isCaught) =>
        AssertCaught(
            match, Rules.Udp("10.0.0.1", 0, "10.0.0.2", 0) with { Facts = PacketFacts.IsLaterFragment }, isCaught);

    [Theory]
    [InlineData("-d fd00::10/128", true)]
    [InlineData("-d fd00::11", false)]
    [InlineData("-d fd00::/8", true)]
    [InlineData("! -s fd00::1", false)]
    [InlineData("-s fd00::/64 -d fd00::10 -p tcp -m tcp --dport 80", true)]
    public void Ipv6_addresses(string match, bool isCaught)
    {
        using Rules rules = new(Rules.Dump("filter", "FORWARD", $"{match} -j DROP"), 6);
        Assert.Equal(isCaught, rules.Drops(Rules.Tcp("fd00::1", 1000, "fd00::10", 80)));
    }

    [Theory]
    [InlineData("create s hash:ip|add s 10.96.0.10", "dst", true)]
    [InlineData("create s hash:ip|add s 10.96.0.10", "src", false)]
    [InlineData("create s hash:net|add s 10.96.0.0/16|add s 10.96.0.0/24 nomatch", "dst", false)]
    [InlineData("create s hash:net|add s 10.96.0.0/16|add s 10.96.1.0/24 nomatch", "dst", true)]
    [InlineData("create s hash:ip,port|add s 10.96.0.10,tcp:80", "dst,dst", true)]
    [InlineData("create s hash:ip,port|add s 10.96.0.10,udp:80", "dst,dst", false)]
    [InlineData("create s hash:ip,port|add s 10.96.0.10,tcp:80", "dst", false)]
    [InlineData("create s hash:ip,port,ip|add s 10.96.0.10,tcp:80,10.0.0.1", "dst,dst,src", true)]
    [InlineData("create s hash:ip,port,net|add s 10.96.0.10,tcp:80,10.0.0.0/24", "dst,dst,src", true)]
    [InlineData("create s hash:ip,port,net|add s 10.96.0.10,tcp:80,10.0.1.0/24", "dst,dst,src", false)]
    [InlineData("create s hash:net,port|add s 10.96.0.0/24,tcp:80", "dst,dst", true)]
    [InlineData("create s hash:net,iface|add s 10.0.0.0/8,eth0", "src,src", true)]
    [InlineData("create s hash:net,iface|add s 10.0.0.0/8,eth1", "src,src", false)]
    [InlineData("create s bitmap:port range 0-65535|add s 80", "dst", true)]
    [InlineData("create s bitmap:port range 0-65535|add s 80", "src", false)]
    [InlineData("create s list:set size 8|add s t|create t hash:ip|add t 10.96.0.10", "dst", true)]
    public void Sets(string set, string directions, bool isCaught)
    {
        using Rules rules = Rules.Forwarding([$"-m set --match-set s {directions} -j DROP", .. set.Split('|')]);
        using Rules negated = Rules.Forwarding([$"-m set ! --match-set s {directions} -j DROP", .. set.Split('|')]);

        Assert.Equal(isCaught, rules.Drops(Syn));
        Assert.Equal(!isCaught, negated.Drops(Syn));
    }

    [Fact]
    public void Nth_counts_the_packets_that_reach_it()
    {
        using Rules rules = Rules.Forwarding("-m statistic --mode nth --every 3 --packet 1 -p tcp --dport 80 -j DROP");

        Assert.Equal([false, true, false, false, true], Enumerable.Range(0, 5).Select(_ => rules.Drops(Syn)));
    }

    [Fact]
    public void What_stands_before_a_counting_match_is_asked_before_it_and_what_stands_behind_it_is_asked_behind()
    {
        using Rules before = Rules.Forwarding(
            "-p tcp -m tcp --dport 81 -m statistic --mode nth --every 2 --packet 0 -j DROP");
        using Rules behind = Rules.Forwarding(
            "-p tcp -m statistic --mode nth --every 2 --packet 0 -m tcp --dport 81 -j DROP");
        NetfilterPacket other = Syn with { DestinationPort = 81 };

        Assert.Equal((false, true), (before.Drops(Syn), before.Drops(other)));
        Assert.Equal((false, false), (behind.Drops(Syn), behind.Drops(other)));
    }

    [Fact]
    public void A_rule_s_chance_is_its_probability()
    {
        using Rules rules = Rules.Forwarding("-m statistic --mode random --probability 0.33333333349 -j DROP");

        int dropped = Enumerable.Range(0, 30_000).Count(_ => rules.Drops(Syn));

        Assert.InRange(dropped, 9_700, 10_300);
    }

    [Fact]
    public void A_limit_lets_the_burst_by_and_then_one_for_each_interval()
    {
        using Rules rules = Rules.Forwarding("-m limit --limit 1/sec --limit-burst 3 -j ACCEPT", "-j DROP");

        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => !rules.Drops(Syn)));
        Assert.True(rules.Drops(Syn with { Now = 900_000_000 }));
        Assert.False(rules.Drops(Syn with { Now = 1_000_000_000 }));
        Assert.True(rules.Drops(Syn with { Now = 1_100_000_000 }));
    }

    private static void AssertCaught(string match, NetfilterPacket packet, bool isCaught)
    {
        using Rules rules = Rules.Forwarding($"{match} -j DROP");
        Assert.Equal(isCaught, rules.Drops(packet));
    }
}
