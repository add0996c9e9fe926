using System.Globalization;
using System.Text;
using Dataplane.Core;
using Dataplane.Engines.Iptables;
using Dataplane.Tests.Golden;
using Xunit;

namespace Dataplane.Tests.Engines.Iptables;

/// <summary>Dumps that a kernel would refuse, or that are none: one line that names the place and the word.</summary>
public class HostileDumpTests
{
    [Theory]
    [InlineData("-m owner --uid-owner 0 -j DROP", "dump:3: match owner is not modelled")]
    [InlineData("-j NFQUEUE", "dump:3: target NFQUEUE is not modelled")]
    [InlineData("-p tcp -m tcp --dport 80 --ttl 7", "dump:3: option --ttl is not modelled for match tcp")]
    [InlineData("-j REJECT --reject-with bombs", "dump:3: --reject-with bombs is not modelled for IPv4")]
    [InlineData("-j NOWHERE", "dump:3: no chain NOWHERE in table filter, nor a target of that name")]
    [InlineData("-j FORWARD", "dump:3: chain FORWARD is built in: no rule may jump there")]
    [InlineData("-g DROP", "dump:3: -g DROP: not a chain")]
    [InlineData("-s 10.0.0.300 -j DROP", "dump:3: -s 10.0.0.300: not an IPv4 address or prefix")]
    [InlineData("-s 10.0.0 -j DROP", "dump:3: -s 10.0.0: not an IPv4 address or prefix")]
    [InlineData("-s 10.0.0.01 -j DROP", "dump:3: -s 10.0.0.01: not an IPv4 address or prefix")]
    [InlineData("-s 10.0.0.1.2 -j DROP", "dump:3: -s 10.0.0.1.2: not an IPv4 address or prefix")]
    [InlineData("-s 10.0.0.1/33 -j DROP", "dump:3: -s 10.0.0.1/33: not an IPv4 address or prefix")]
    [InlineData("-s fd00::1 -j DROP", "dump:3: -s fd00::1: not an IPv4 address or prefix")]
    [InlineData("-p tcp --dport 99999", "dump:3: --dport 99999: not a port or a range of ports")]
    [InlineData("-m tcp --dport 80", "dump:3: match tcp needs -p tcp")]
    [InlineData("-p tcp --dport 80 --dport 81", "dump:3: --dport stands there twice")]
    [InlineData("-m comment --comment \"open", "dump:3: a quote is not closed")]
    [InlineData("-m comment ! --comment no", "dump:3: --comment cannot be negated")]
    [InlineData("-m comment --comment", "dump:3: --comment has no value")]
    [InlineData("-m set --match-set gone src", "dump:3: no set gone: append the output of ipset save to the dump")]
    [InlineData("-m statistic --mode random --probability 7", "dump:3: --probability 7: not a number from 0 to 1")]
    [InlineData("-m recent --name x", "dump:3: match recent takes one of --set, --rcheck, --update, --remove")]
    [InlineData("-m limit --limit 5/fortnight", "dump:3: --limit 5/fortnight: not N/second, N/minute, N/hour or N/day")]
    [InlineData("-j DNAT --to-destination 10.0.0.1", "dump:3: target DNAT belongs in table nat, not in filter")]
    public void A_rule_that_cannot_be_is_named(string rule, string message) =>
        Assert.Equal(message, Refusal(Rules.Dump("filter", "FORWARD", rule)));

    [Theory]
    [InlineData("*nat\n:PREROUTING ACCEPT [0:0]\n", "dump:2: the dump ends inside table nat: COMMIT is missing")]
    [InlineData("*broute\nCOMMIT", "dump:1: table broute is not modelled")]
    [InlineData("*filter\n:INPUT ACCEPT [0:x]\nCOMMIT", "dump:2: [0:x]: not [packets:bytes]")]
    [InlineData("*filter\n:INPUT ACCEPT\n:INPUT ACCEPT\nCOMMIT", "dump:3: chain INPUT stands there twice")]
    [InlineData("*filter\n:FORWARD QUEUE\nCOMMIT", "dump:2: policy QUEUE is not modelled")]
    [InlineData("*filter\n:MINE ACCEPT\nCOMMIT",
        "dump:2: chain MINE of table filter is not built in: it has no policy")]
    [InlineData("*filter\nCOMMIT\n*filter\nCOMMIT", "dump:3: table filter stands there twice, first at line 1")]
    [InlineData("-A INPUT -j DROP", "dump:1: a rule outside of a table")]
    [InlineData("*filter\n-A INPUT -j DROP\nCOMMIT", "dump:2: no chain INPUT in table filter")]
    [InlineData("create s hash:mac", "dump:1: set type hash:mac is not modelled")]
    [InlineData("create s hash:ip timeout 60", "dump:1: option timeout 60 of a set is not modelled")]
    [InlineData("add s 10.0.0.1", "dump:1: no set s: its create line is missing")]
    [InlineData("create s hash:ip\nadd s 10.0.0.1,tcp:80", "dump:2: entry 10.0.0.1,tcp:80: not an entry of 1 parts")]
    [InlineData("\u0001\u0002ELF", "dump:1: ??ELF: no line that iptables-save or ipset save prints")]
    [InlineData("*security\n:INPUT ACCEPT\n-A INPUT -j ACCEPT\nCOMMIT", "dump:3: table security is not modelled")]
    public void A_dump_that_cannot_be_is_named(string dump, string message) => Assert.Equal(message, Refusal(dump));

