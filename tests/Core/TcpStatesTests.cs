using Dataplane.Core;
using Xunit;

namespace Dataplane.Tests.Core;

public class TcpStatesTests
{
    private const byte Syn = TcpStates.Syn;
    private const byte Ack = TcpStates.Ack;
    private const byte Fin = TcpStates.Fin;
    private const byte Rst = TcpStates.Rst;
    private const byte Psh = 0x08;
    private const byte EceCwr = 0xC0;

    [Fact]
    public void A_connection_is_opened_used_and_closed()
    {
        (bool Reply, int Flags, TcpState Expected)[] packets =
        [
            (false, Syn, TcpState.SynSent),
            (true, Syn | Ack, TcpState.SynReceived),
            (false, Ack, TcpState.Established),
            (false, Psh | Ack, TcpState.Established),
            (true, Ack, TcpState.Established),
            (false, Fin | Ack, TcpState.FinWait),
            (true, Ack, TcpState.CloseWait),
            (true, Fin | Ack, TcpState.LastAck),
            (false, Ack, TcpState.TimeWait),
        ];
        TcpState state = TcpState.None;
        foreach ((bool reply, int flags, TcpState expected) in packets)
        {
            TcpTransition transition = TcpStates.Next(state, reply, (byte)flags);
            Assert.Equal((expected, TcpOutcome.Advance), (transition.State, transition.Outcome));
            state = transition.State;
        }
    }

    [Theory]
    [InlineData(TcpState.SynReceived)]
    [InlineData(TcpState.Established)]
    [InlineData(TcpState.FinWait)]
    [InlineData(TcpState.CloseWait)]
    [InlineData(TcpState.LastAck)]
    public void The_clients_SYN_in_a_live_connection_is_ignored(TcpState state) =>
        Assert.Equal(new TcpTransition(state, TcpOutcome.Ignore), TcpStates.Next(state, reply: false, Syn));

    [Theory]
    [InlineData(TcpState.TimeWait, false)]
    [InlineData(TcpState.TimeWait, true)]
    [InlineData(TcpState.Close, false)]
    public void A_SYN_after_the_end_reopens(TcpState state, bool reply) =>
        Assert.Equal(new TcpTransition(state, TcpOutcome.Reopen), TcpStates.Next(state, reply, Syn));

    [Theory]
    [InlineData(TcpState.None, TcpOutcome.Invalid)]
    [InlineData(TcpState.SynSent, TcpOutcome.Invalid)]
    [InlineData(TcpState.SynReceived, TcpOutcome.Advance)]
    [InlineData(TcpState.Established, TcpOutcome.Invalid)]
    [InlineData(TcpState.TimeWait, TcpOutcome.Invalid)]
    [InlineData(TcpState.SynSent2, TcpOutcome.Advance)]
    public void SYN_ACK_from_the_client_is_invalid_but_in_a_simultaneous_open(TcpState state, TcpOutcome expected) =>
        Assert.Equal(expected, TcpStates.Next(state, reply: false, Syn | Ack).Outcome);

    [Theory]
    [InlineData(false, Ack, TcpOutcome.Invalid)]
    [InlineData(true, Ack, TcpOutcome.Ignore)]
    [InlineData(false, Fin | Ack, TcpOutcome.Invalid)]
    [InlineData(true, Fin | Ack, TcpOutcome.Invalid)]
    public void Before_the_server_answers_neither_ACK_nor_FIN_count(bool reply, int flags, TcpOutcome expected) =>
        Assert.Equal(
            new TcpTransition(TcpState.SynSent, expected), TcpStates.Next(TcpState.SynSent, reply, (byte)flags));

    [Theory]
    [InlineData(Syn, TcpState.SynSent, TcpOutcome.Advance)]
    [InlineData(Syn | EceCwr, TcpState.SynSent, TcpOutcome.Advance)]
    [InlineData(Ack, TcpState.Established, TcpOutcome.Advance)]
    [InlineData(Psh | Ack, TcpState.Established, TcpOutcome.Advance)]
    [InlineData(Syn | Ack, TcpState.None, TcpOutcome.Invalid)]
    [InlineData(Fin | Ack, TcpState.None, TcpOutcome.Invalid)]
    [InlineData(Rst, TcpState.None, TcpOutcome.Invalid)]
    [InlineData(Rst | Ack, TcpState.None, TcpOutcome.Invalid)]
    public void Only_SYN_and_ACK_make_a_connection(int flags, TcpState state, TcpOutcome outcome) =>
        Assert.Equal(new TcpTransition(state, outcome), TcpStates.NewState((byte)flags));

    [Fact]
    public void Of_all_flags_only_the_nine_valid_combinations_are_judged()
    {
        const byte Urg = TcpStates.Urg;
        int[] valid =
        [
            Syn, Syn | Urg, Syn | Ack, Rst, Rst | Ack, Fin | Ack, Fin | Ack | Urg, Ack, Ack | Urg,
        ];
        for (int flags = 0; flags < 256; flags++)
        {
            bool judged = Enum.GetValues<TcpState>().Any(
                state => TcpStates.Next(state, reply: true, (byte)flags).Outcome != TcpOutcome.Invalid);

            Assert.Equal(valid.Contains(flags & ~(Psh | EceCwr)), judged);
        }
    }

    [Fact]
    public void A_reset_closes_from_either_side()
    {
        Assert.Equal(
            new TcpTransition(TcpState.Close, TcpOutcome.Advance), TcpStates.Next(TcpState.Established, false, Rst));
        Assert.Equal(
            new TcpTransition(TcpState.Close, TcpOutcome.Advance), TcpStates.Next(TcpState.SynSent, true, Rst | Ack));
    }

    [Fact]
    public void SYNs_from_both_sides_are_a_simultaneous_open()
    {
        Assert.Equal(TcpState.SynSent2, TcpStates.Next(TcpState.SynSent, reply: true, Syn).State);
        Assert.Equal(TcpState.SynReceived, TcpStates.Next(TcpState.SynSent2, reply: false, Syn | Ack).State);
    }

    [Fact]
    public void Cilium_finds_no_packet_invalid()
    {
        for (int flags = 0; flags < 256; flags++)
        {
            foreach (TcpState state in Enum.GetValues<TcpState>())
            {
                Assert.NotEqual(TcpOutcome.Invalid, TcpStates.NextInCilium(state, false, (byte)flags).Outcome);
                Assert.NotEqual(TcpOutcome.Invalid, TcpStates.NextInCilium(state, true, (byte)flags).Outcome);
            }
        }
    }

    [Fact]
    public void Cilium_waits_for_a_packet_without_SYN_and_for_FINs_of_both_sides()
    {
        (bool Reply, int Flags, TcpState Expected)[] packets =
        [
            (false, Syn, TcpState.SynSent),
            (true, Syn | Ack, TcpState.SynSent),
            (false, Ack, TcpState.Established),
            (true, Fin | Ack, TcpState.CloseWait),
            (true, Fin | Ack, TcpState.CloseWait),
            (false, Ack, TcpState.CloseWait),
            (false, Fin | Ack, TcpState.Close),
        ];
        TcpState state = TcpState.None;
        foreach ((bool reply, int flags, TcpState expected) in packets)
        {
            state = TcpStates.NextInCilium(state, reply, (byte)flags).State;
            Assert.Equal(expected, state);
        }

        Assert.Equal(TcpOutcome.Reopen, TcpStates.NextInCilium(state, false, Syn).Outcome);
        Assert.Equal(TcpState.Close, TcpStates.NextInCilium(TcpState.Established, true, Rst).State);
    }
}
