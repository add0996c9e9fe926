using Dataplane.Core;
using Xunit;

namespace Dataplane.Tests.Engines.Ipvs;

/// <summary>rr and wrr, in the kernel's order: the server that was added last stands first in the list.</summary>
public class RoundRobinTests
{
    [Fact]
    public void Rr_serves_the_last_added_first_and_then_goes_round()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1 2 3"));

        Assert.Equal("3 2 1 3 2 1 3", lab.Sequence(7));
    }

    [Fact]
    public void Rr_asks_weights_only_whether_they_are_zero()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1:5 2:0 3:1"));

        Assert.Equal("3 1 3 1 3", lab.Sequence(5));
    }

    [Fact]
    public void A_look_up_that_is_not_let_through_does_not_move_the_place()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1 2 3"));
        FlowKey key = lab.Key("10.244.9.9", 50000);

        ServiceVerdict first = lab.Ask(in key);

        Assert.Equal(first, lab.Ask(in key));
        Assert.Equal("3 2", lab.Sequence(2));
    }

    /// <summary>
    /// The list is 3(w1) 2(w2) 1(w3). Adding w3 first set the running weight to 3-(3-1)=1, and it stays 1 as the others
    /// come (step 1, top 3). Round of 1: all, 3 2 1; then rounds of 3: 1; of 2: 2 1; of 1: 3 2 1; and so on.
    /// </summary>
    [Fact]
    public void Wrr_begins_with_the_weight_that_adding_the_servers_left()
    {
        using var lab = new IpvsLab(IpvsLab.Service("wrr", "1:3 2:2 3:1"));

        Assert.Equal("3 2 1 1 2 1 3 2 1 1 2 1", lab.Sequence(12));
    }

    /// <summary>
    /// Weights 4 and 2, step 2: rounds ask for 4-(2-1)=3 and 1. Added 2 first (step 2, top 1, so 1), then 4: 1/2*2+1=1.
    /// Round of 1: 2 1, then of 3: 2, of 1: 2 1.
    /// </summary>
    [Fact]
    public void Wrr_falls_by_the_common_divisor_of_the_weights()
    {
        using var lab = new IpvsLab(IpvsLab.Service("wrr", "1:2 2:4"));

        Assert.Equal("2 1 2 2 1 2 2 1", lab.Sequence(8));
    }

    [Fact]
    public void Wrr_gives_each_server_its_weight_in_every_full_round()
    {
        using var lab = new IpvsLab(IpvsLab.Service("wrr", "1:1 2:3 3:6 4:0"));

        string[] served = lab.Sequence(100).Split(' ');

        Assert.Equal(
            [10, 30, 60, 0], new[] { "1", "2", "3", "4" }.Select(server => served.Count(found => found == server)));
    }

    [Theory]
    [InlineData("rr")]
    [InlineData("wrr")]
    public void Without_any_weight_there_is_no_server(string scheduler)
    {
        using var lab = new IpvsLab(IpvsLab.Service(scheduler, "1:0 2:0"));

        Assert.Equal(ServiceOutcome.NoBackend, lab.Ask(lab.Key("10.244.9.9", 1)).Outcome);
        Assert.Equal("0 0", lab.Sequence(2));
    }

    /// <summary>With an upper threshold of 2 a server takes two connections and then no more.</summary>
    [Theory]
    [InlineData("rr", "2 1 2 1 0 0")]
    [InlineData("wrr", "2 1 2 1 0 0")]
    public void Overloaded_servers_are_passed_over(string scheduler, string expected)
    {
        using var lab = new IpvsLab(IpvsLab.Service(scheduler, "1:1/-x/2 2:1/-x/2"));

        Assert.Equal(expected, lab.Sequence(6));
    }

    [Fact]
    public void The_place_of_rr_goes_back_to_the_server_before_the_one_that_is_taken_out()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1 2 3 4"));
        Assert.Equal("4 3", lab.Sequence(2));

        lab.Change(IpvsLab.Service("rr", "1 2 4"));

        Assert.Equal("2 1 4", lab.Sequence(3));
    }
}
