using Dataplane.Core;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Core;

public class ConnectionTimeoutsTests
{
    private const long Second = 1_000_000_000;

    [Theory]
    [InlineData(TcpState.SynSent, 120)]
    [InlineData(TcpState.SynReceived, 60)]
    [InlineData(TcpState.Established, 432_000)]
    [InlineData(TcpState.FinWait, 120)]
    [InlineData(TcpState.CloseWait, 60)]
    [InlineData(TcpState.LastAck, 30)]
    [InlineData(TcpState.TimeWait, 120)]
    [InlineData(TcpState.Close, 10)]
    [InlineData(TcpState.SynSent2, 120)]
    public void Linux_keeps_TCP_by_its_state(TcpState state, int seconds) =>
        Assert.Equal(seconds * Second, ConnectionTimeouts.Linux.NanosecondsFor(IpProtocol.Tcp, state, true, true));

    [Fact]
    public void Linux_keeps_a_connection_picked_up_in_the_middle_300_seconds_until_a_reply_was_seen() =>
        Assert.Equal(
            300 * Second, ConnectionTimeouts.Linux.NanosecondsFor(IpProtocol.Tcp, TcpState.Established, false, false));

    [Theory]
    [InlineData(IpProtocol.Udp, false, false, 30)]
    [InlineData(IpProtocol.Udp, true, false, 30)]
    [InlineData(IpProtocol.Udp, true, true, 120)]
    [InlineData(IpProtocol.Icmp, true, false, 30)]
    [InlineData(IpProtocol.Icmpv6, false, false, 30)]
    [InlineData(IpProtocol.Sctp, true, false, 3)]
    [InlineData(IpProtocol.Sctp, true, true, 210)]
    [InlineData(IpProtocol.Esp, false, false, 600)]
    public void Linux_keeps_other_protocols(byte protocol, bool seenReply, bool assured, int seconds) =>
        Assert.Equal(
            seconds * Second,
            ConnectionTimeouts.Linux.NanosecondsFor(protocol, TcpState.None, seenReply, assured));

    [Theory]
    [InlineData(false, 3 * Second, false)]
    [InlineData(true, 2 * Second - 1, false)]
    [InlineData(true, 2 * Second, true)]
    public void UDP_is_a_stream_once_it_has_replies_and_is_two_seconds_old(bool seenReply, long age, bool expected) =>
        Assert.Equal(expected, ConnectionTimeouts.IsUdpStream(seenReply, age));

    [Theory]
    [InlineData(IpProtocol.Tcp, TcpState.SynSent, 60)]
    [InlineData(IpProtocol.Tcp, TcpState.Established, 8000)]
    [InlineData(IpProtocol.Tcp, TcpState.FinWait, 8000)]
    [InlineData(IpProtocol.Tcp, TcpState.Close, 10)]
    [InlineData(IpProtocol.Udp, TcpState.None, 60)]
    [InlineData(IpProtocol.Icmp, TcpState.None, 60)]
    public void Cilium_has_four_timeouts(byte protocol, TcpState state, int seconds) =>
        Assert.Equal(seconds * Second, ConnectionTimeouts.Cilium.NanosecondsFor(protocol, state, true, true));
}
