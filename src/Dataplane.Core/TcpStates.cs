using System.Runtime.CompilerServices;

namespace Dataplane.Core;

/// <summary>The states of a TCP connection, in the order of Linux's <c>enum tcp_conntrack</c>.</summary>
public enum TcpState : byte
{
    None,
    SynSent,
    SynReceived,
    Established,
    FinWait,
    CloseWait,
    LastAck,
    TimeWait,
    Close,

    /// <summary>SYNs seen from both sides: a simultaneous open.</summary>
    SynSent2,
}

/// <summary>What a packet does to the connection that it belongs to.</summary>
public enum TcpOutcome : byte
{
    /// <summary>The state may have changed; the timeout starts again.</summary>
    Advance,

    /// <summary>Let through; neither state nor timeout changes.</summary>
    Ignore,

    /// <summary>conntrack's INVALID: not dropped by it, but not translated and without connection.</summary>
    Invalid,

    /// <summary>
    /// A SYN on a closed connection: the entry is deleted, and the packet makes a new one. Linux does so after
    /// <see cref="TcpState.TimeWait"/> always, after <see cref="TcpState.Close"/> only where a FIN was seen or the
    /// reset came from the side that now opens; otherwise it ignores the SYN.
    /// </summary>
    Reopen,
}

/// <summary>New state and outcome in one byte; unless the outcome is to advance, the state is the old one.</summary>
public readonly record struct TcpTransition
{
    private const int OutcomeShift = 4;
    private const byte StateMask = (1 << OutcomeShift) - 1;

    private readonly byte _packed;

    public TcpTransition(TcpState state, TcpOutcome outcome) =>
        _packed = (byte)((byte)outcome << OutcomeShift | (byte)state);

    public TcpState State => (TcpState)(_packed & StateMask);

    public TcpOutcome Outcome => (TcpOutcome)(_packed >> OutcomeShift);
}

/// <summary>
/// How TCP's flags move a connection: Linux's table (<c>net/netfilter/nf_conntrack_proto_tcp.c</c>, 5.10) and Cilium's
/// rule (<c>bpf/lib/conntrack.h</c>), each as one load. Sequence numbers and windows are not judged here.
/// </summary>
public static class TcpStates
{
    public const byte Fin = 0x01;
    public const byte Syn = 0x02;
    public const byte Rst = 0x04;
    public const byte Ack = 0x10;
    public const byte Urg = 0x20;

    private const int FlagsMask = 0x3F;
    private const int StateBits = 4;
    private const int ReplyBit = (FlagsMask + 1) << StateBits;
    private const int StateCount = (int)TcpState.SynSent2 + 1;

    // Rows: SYN, SYN/ACK, FIN, ACK, RST, none; columns: TcpState. A dash is INVALID, a dot is ignored, R
    // reopens; digits are the new state.
    private static readonly string[] LinuxOriginal =
    [
        "11.....RR9", "--2------2", "--4466678-", "3-3355778-", "-888888888", "----------",
    ];

    private static readonly string[] LinuxReply =
    [
        "-9-----R-9", "-2.......2", "--4466678-", "-.2355778.", "-888888888", "----------",
    ];

    private static readonly TcpTransition[] Linux = Build(LinuxTransition);
    private static readonly TcpTransition[] Cilium = Build(CiliumTransition);

    /// <summary>
    /// Linux's judgement. An established connection that stays so, by far the most packets, gives
    /// <c>Established</c> and <c>Advance</c> for ACK with or without PSH.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TcpTransition Next(TcpState state, bool reply, byte tcpFlags) =>
        Linux[IndexOf(state, reply, tcpFlags)];

    /// <summary>
    /// Linux's judgement of a packet that has no connection: SYN opens; ACK alone is picked up in the middle
    /// (<c>tcp_loose</c>) as Established, not assured; everything else is INVALID.
    /// </summary>
    public static TcpTransition NewState(byte tcpFlags) => Next(TcpState.None, reply: false, tcpFlags);

    /// <summary>
    /// Cilium's judgement, which never finds a packet invalid: SynSent until a packet without SYN is seen, then
    /// Established; FinWait after the opener's FIN, CloseWait after the other side's; Close after both, or a reset.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TcpTransition NextInCilium(TcpState state, bool reply, byte tcpFlags) =>
        Cilium[IndexOf(state, reply, tcpFlags)];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int IndexOf(TcpState state, bool reply, byte tcpFlags) =>
        Unsafe.BitCast<bool, byte>(reply) * ReplyBit | (tcpFlags & FlagsMask) << StateBits | (int)state;

    private static TcpTransition[] Build(Func<TcpState, bool, int, TcpTransition> transition)
    {
        var table = new TcpTransition[2 * ReplyBit];
        for (int flags = 0; flags <= FlagsMask; flags++)
        {
            for (int state = 0; state < StateCount; state++)
            {
                table[flags << StateBits | state] = transition((TcpState)state, false, flags);
                table[ReplyBit | flags << StateBits | state] = transition((TcpState)state, true, flags);
            }
        }

        return table;
    }

    private static TcpTransition LinuxTransition(TcpState state, bool reply, int flags)
    {
        if (!IsValid(flags)) return new TcpTransition(state, TcpOutcome.Invalid);

        char cell = (reply ? LinuxReply : LinuxOriginal)[ClassOf(flags)][(int)state];
        return cell switch
        {
            '-' => new TcpTransition(state, TcpOutcome.Invalid),
            '.' => new TcpTransition(state, TcpOutcome.Ignore),
            'R' => new TcpTransition(state, TcpOutcome.Reopen),
            _ => new TcpTransition((TcpState)(cell - '0'), TcpOutcome.Advance),
        };
    }

    /// <summary>The kernel's <c>tcp_valid_flags</c>; PSH, ECE and CWR are always valid.</summary>
    private static bool IsValid(int flags) => (flags & (Fin | Syn | Rst | Ack | Urg)) is
        Syn or (Syn | Urg) or (Syn | Ack) or Rst or (Rst | Ack) or (Fin | Ack) or (Fin | Ack | Urg) or Ack
            or (Ack | Urg);

    private static int ClassOf(int flags)
    {
        if ((flags & Rst) != 0) return 4;
        if ((flags & Syn) != 0) return (flags & Ack) != 0 ? 1 : 0;
        if ((flags & Fin) != 0) return 2;
        return (flags & Ack) != 0 ? 3 : 5;
    }

    private static TcpTransition CiliumTransition(TcpState state, bool reply, int flags)
    {
        if ((flags & Rst) != 0) return new TcpTransition(TcpState.Close, TcpOutcome.Advance);
        if ((flags & Fin) != 0) return new TcpTransition(AfterFin(state, reply), TcpOutcome.Advance);

        bool opens = (flags & (Syn | Ack)) == Syn;
        if (state == TcpState.Close) return new TcpTransition(state, opens ? TcpOutcome.Reopen : TcpOutcome.Ignore);
        if (state is TcpState.FinWait or TcpState.CloseWait) return new TcpTransition(state, TcpOutcome.Advance);

        bool seenOther = state == TcpState.Established || (flags & Syn) == 0;
        return new TcpTransition(seenOther ? TcpState.Established : TcpState.SynSent, TcpOutcome.Advance);
    }

    private static TcpState AfterFin(TcpState state, bool reply)
    {
        TcpState own = reply ? TcpState.CloseWait : TcpState.FinWait;
        TcpState other = reply ? TcpState.FinWait : TcpState.CloseWait;
        return state == other || state == TcpState.Close ? TcpState.Close : own;
    }
}
