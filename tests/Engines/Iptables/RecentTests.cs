using Dataplane.Engines.Iptables;
using Xunit;

namespace Dataplane.Tests.Engines.Iptables;

/// <summary>Address lists as <c>xt_recent.c</c> keeps them.</summary>
public class RecentTests
{
    private const long Second = 1_000_000_000;

    private const string Remember = "-p udp -m recent --set --name seen --rsource";

    [Fact]
    public void An_address_is_found_until_it_is_too_old_and_reaping_forgets_it()
    {
        using Rules rules = Rules.Forwarding(
            Remember, "-m recent --rcheck --seconds 10 --reap --name seen --rsource -j DROP");

        Assert.False(rules.Drops(Tcp("10.0.0.1", 0)));
        rules.Forward(Udp("10.0.0.1", 0));
        Assert.True(rules.Drops(Tcp("10.0.0.1", 10 * Second)));
        Assert.False(rules.Drops(Tcp("10.0.0.2", 10 * Second)));
        Assert.False(rules.Drops(Tcp("10.0.0.1", 10 * Second + 1)));
        Assert.False(rules.Drops(Tcp("10.0.0.1", 5 * Second)));
    }

    [Fact]
    public void Update_renews_what_it_finds_and_rcheck_does_not()
    {
        using Rules updating = Rules.Forwarding(
            Remember, "-m recent --update --seconds 10 --name seen --rsource -j DROP");
        using Rules checking = Rules.Forwarding(
            Remember, "-m recent --rcheck --seconds 10 --name seen --rsource -j DROP");
        foreach (Rules rules in (Rules[])[updating, checking])
        {
            rules.Forward(Udp("10.0.0.1", 0));
            Assert.True(rules.Drops(Tcp("10.0.0.1", 8 * Second)));
        }

        Assert.True(updating.Drops(Tcp("10.0.0.1", 16 * Second)));
        Assert.False(checking.Drops(Tcp("10.0.0.1", 16 * Second)));
    }

    [Fact]
    public void The_hundred_and_first_address_takes_the_place_of_the_one_unused_longest()
    {
        using Rules rules = Rules.Forwarding(Remember, "-m recent --rcheck --name seen --rsource -j DROP");
        for (int host = 1; host <= 100; host++) rules.Forward(Udp($"10.0.0.{host}", host));
        rules.Forward(Udp("10.0.0.1", 101));
        rules.Forward(Udp("10.0.0.101", 102));

        Assert.True(rules.Drops(Tcp("10.0.0.1", 103)));
        Assert.False(rules.Drops(Tcp("10.0.0.2", 103)));
        Assert.True(rules.Drops(Tcp("10.0.0.101", 103)));
        Assert.Equal(100, Enumerable.Range(1, 101).Count(host => rules.Drops(Tcp($"10.0.0.{host}", 103))));
    }

    [Fact]
    public void A_hit_count_counts_stamps_within_the_time()
    {
        using Rules rules = Rules.Forwarding(
            Remember, "-p tcp -m recent --rcheck --seconds 10 --hitcount 3 --name seen --rsource -j DROP");
        rules.Forward(Udp("10.0.0.1", 0));
        rules.Forward(Udp("10.0.0.1", 4 * Second));
        Assert.False(rules.Drops(Tcp("10.0.0.1", 5 * Second)));

        rules.Forward(Udp("10.0.0.1", 8 * Second));
        Assert.True(rules.Drops(Tcp("10.0.0.1", 9 * Second)));
        Assert.False(rules.Drops(Tcp("10.0.0.1", 11 * Second)));
    }

    [Fact]
    public void Remove_forgets_and_tells_whether_it_had_to()
    {
        using Rules rules = Rules.Forwarding(Remember, "-p tcp -m recent --remove --name seen --rsource -j DROP");
        rules.Forward(Udp("10.0.0.1", 0));

        Assert.Equal((true, false), (rules.Drops(Tcp("10.0.0.1", 1)), rules.Drops(Tcp("10.0.0.1", 2))));
    }

    [Fact]
    public void A_mask_makes_one_entry_of_a_network()
    {
        using Rules rules = Rules.Forwarding(
            "-p udp -m recent --set --name seen --mask 255.255.255.0 --rsource",
            "-m recent --rcheck --name seen --mask 255.255.255.0 --rsource -j DROP");
        rules.Forward(Udp("10.0.0.1", 0));

        Assert.Equal((true, false), (rules.Drops(Tcp("10.0.0.77", 1)), rules.Drops(Tcp("10.0.1.1", 1))));
    }

    private static NetfilterPacket Tcp(string from, long now) => Rules.Tcp(from, 1, "10.96.0.1", 80) with { Now = now };

    private static NetfilterPacket Udp(string from, long now) => Rules.Udp(from, 1, "10.96.0.1", 80) with { Now = now };
}
