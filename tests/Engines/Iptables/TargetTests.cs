using Dataplane.Engines.Iptables;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.Iptables;

/// <summary>Each target, and the way through chains.</summary>
public class TargetTests
{
    private static readonly NetfilterPacket Syn = Rules.Tcp("10.0.0.1", 1000, "10.96.0.10", 80);

    [Theory]
    [InlineData("", "-p tcp", RejectWith.PortUnreachable)]
    [InlineData("--reject-with icmp-host-prohibited", "-p tcp", RejectWith.HostProhibited)]
    [InlineData("--reject-with icmp-admin-prohibited", "-p tcp", RejectWith.AdministrativelyProhibited)]
    [InlineData("--reject-with tcp-reset", "-p tcp", RejectWith.TcpReset)]
    public void Reject_says_how(string how, string match, RejectWith expected)
    {
        using Rules rules = Rules.Forwarding($"{match} -j REJECT {how}");
        NetfilterOutcome outcome = rules.ForwardOutcome(Syn);

        Assert.Equal((NetfilterVerdict.Reject, expected), (outcome.Verdict, outcome.Reject));
        Assert.Equal("filter FORWARD 1", rules.Compiled.PlaceOf(outcome.Rule).ToString());
    }

    [Theory]
    [InlineData("-j DNAT --to-destination 10.244.1.5:8080", NatKind.Destination,
        "10.244.1.5", "10.244.1.5", 8080, 8080, NatOptions.HasAddress | NatOptions.HasPorts)]
    [InlineData("-j DNAT --to-destination 10.244.1.5", NatKind.Destination,
        "10.244.1.5", "10.244.1.5", 0, 0, NatOptions.HasAddress)]
    [InlineData("-j DNAT --to-destination :8080", NatKind.Destination,
        "0.0.0.0", "0.0.0.0", 8080, 8080, NatOptions.HasPorts)]
    [InlineData("-j DNAT --to-destination 10.0.0.1-10.0.0.9:80-90 --random --persistent",
        NatKind.Destination, "10.0.0.1",
        "10.0.0.9", 80, 90, NatOptions.HasAddress | NatOptions.HasPorts | NatOptions.Random | NatOptions.Persistent)]
    [InlineData("-j REDIRECT --to-ports 3128", NatKind.Redirect, "0.0.0.0", "0.0.0.0", 3128, 3128, NatOptions.HasPorts)]
    public void A_destination_is_asked_for(
        string target, NatKind kind, string first, string last, int firstPort, int lastPort, NatOptions options)
    {
        using Rules rules = Rules.Of("nat", "PREROUTING", $"-p tcp {target}");
        NatRequest nat = rules.Prerouting(Syn).Nat;

        Assert.Equal((kind, options, firstPort, lastPort), (nat.Kind, nat.Options, nat.FirstPort, nat.LastPort));
        Assert.Equal((IpAddress.Parse(first).Value, IpAddress.Parse(last).Value), (nat.FirstAddress, nat.LastAddress));
    }

    [Theory]
    [InlineData("-j MASQUERADE --random-fully", NatKind.Masquerade, NatOptions.RandomFully)]
    [InlineData("-p tcp -j MASQUERADE --to-ports 1024-2048", NatKind.Masquerade, NatOptions.HasPorts)]
    [InlineData("-j SNAT --to-source 192.0.2.1", NatKind.Source, NatOptions.HasAddress)]
    public void A_source_is_asked_for(string target, NatKind kind, NatOptions options)
    {
        using Rules rules = Rules.Of("nat", "POSTROUTING", target);
        NatRequest nat = rules.Postrouting(Syn).Nat;

        Assert.Equal((kind, options), (nat.Kind, nat.Options));
    }

    [Fact]
    public void Ipv6_targets_have_brackets_where_there_are_ports()
    {
        using Rules rules = new(Rules.Dump("nat", "PREROUTING", "-p tcp -j DNAT --to-destination [fd00::5]:8080"), 6);
        NatRequest nat = rules.Prerouting(Rules.Tcp("fd00::1", 1, "fd00::10", 80)).Nat;

        Assert.Equal((IpAddress.Parse("fd00::5").Value, (ushort)8080), (nat.FirstAddress, nat.FirstPort));
    }

    [Fact]
    public void Nat_sees_the_first_packet_of_a_connection_only()
    {
        using Rules rules = Rules.Of("nat", "PREROUTING", "-j DNAT --to-destination 10.244.1.5");

        Assert.Equal(NatKind.Destination, rules.Prerouting(Syn).Nat.Kind);
        Assert.Equal(NatKind.None, rules.Prerouting(Syn with { Facts = PacketFacts.None }).Nat.Kind);
        Assert.Equal(NatKind.None, rules.Prerouting(Syn with { State = ConnectionStates.Untracked }).Nat.Kind);
        Assert.Equal(1, rules.Counters.PacketsOf(0));
    }

