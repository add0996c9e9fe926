using Dataplane.Core;
using Dataplane.Engines.Ipvs;
using Xunit;

namespace Dataplane.Tests.Engines.Ipvs;

/// <summary>
/// Schedulers that count connections; the list has the last added first, and the first of equals is taken.
/// </summary>
public class LeastConnectionTests
{
    [Fact]
    public void Lc_takes_the_first_of_those_with_the_fewest_connections()
    {
        using var lab = new IpvsLab(IpvsLab.Service("lc", "1 2 3"));

        Assert.Equal("3 2 1 3 2 1", lab.Sequence(6));
    }

    [Fact]
    public void Lc_counts_an_active_connection_as_256_inactive_ones()
    {
        using var lab = new IpvsLab(IpvsLab.Service("lc", "1 2"));
        Assert.Equal(2, lab.Establish(lab.Key("10.244.9.9", 1)).Server);

        int[] served = [.. Enumerable.Range(2, 258).Select(Finished)];

        Assert.All(served.Take(256), server => Assert.Equal(1, server));
        Assert.Equal([2, 1], served.Skip(256));

        int Finished(int port)
        {
            (int server, uint connection) = lab.Establish(lab.Key("10.244.9.9", port));
            lab.State.Transit(connection, IpvsDirection.Input, TcpStates.Fin | TcpStates.Ack, 0, lab.Now);
            return server;
        }
    }

    /// <summary>
    /// Overheads 256 each: 2/2 and 1/1 tie at first (0), the first in the list has it; then the cost per weight.
    /// </summary>
    [Fact]
    public void Wlc_divides_by_the_weight()
    {
        using var lab = new IpvsLab(IpvsLab.Service("wlc", "1:1 2:2"));

        Assert.Equal("2 1 2 2 1 2", lab.ActiveSequence(6));
    }

    /// <summary>(active+1)/weight: 1/3 against 1/1 and so on; three to one.</summary>
    [Fact]
    public void Sed_counts_the_connection_that_is_coming()
    {
        using var lab = new IpvsLab(IpvsLab.Service("sed", "1:1 2:3"));

        Assert.Equal("2 2 2 1 2 2 2 1", lab.ActiveSequence(8));
    }

    /// <summary>
    /// 2 has weight 3, yet an idle server comes first; then as sed: 2/3 to 6/3 against 2/1, the first of equals.
    /// </summary>
    [Fact]
    public void Nq_never_lets_a_server_be_idle()
    {
        using var lab = new IpvsLab(IpvsLab.Service("nq", "1:1 2:3"));

        Assert.Equal("2 1 2 2 2 2 2 1", lab.ActiveSequence(8));
    }

    [Fact]
    public void Fo_uses_the_highest_weight_until_that_server_is_overloaded()
    {
        using var lab = new IpvsLab(IpvsLab.Service("fo", "1:1 2:9/-x/3 3:5"));

        Assert.Equal("2 2 2 3 3 3", lab.Sequence(6));
    }

    /// <summary>
    /// A server overflows once it has more active connections than weight: 3 on weight 2, then 2 on weight 1.
    /// </summary>
    [Fact]
    public void Ovf_fills_the_highest_weight_first_and_then_the_next()
    {
        using var lab = new IpvsLab(IpvsLab.Service("ovf", "1:1 2:2"));

        Assert.Equal("2 2 2 1 1 0", lab.ActiveSequence(6));
    }

    [Theory]
    [InlineData("lc")]
    [InlineData("wlc")]
    [InlineData("sed")]
    [InlineData("nq")]
    [InlineData("fo")]
    [InlineData("ovf")]
    [InlineData("lblc")]
    [InlineData("lblcr")]
    public void Weight_zero_gets_nothing(string scheduler)
    {
        using var lab = new IpvsLab(IpvsLab.Service(scheduler, "1:1 2:0"));

        Assert.Equal("1", lab.Sequence(1));
        lab.Change(IpvsLab.Service(scheduler, "1:0 2:0"));
        Assert.Equal(0, lab.Serve(lab.Key("10.244.9.9", 1)));
    }

    /// <summary>
    /// Weight 2: crowded from the third active connection on, while the other has less than half of its weight; the
    /// fourth goes to the other, which then is the address's.
    /// </summary>
    [Fact]
    public void Lblc_stays_with_a_server_until_it_is_crowded_and_another_has_room()
    {
        using var lab = new IpvsLab(IpvsLab.Service("lblc", "1:2 2:2"));

        Assert.Equal("2 2 2 1 1 1 1 1", lab.ActiveSequence(8));
    }

    /// <summary>
    /// As lblc, but the set grows to both, and the less loaded of it is taken: after 2 2 2 the set has 1 as well, first
    /// in it, and 256 per connection over weight 2 decides; the first of equals is the one that joined last.
    /// </summary>
    [Fact]
    public void Lblcr_takes_the_less_loaded_of_its_set()
    {
        using var lab = new IpvsLab(IpvsLab.Service("lblcr", "1:2 2:2"));

        Assert.Equal("2 2 2 1 1 1 1 2 1", lab.ActiveSequence(9));
    }

    [Fact]
    public void Lblcr_s_set_loses_its_most_loaded_server_after_a_day_without_change()
    {
        using var lab = new IpvsLab(IpvsLab.Service("lblcr", "1:2 2:2"));
        Assert.Equal("2 2 2 1", lab.ActiveSequence(4));

        lab.Now = 20 * 3600 * IpvsLab.Second;
        Assert.Equal(1, lab.Serve(lab.Key("10.244.9.9", 1)));
        lab.Now = 25 * 3600 * IpvsLab.Second;
        Assert.Equal(1, lab.Serve(lab.Key("10.244.9.9", 2)));
        lab.Now += IpvsLab.Second;

        Assert.Equal(2, lab.Serve(lab.Key("10.244.9.9", 3)));
    }

    [Fact]
    public void Connections_that_time_out_are_counted_no_more()
    {
        using var lab = new IpvsLab(IpvsLab.Service("lc", "1 2"));
        Assert.Equal((2, 1), (lab.Establish(lab.Key("10.244.9.9", 1)).Server, lab.LoadOf(2).Active));
        Assert.Equal("1 2 1", lab.Sequence(3));
        Assert.Equal((2, 2), (lab.LoadOf(1).Active, lab.LoadOf(2).Active));

        lab.Now = 60 * IpvsLab.Second + IpvsLab.Second;
        lab.State.Advance(lab.Now);
        Assert.Equal((0, 1), (lab.LoadOf(1).Total, lab.LoadOf(2).Active));

        lab.Now = 900 * IpvsLab.Second + IpvsLab.Second;
        lab.State.Advance(lab.Now);
        Assert.Equal((0, 0), (lab.LoadOf(2).Active, lab.State.Connections.Count));
    }
}
