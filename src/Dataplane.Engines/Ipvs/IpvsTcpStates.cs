using Dataplane.Core;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// How TCP's flags move an IPVS connection (<c>net/netfilter/ipvs/ip_vs_proto_tcp.c</c>, <c>tcp_states</c>), and how
/// long each state lasts.
/// </summary>
public static class IpvsTcpStates
{
    public const byte None = 0;
    public const byte Established = 1;
    public const byte SynSent = 2;
    public const byte SynReceived = 3;
    public const byte FinWait = 4;
    public const byte TimeWait = 5;
    public const byte Close = 6;
    public const byte SynAck = 10;

    private const int StateCount = 11;
    private const int RowCount = 4;

    private static readonly string[] Names =
    [
        "NONE", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK",
        "LISTEN", "SYNACK",
    ];

    private static readonly uint[] Seconds = [2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120];

    // Rows: SYN, FIN, ACK, RST, for each direction; columns and digits are states.
    private static readonly string[] Rows =
    [
        "31133333333", "67255567895", "11214567691", "66636666893",
        "21232222293", "54254565895", "11214567811", "66266566666",
        "31133333333", "64254567895", "11214567691", "66636666896",
    ];

    private static readonly byte[] Next = [.. Rows.SelectMany(row => row.Select(cell => (byte)(cell - '0')))];

    public static string NameOf(byte state) => Names[state];

    public static uint TimeoutOf(byte state) => Seconds[state];

    /// <summary>What counts as active: established, or on the way to it (<c>tcp_state_active_table</c>).</summary>
    public static bool IsActive(byte state) => state is Established or SynSent or SynReceived or SynAck;

    /// <summary>The state after a packet; one with none of the four flags closes.</summary>
    public static byte After(byte state, IpvsDirection direction, byte tcpFlags)
    {
        int row = RowOf(tcpFlags);
        return row < 0 ? Close : Next[((int)direction * RowCount + row) * StateCount + state];
    }

    private static int RowOf(byte tcpFlags)
    {
        if ((tcpFlags & TcpStates.Rst) != 0) return 3;
        if ((tcpFlags & TcpStates.Syn) != 0) return 0;
        if ((tcpFlags & TcpStates.Fin) != 0) return 1;
        return (tcpFlags & TcpStates.Ack) != 0 ? 2 : -1;
    }
}
