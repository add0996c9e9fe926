using System.Numerics;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// How the hashing schedulers spread a service's destinations over their tables (<c>ip_vs_sh.c</c>, <c>ip_vs_dh.c</c>,
/// <c>ip_vs_mh.c</c>), and where in them a packet looks. Destinations are given in list order, the last added first.
/// </summary>
public static class IpvsHashTables
{
    /// <summary>Entries of an sh or dh table.</summary>
    public const int HashTableSize = 1 << HashTableBits;

    private const int HashTableBits = 8;
    private const uint GoldenRatio = 0x61C8_8647;
    private const int FirstMaglevIndex = 8;
    private const ulong OffsetKey = 2_654_435_761;
    private const ulong SkipKey = 2_654_446_892;

    private static readonly int[] Primes = [251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071];

    /// <summary>Entries of an mh table for a table index of 8 to 17.</summary>
    public static int MaglevSize(int tableIndex) => Primes[tableIndex - FirstMaglevIndex];

    public static bool IsMaglevIndex(int tableIndex) =>
        tableIndex >= FirstMaglevIndex && tableIndex < FirstMaglevIndex + Primes.Length;

    /// <summary><c>hash_32</c> (<c>include/linux/hash.h</c>).</summary>
    public static uint Hash32(uint value, int bits) => value * GoldenRatio >> (32 - bits);

    /// <summary>Where sh looks for a client, and dh for a destination (port and offset 0 there).</summary>
    public static uint HashSlot(uint fold, ushort port, uint offset) =>
        offset + Hash32(port + fold, HashTableBits) & HashTableSize - 1;

    /// <summary>Where mh looks for a client in a table of so many entries.</summary>
    public static uint MaglevSlot(uint fold, ushort port, uint offset, uint size) =>
        OffsetHash(offset + port + fold) % size;

    /// <summary>dh: in turn, whatever the weights.</summary>
    public static void FillByTurn(Span<uint> table, uint first, int count)
    {
        for (int index = 0; index < table.Length; index++) table[index] = first + (uint)(index % count);
    }

    /// <summary>
    /// sh: each destination its weight's number of entries at a time; weight 0 gets one, too, that is not used.
    /// </summary>
    public static void FillByWeight(Span<uint> table, uint first, ReadOnlySpan<int> weights)
    {
        int server = 0;
        int given = 0;
        for (int index = 0; index < table.Length; index++)
        {
            table[index] = first + (uint)server;
            if (++given < weights[server]) continue;
            server = (server + 1) % weights.Length;
            given = 0;
        }
    }

    /// <summary>
    /// mh: as many entries in a row as the weight has turns, from each destination's own permutation, until the table
    /// is full. Nothing where all weights are 0.
    /// </summary>
    public static bool FillMaglev(Span<uint> table, uint first, ReadOnlySpan<MaglevServer> servers, int tableIndex)
    {
        int divisor = servers.ToArray().Aggregate(0, (common, server) => DivisorOf(common, server.Weight));
        if (divisor < 1) return false;

        int highest = servers.ToArray().Max(server => server.Weight) / divisor;
        int shift = Math.Max(0, BitOperations.Log2((uint)highest) + 1 - tableIndex / 2);
        Span<int> turns = new int[servers.Length];
        Span<uint> next = new uint[servers.Length];
        for (int index = 0; index < servers.Length; index++)
        {
            int weight = servers[index].Weight;
            turns[index] = Math.Max(weight / divisor >> shift, weight != 0 ? 1 : 0);
            next[index] = OffsetHash(servers[index].Port + servers[index].Fold) % (uint)table.Length;
        }

        table.Clear();
        for (int filled = 0, server = 0; ; server = (server + 1) % servers.Length)
        {
            uint skip = HalfSipHash.Hash(servers[server].Port + servers[server].Fold, SkipKey, SkipKey)
                % (uint)(table.Length - 1) + 1;
            for (int turn = 0; turn < turns[server]; turn++)
            {
                while (table[(int)next[server]] != 0) next[server] = (next[server] + skip) % (uint)table.Length;
                table[(int)next[server]] = first + (uint)server;
                if (++filled == table.Length) return true;
            }
        }
    }

    /// <summary>The greatest common divisor of those that are above 0; 0 where none is.</summary>
    public static int DivisorOf(int common, int weight)
    {
        if (weight <= 0) return common;
        while (common > 0) (weight, common) = (common, weight % common);
        return weight;
    }

    private static uint OffsetHash(uint value) => HalfSipHash.Hash(value, OffsetKey, OffsetKey);
}

/// <summary>
/// What mh spreads: an address folded to 32 bits, a port, and the last weight that was not 0 (a server that drains
/// keeps its entries, and gives them nothing).
/// </summary>
public readonly record struct MaglevServer(uint Fold, ushort Port, int Weight);
