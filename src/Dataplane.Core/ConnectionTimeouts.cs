using System.Runtime.CompilerServices;
using Dataplane.Wire;

namespace Dataplane.Core;

/// <summary>
/// How long a connection lives after a packet, as a flat table for each system: Linux's defaults
/// (<c>net/netfilter/nf_conntrack_proto_*.c</c>) and Cilium's (<c>--bpf-ct-timeout-*</c>, 1.17).
/// </summary>
public sealed class ConnectionTimeouts
{
    /// <summary>Age from which Linux takes UDP with replies for a stream, and so for assured.</summary>
    public const long UdpStreamAge = 2 * Second;

    public static readonly ConnectionTimeouts Linux = new(LinuxSeconds);
    public static readonly ConnectionTimeouts Cilium = new(CiliumSeconds);

    private const long Second = 1_000_000_000;
    private const int PickUp = 300;
    private const int StateShift = 2;
    private const int ProtocolShift = 6;
    private const int States = 1 << (ProtocolShift - StateShift);

    // One table for all protocols: which one a packet has is nothing that a branch could predict.
    private readonly long[] _nanoseconds = new long[256 << ProtocolShift];

    private ConnectionTimeouts(Func<byte, TcpState, bool, bool, int> seconds)
    {
        for (int index = 0; index < _nanoseconds.Length; index++)
        {
            byte protocol = (byte)(index >> ProtocolShift);
            TcpState state = protocol == IpProtocol.Tcp
                ? (TcpState)(index >> StateShift & (States - 1))
                : TcpState.None;
            _nanoseconds[index] = Second * seconds(protocol, state, (index & 2) != 0, (index & 1) != 0);
        }
    }

    /// <summary>
    /// Nanoseconds from this packet on. <paramref name="state"/> is TCP's after the packet,
    /// <paramref name="seenReply"/> holds if a reply came before it (the kernel marks it after judging),
    /// <paramref name="assured"/> matters for UDP (see <see cref="IsUdpStream"/>) and SCTP (established).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long NanosecondsFor(byte protocol, TcpState state, bool seenReply, bool assured)
    {
        int flags = (Unsafe.BitCast<bool, byte>(seenReply) << 1) | Unsafe.BitCast<bool, byte>(assured);
        return _nanoseconds[protocol << ProtocolShift | ((int)state & (States - 1)) << StateShift | flags];
    }

    /// <summary>Linux's rule for UDP: replies seen, and still in use after <see cref="UdpStreamAge"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsUdpStream(bool seenReply, long age) => seenReply & age >= UdpStreamAge;

    private static int LinuxSeconds(byte protocol, TcpState state, bool seenReply, bool assured) => protocol switch
    {
        IpProtocol.Tcp => LinuxTcpSeconds(state, seenReply),
        IpProtocol.Udp => assured ? 120 : 30,
        IpProtocol.Icmp or IpProtocol.Icmpv6 => 30,
        IpProtocol.Sctp => assured ? 210 : 3,
        _ => 600,
    };

    private static int LinuxTcpSeconds(TcpState state, bool seenReply) => state switch
    {
        TcpState.SynSent or TcpState.SynSent2 => 120,
        TcpState.SynReceived => 60,
        TcpState.Established => seenReply ? 432_000 : PickUp,
        TcpState.FinWait => 120,
        TcpState.CloseWait => 60,
        TcpState.LastAck => 30,
        TcpState.TimeWait => 120,
        TcpState.Close => 10,
        _ => 0,
    };

    private static int CiliumSeconds(byte protocol, TcpState state, bool seenReply, bool assured)
    {
        if (protocol != IpProtocol.Tcp) return 60;

        return state switch
        {
            TcpState.SynSent or TcpState.SynReceived or TcpState.SynSent2 => 60,
            TcpState.Close => 10,
            TcpState.None => 0,
            _ => 8000,
        };
    }
}