    [Fact]
    public void Two_thousand_chains_in_a_circle_are_refused_with_the_line_that_closes_it()
    {
        string message = Refusal(NestedChains(2_000, closed: true));

        Assert.Equal(
            "dump:4003: chain C1999 leads back to chain C0, a circle of 2000 chains: the kernel refuses it", message);
    }

    [Fact]
    public void Two_thousand_chains_one_inside_the_other_are_walked_to_the_end_and_back()
    {
        using Rules rules = new(NestedChains(2_000, closed: false));

        Assert.Equal(NetfilterVerdict.Accept, rules.Forward(Rules.Tcp("10.0.0.1", 1, "10.0.0.2", 2)));
        Assert.Equal(2_000, rules.Compiled.Depth);
    }

    [Fact]
    public void A_dump_cut_anywhere_is_read_or_refused_in_one_line()
    {
        string dump = GoldenFolder.ReadText("50-three-tier/iptables-save-node-1.txt");
        int refused = 0;
        for (int length = 0; length < dump.Length; length += 97)
        {
            string? message = TryRefusal(dump[..length]);
            if (message is null) continue;

            refused++;
            Assert.Matches("^dump:[0-9]+: ", message);
            Assert.DoesNotContain('\n', message);
        }

        Assert.True(refused > 100, $"only {refused} cuts were refused");
    }

    [Fact]
    public void Random_bytes_in_a_dump_never_break_the_reader()
    {
        byte[] dump = GoldenFolder.Read("50-three-tier/iptables-save-node-1.txt");
        Draw draw = new(7);
        for (int round = 0; round < 300; round++)
        {
            byte[] damaged = [.. dump];
            for (int change = 0; change < 3; change++) damaged[draw.Next((uint)damaged.Length)] = (byte)draw.Next(256);
            string? message = TryRefusal(Encoding.Latin1.GetString(damaged));
            if (message is not null) Assert.StartsWith("dump", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_plain_rule_takes_forty_eight_bytes_and_a_rarer_match_sixteen()
    {
        using Rules plain = Rules.Forwarding("-d 10.0.0.1 -p tcp --dport 80 -j ACCEPT", "-i eth0 -j DROP");
        using Rules rare = Rules.Forwarding("-d 10.0.0.1 -p tcp --dport 80:81 -j ACCEPT", "-i eth0 -j DROP");

        Assert.Equal((3 * 48, 3 * 48 + 16), (plain.Compiled.MemorySize, rare.Compiled.MemorySize));
    }

    private static string NestedChains(int count, bool closed)
    {
        StringBuilder dump = new("*filter\n:FORWARD ACCEPT [0:0]\n");
        for (int chain = 0; chain < count; chain++) dump.Append(CultureInfo.InvariantCulture, $":C{chain} - [0:0]\n");
        dump.Append("-A FORWARD -j C0\n");
        for (int chain = 0; chain < count - 1; chain++)
            dump.Append(CultureInfo.InvariantCulture, $"-A C{chain} -j C{chain + 1}\n");
        if (closed) dump.Append(CultureInfo.InvariantCulture, $"-A C{count - 1} -j C0\n");
        return dump.Append("COMMIT\n").ToString().Replace("\r", "", StringComparison.Ordinal);
    }

    private static string Refusal(string dump) =>
        TryRefusal(dump) ?? throw new InvalidOperationException("the dump was accepted");

    private static string? TryRefusal(string dump)
    {
        try
        {
            using Rules rules = new(dump);
            return null;
        }
        catch (InvalidDataException refusal)
        {
            return refusal.Message;
        }
    }
}
