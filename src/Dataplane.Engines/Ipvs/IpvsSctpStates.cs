using System.Globalization;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// How SCTP's chunks move an IPVS connection (<c>net/netfilter/ipvs/ip_vs_proto_sctp.c</c>, <c>sctp_states</c>), and
/// how long each state lasts.
/// </summary>
public static class IpvsSctpStates
{
    public const byte InitChunk = 1;
    public const byte Established = 8;
    public const byte Closed = 13;

    private const int StateCount = 14;
    private const int EventCount = 10;

    private static readonly string[] Names =
    [
        "NONE", "INIT1", "INIT", "C-SENT", "C-REPLIED", "C-WAIT", "COOKIE", "C-ECHOED", "ESTABLISHED", "S-SENT",
        "S-RECEIVED", "S-ACK-SENT", "REJECTED", "CLOSED",
    ];

    private static readonly uint[] Seconds = [2, 4, 61, 61, 61, 61, 61, 61, 900, 61, 61, 61, 4, 61];

    // By chunk type: DATA 0, INIT 1, INIT ACK 2, COOKIE ECHO 3, COOKIE ACK 4, SHUTDOWN 5, its ACK 6, COMPLETE 7, ERROR
    // 8, ABORT 9; SACK, HEARTBEAT, ECNE and CWR count as DATA, as does what is unknown.
    private static readonly byte[] Events = [0, 1, 2, 0, 0, 0, 9, 5, 6, 8, 3, 4, 0, 0, 7];

    // A row for each event, for each direction; columns and digits are states.
    private static readonly string[] Rows =
    [
        "8123456789ABCD", "1223456789AB22", "5553466789ABCD", "4224456789ABCD", "8123456889ABCD",
        "A1234567A9ABCD", "D22345678DADCD", "DDD3456789ADCD", "D123456D89ABCD", "DDDDDCDDDDDDDD",

        "8123456789ABCD", "55555555855555", "3333456789ABCD", "7777777789ABCD", "8888888889ABCD",
        "9999999999ABCD", "BBBBB5678BBBCD", "D123456789ABCD", "DDDDD56789ABCD", "DCDDDDDDDDDDDD",

        "8123486789ABCD", "1222226789AB22", "7777776789ABCD", "8888886789ABCD", "8128858889ABCD",
        "A1234567A9ABCD", "D2234567DDADCD", "DDDDD56789DDCD", "D123456789ABCD", "DDDDDCDDDDDDDD",
    ];

    private static readonly byte[] Next =
        [.. Rows.SelectMany(row =>
            row.Select(cell => byte.Parse([cell], NumberStyles.HexNumber, CultureInfo.InvariantCulture)))];

    public static string NameOf(byte state) => Names[state];

    public static uint TimeoutOf(byte state) => Seconds[state];

    /// <summary>The state after a packet whose first chunk is of this type.</summary>
    public static byte After(byte state, IpvsDirection direction, byte chunk)
    {
        int entry = chunk < Events.Length ? Events[chunk] : 0;
        return Next[((int)direction * EventCount + entry) * StateCount + state];
    }
}