    [Theory]
    [InlineData("MARK --set-xmark 0x4000/0x4000", 0x10u, 0x4010u)]
    [InlineData("MARK --set-xmark 0x4000/0x0", 0x4010u, 0x10u)]
    [InlineData("MARK --set-mark 0x1", 0x10u, 0x1u)]
    [InlineData("MARK --set-mark 0x1/0xf", 0x1fu, 0x11u)]
    [InlineData("MARK --or-mark 0x4000", 0x10u, 0x4010u)]
    [InlineData("MARK --and-mark 0x10", 0x11u, 0x10u)]
    [InlineData("MARK --xor-mark 0x1", 0x11u, 0x10u)]
    [InlineData("CONNMARK --restore-mark", 0x0u, 0xabcdu)]
    [InlineData("CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff", 0x1100u, 0x11cdu)]
    public void Marks_change(string target, uint before, uint after)
    {
        using Rules rules = Rules.Of("mangle", "PREROUTING", $"-j {target}");
        Assert.Equal(after, rules.Prerouting(Syn with { Mark = before, ConnectionMark = 0xabcd }).Mark);
    }

    [Theory]
    [InlineData("CONNMARK --save-mark", 0x12u)]
    [InlineData("CONNMARK --save-mark --nfmask 0xf --ctmask 0xff", 0xab02u)]
    [InlineData("CONNMARK --set-xmark 0x1/0xff", 0xab01u)]
    public void Connection_marks_change(string target, uint after)
    {
        using Rules rules = Rules.Of("mangle", "PREROUTING", $"-j {target}");
        Assert.Equal(after, rules.Prerouting(Syn with { Mark = 0x12, ConnectionMark = 0xabcd }).ConnectionMark);
    }

    [Theory]
    [InlineData("NOTRACK")]
    [InlineData("CT --notrack")]
    public void Notrack_keeps_conntrack_away(string target)
    {
        using Rules rules = Rules.Of("raw", "PREROUTING", $"-p tcp -j {target}");

        Assert.True(rules.Raw(Syn).IsUntracked);
        Assert.False(rules.Raw(Rules.Udp("10.0.0.1", 1, "10.0.0.2", 2)).IsUntracked);
    }

    [Theory]
    [InlineData("--set-mss 1360", 1360)]
    [InlineData("--clamp-mss-to-pmtu", NetfilterOutcome.ClampToPath)]
    public void A_segment_size_is_asked_for(string option, int size)
    {
        using Rules rules = Rules.Forwarding($"-p tcp --syn -j TCPMSS {option}", "-j LOG --log-prefix \"passed: \"");
        Assert.Equal(size, rules.ForwardOutcome(Syn).SegmentSize);
    }

    [Fact]
    public void A_jump_comes_back_a_goto_does_not_and_return_leaves_early()
    {
        using Rules rules = Rules.Forwarding(
            ":JUMPED - [0:0]",
            ":GONE - [0:0]",
            ":INNER - [0:0]",
            "-j JUMPED",
            "-j DROP",
            "-A JUMPED -g GONE",
            "-A JUMPED -j ACCEPT",
            "-A GONE -j INNER",
            "-A INNER -j RETURN",
            "-A INNER -j ACCEPT");

        Assert.Equal(
            ["filter FORWARD 1 *", "filter JUMPED 1 *", "filter GONE 1 *", "filter INNER 1 *", "filter GONE end *",
                "filter FORWARD 2 *"],
            rules.Visited(Syn));
    }

    [Fact]
    public void A_goto_from_a_built_in_chain_ends_at_its_policy()
    {
        using Rules rules = new(
            "*filter\n:FORWARD DROP [0:0]\n:GONE - [0:0]\n-A FORWARD -g GONE\n-A FORWARD -j ACCEPT\n"
            + "-A GONE -p udp\nCOMMIT");
        NetfilterOutcome outcome = rules.ForwardOutcome(Syn);

        Assert.Equal(NetfilterVerdict.Drop, outcome.Verdict);
        Assert.Equal("filter FORWARD policy", rules.Compiled.PlaceOf(outcome.Rule).ToString());
    }

    [Fact]
    public void Every_rule_on_the_way_is_visited_and_counted_once()
    {
        using Rules rules = Rules.Forwarding(":WEB - [0:0]", "-p udp -j DROP",
            "-p tcp --dport 81 -j WEB", "-p tcp --dport 80 -j WEB", "-A WEB -s 10.0.0.2 -j DROP");
        rules.Forward(Syn);
        rules.Forward(Syn);

        Assert.Equal(
            ["filter FORWARD 1", "filter FORWARD 2", "filter FORWARD 3 *", "filter WEB 1", "filter WEB end *",
                "filter FORWARD policy *"],
            rules.Visited(Syn));
        Assert.Equal(8, rules.Counters.RulesVisited);
        Assert.Equal(
            (0, 2, 120), (rules.Counters.PacketsOf(1), rules.Counters.PacketsOf(2), rules.Counters.BytesOf(2)));
    }
}
