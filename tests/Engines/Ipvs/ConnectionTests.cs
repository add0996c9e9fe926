using Dataplane.Core;
using Dataplane.Engines.Ipvs;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.Ipvs;

/// <summary>
/// IPVS's own connections: found from both sides, with the kernel's states, counts and timeouts on capture time.
/// </summary>
public class ConnectionTests
{
    private const byte Syn = TcpStates.Syn;
    private const byte Ack = TcpStates.Ack;
    private const byte FinAck = TcpStates.Fin | TcpStates.Ack;
    private const byte Rst = TcpStates.Rst;

    [Fact]
    public void A_connection_is_found_by_its_client_s_packets_and_by_its_server_s()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1 2"));
        FlowKey key = lab.Key("10.244.9.9", 41000);

        uint connection = lab.Open(in key, out _);

        Assert.Equal(connection, lab.State.Connections.Find(in key));
        FlowKey reply = lab.Key("10.244.1.2", 8080, "10.244.9.9", 41000);
        Assert.Equal(connection, lab.State.Connections.FindReply(in reply));
        FlowKey other = lab.Key("10.244.1.1", 8080, "10.244.9.9", 41000);
        Assert.Equal(0u, lab.State.Connections.FindReply(in other));
    }

    /// <summary>
    /// The client's side and the server's in turns; ipvsadm -Lnc's names, seconds, and what counts as active.
    /// </summary>
    [Fact]
    public void A_TCP_connection_goes_through_the_kernel_s_states()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1"));
        uint connection = lab.Open(lab.Key("10.244.9.9", 41000), out _);

        AssertState("SYN_RECV", 60, active: 1);
        Step(IpvsDirection.Output, Syn | Ack, "SYN_RECV", 60, active: 1);
        Step(IpvsDirection.Input, Ack, "ESTABLISHED", 900, active: 1);
        Step(IpvsDirection.Output, FinAck, "FIN_WAIT", 120, active: 0);
        Step(IpvsDirection.Input, FinAck, "TIME_WAIT", 120, active: 0);
        Step(IpvsDirection.Output, Ack, "TIME_WAIT", 120, active: 0);
        Step(IpvsDirection.Input, Rst, "CLOSE", 10, active: 0);

        void Step(IpvsDirection direction, byte flags, string state, uint seconds, int active)
        {
            lab.State.Transit(connection, direction, flags, 0, lab.Now);
            AssertState(state, seconds, active);
        }

        void AssertState(string state, uint seconds, int active)
        {
            ref readonly IpvsConnection entry = ref lab.State.Connections[connection];
            Assert.Equal(
                (state, seconds, active, 1 - active),
                (IpvsTcpStates.NameOf(entry.State), entry.Timeout, lab.LoadOf(1).Active, lab.LoadOf(1).Inactive));
        }
    }

    [Fact]
    public void Direct_routing_sees_only_the_client_s_side()
    {
        using var lab = new IpvsLab("-A -t 10.96.0.80:80 -s rr\n-a -t 10.96.0.80:80 -r 10.244.1.1:80 -g -w 1");
        uint connection = lab.Open(lab.Key("10.244.9.9", 41000), out _);

        lab.State.Transit(connection, IpvsDirection.Input, Ack, 0, 0);
        Assert.Equal("ESTABLISHED", IpvsTcpStates.NameOf(lab.State.Connections[connection].State));
        lab.State.Transit(connection, IpvsDirection.Input, FinAck, 0, 0);
        Assert.Equal("FIN_WAIT", IpvsTcpStates.NameOf(lab.State.Connections[connection].State));
    }

    [Fact]
    public void SCTP_is_active_once_its_cookie_is_acknowledged()
    {
        const byte InitAck = 2, CookieEcho = 10, CookieAck = 11;
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1", protocol: "--sctp-service"));
        uint connection = lab.Open(lab.Key("10.244.9.9", 41000, protocol: IpProtocol.Sctp), out _);

        Assert.Equal("INIT1", IpvsSctpStates.NameOf(lab.State.Connections[connection].State));
        lab.State.Transit(connection, IpvsDirection.Output, 0, InitAck, 0);
        lab.State.Transit(connection, IpvsDirection.Input, 0, CookieEcho, 0);
        Assert.Equal("C-REPLIED", IpvsSctpStates.NameOf(lab.State.Connections[connection].State));
        lab.State.Transit(connection, IpvsDirection.Output, 0, CookieAck, 0);

        Assert.Equal(
            ("ESTABLISHED", 1), (IpvsSctpStates.NameOf(lab.State.Connections[connection].State), lab.LoadOf(1).Active));
    }

    [Fact]
    public void UDP_lives_300_seconds_from_its_last_packet_and_is_never_active()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1", protocol: "-u"));
        FlowKey key = lab.Key("10.244.9.9", 41000, protocol: IpProtocol.Udp);
        uint connection = lab.Open(in key, out _);

        lab.Now = 200 * IpvsLab.Second;
        lab.State.Transit(connection, IpvsDirection.Input, 0, 0, lab.Now);
        lab.Now = 499 * IpvsLab.Second;
        lab.State.Advance(lab.Now);
        Assert.Equal(
            (connection, 0, 1), (lab.State.Connections.Find(in key), lab.LoadOf(1).Active, lab.LoadOf(1).Inactive));

        lab.Now = 501 * IpvsLab.Second;
        lab.State.Advance(lab.Now);
        Assert.Equal((0u, 0), (lab.State.Connections.Find(in key), lab.LoadOf(1).Inactive));
    }

    [Fact]
    public void A_shorter_timeout_counts_from_when_it_is_set()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1"));
        (_, uint connection) = lab.Establish(lab.Key("10.244.9.9", 41000));

        lab.State.Transit(connection, IpvsDirection.Output, Rst, 0, lab.Now);
        lab.Now = 11 * IpvsLab.Second;
        lab.State.Advance(lab.Now);

        Assert.Equal(0, lab.State.Connections.Count);
    }

    [Fact]
    public void Timers_hold_over_days_without_a_packet()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1", "-p 1000000"));
        lab.Now = 1_700_000_000 * IpvsLab.Second;
        lab.Serve(lab.Key("10.244.9.9", 41000));

        lab.Now += 999_000 * IpvsLab.Second;
        lab.State.Advance(lab.Now);
        Assert.Equal((1, 1), (lab.State.Connections.Count, lab.LoadOf(1).Persistent));

        lab.Now += 2000 * IpvsLab.Second;
        lab.State.Advance(lab.Now);
        Assert.Equal(0, lab.State.Connections.Count);
    }

    [Fact]
    public void Ten_thousand_connections_are_all_found_and_all_end()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1 2 3"), new IpvsOptions { ConnectionTableBits = 8 });
        for (int flow = 0; flow < 10_000; flow++)
        {
            lab.Now += IpvsLab.Second / 100;
            lab.Open(lab.Key("10.244.9.9", 1 + flow), out _);
        }

        Assert.InRange(lab.State.Connections.Count, 6_000, 6_020);
        Assert.NotEqual(0u, lab.State.Connections.Find(lab.Key("10.244.9.9", 9_999)));
        Assert.Equal(0u, lab.State.Connections.Find(lab.Key("10.244.9.9", 1)));
        lab.Now += 61 * IpvsLab.Second;
        lab.State.Advance(lab.Now);
        Assert.Equal((0, 0), (lab.State.Connections.Count, lab.LoadOf(1).Total));
    }

    [Fact]
    public void A_SYN_on_a_closed_connection_is_scheduled_anew()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1 2"));
        FlowKey key = lab.Key("10.244.9.9", 41000);
        (int server, uint connection) = lab.Establish(in key);
        Assert.Equal(2, server);
        Assert.Equal(IpvsReceipt.Connection, lab.State.Receive(in key, Syn, 0, conntrackIsOld: false, lab.Now, out _));
        lab.State.Transit(connection, IpvsDirection.Output, FinAck, 0, lab.Now);
        lab.State.Transit(connection, IpvsDirection.Input, FinAck, 0, lab.Now);

        Assert.Equal(IpvsReceipt.Connection, lab.State.Receive(in key, Ack, 0, conntrackIsOld: false, lab.Now, out _));
        Assert.Equal(
            IpvsReceipt.None, lab.State.Receive(in key, Syn, 0, conntrackIsOld: false, lab.Now, out uint found));

        Assert.Equal((0u, 1), (found, lab.Serve(in key)));
        lab.State.Advance(lab.Now);
        Assert.Equal(1, lab.State.Connections.Count);
    }

    [Fact]
    public void A_SYN_that_conntrack_still_counts_to_the_old_flow_is_dropped_once()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1"));
        FlowKey key = lab.Key("10.244.9.9", 41000);
        uint connection = lab.Open(in key, out _);
        lab.State.Transit(connection, IpvsDirection.Output, Rst, 0, lab.Now);

        Assert.Equal(IpvsReceipt.Dropped, lab.State.Receive(in key, Syn, 0, conntrackIsOld: true, lab.Now, out _));
        lab.State.Advance(lab.Now);
        Assert.Equal(IpvsReceipt.None, lab.State.Receive(in key, Syn, 0, conntrackIsOld: true, lab.Now, out _));
    }

    [Fact]
    public void A_server_that_drains_keeps_its_connections_but_not_their_ports()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1 2"));
        FlowKey key = lab.Key("10.244.9.9", 41000);
        Assert.Equal(2, lab.Establish(in key).Server);

        lab.Change(IpvsLab.Service("rr", "1 2:0"));

        Assert.Equal(IpvsReceipt.Connection, lab.State.Receive(in key, Ack, 0, conntrackIsOld: true, lab.Now, out _));
        Assert.Equal("1 1", lab.Sequence(2));
        Assert.Equal(IpvsReceipt.None, lab.State.Receive(in key, Syn, 0, conntrackIsOld: false, lab.Now, out _));
        Assert.Equal(1, lab.Serve(in key));
    }

    [Theory]
    [InlineData(true, IpvsReceipt.None)]
    [InlineData(false, IpvsReceipt.Dropped)]
    public void A_packet_for_a_server_that_is_gone_ends_its_connection_if_expire_nodest_conn_says_so(
        bool expires, IpvsReceipt expected)
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1 2"), new IpvsOptions { ExpireNodestConn = expires });
        FlowKey key = lab.Key("10.244.9.9", 41000);
        lab.Establish(in key);

        lab.Change(IpvsLab.Service("rr", "1"));

        Assert.Equal(expected, lab.State.Receive(in key, Ack, 0, conntrackIsOld: false, lab.Now, out _));
        lab.State.Advance(lab.Now);
        Assert.Equal(expires ? 0 : 1, lab.State.Connections.Count);
    }

    /// <summary>
    /// Overloaded at 4 connections; free again below three quarters of it, so at 2, or below the lower threshold.
    /// </summary>
    [Theory]
    [InlineData("1:1/-x/4", 2)]
    [InlineData("1:1/-x/4/-y/2", 3)]
    public void A_full_server_is_used_again_only_when_enough_connections_have_ended(string server, int mustEnd)
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", server));
        uint[] connections =
            [.. Enumerable.Range(0, 4).Select(flow => lab.Establish(lab.Key("10.244.9.9", 41000 + flow)).Connection)];
        Assert.Equal(0, lab.Serve(lab.Key("10.244.9.9", 50000)));

        for (int ended = 1; ended <= mustEnd; ended++)
        {
            Assert.True(lab.LoadOf(1).Overloaded);
            lab.State.Transit(connections[ended], IpvsDirection.Output, Rst, 0, lab.Now);
            lab.Now += 11 * IpvsLab.Second;
            lab.State.Advance(lab.Now);
        }

        Assert.False(lab.LoadOf(1).Overloaded);
    }

    [Fact]
    public void One_packet_scheduling_serves_each_datagram_on_its_own()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1 2", "-o", "-u"));
        FlowKey key = lab.Key("10.244.9.9", 41000, protocol: IpProtocol.Udp);

        Assert.Equal([2, 1, 2], new[] { lab.Serve(in key), lab.Serve(in key), lab.Serve(in key) });
        Assert.Equal((0, 0), (lab.State.Connections.Count, lab.LoadOf(1).Total));
    }

    [Fact]
    public void Only_what_opens_a_connection_is_scheduled()
    {
        Assert.True(IpvsTables.IsScheduled(IpProtocol.Tcp, 41000, Syn, 0));
        Assert.True(IpvsTables.IsScheduled(IpProtocol.Tcp, 41000, Syn | Ack, 0));
        Assert.False(IpvsTables.IsScheduled(IpProtocol.Tcp, 41000, Ack, 0));
        Assert.False(IpvsTables.IsScheduled(IpProtocol.Tcp, 41000, Syn | Rst, 0));
        Assert.False(IpvsTables.IsScheduled(IpProtocol.Tcp, 20, Syn, 0));
        Assert.True(IpvsTables.IsScheduled(IpProtocol.Udp, 41000, 0, 0));
        Assert.True(IpvsTables.IsScheduled(IpProtocol.Sctp, 41000, 0, IpvsSctpStates.InitChunk));
        Assert.False(IpvsTables.IsScheduled(IpProtocol.Sctp, 41000, 0, 0));
        Assert.False(IpvsTables.IsScheduled(IpProtocol.Icmp, 41000, 0, 0));
    }

    [Fact]
    public void A_connection_is_one_cache_line() =>
        Assert.Equal(IpvsConnection.Size, System.Runtime.CompilerServices.Unsafe.SizeOf<IpvsConnection>());
}
