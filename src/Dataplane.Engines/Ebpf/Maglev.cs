using System.Runtime.InteropServices;
using System.Text;
using Dataplane.Wire;

namespace Dataplane.Engines.Ebpf;

/// <summary>
/// The permutation of Maglev (Eisenbud et al., NSDI 2016, §3.4), as Cilium fills its table
/// (<c>pkg/maglev/maglev.go</c>): backends sorted by their text, turns by weight.
/// </summary>
public static class Maglev
{
    /// <summary>Cilium's default.</summary>
    public const int DefaultSize = 16381;

    /// <summary>The weight that Cilium gives a backend of a Kubernetes Service.</summary>
    public const ushort DefaultWeight = 100;

    /// <summary>
    /// Seeds out of Cilium's default <c>JLfvgnHc2kaSUFaI</c>: for the table, for flows of each family.
    /// </summary>
    public const uint TableSeed = 0x24B7_EF82;
    public const uint V4Seed = 0x71DC_DA46;
    public const uint V6Seed = 0x9250_5688;

    private const uint Unfilled = uint.MaxValue;

    /// <summary>Primes that Cilium accepts as size of a table.</summary>
    public static ReadOnlySpan<int> Sizes => [251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071];

    /// <summary>The text that stands for a backend.</summary>
    public static string TextOf(IpAddress address, ushort port, byte protocol)
    {
        string host = address.IsV6 ? $"[{address}]" : address.ToString();
        return $"[{host}:{port}/{ProtocolName(protocol)},State:active]";
    }

    /// <summary>Fills a table with the ids of the backends, of which there is at least one.</summary>
    public static void Fill(Span<uint> table, ReadOnlySpan<MaglevBackend> backends)
    {
        int size = table.Length;
        MaglevBackend[] sorted = backends.ToArray();
        Array.Sort(sorted, (left, right) => string.CompareOrdinal(left.Text, right.Text));
        (ulong Position, ulong Skip)[] cursors = Array.ConvertAll(sorted, backend => CursorOf(backend.Text, size));

        ulong weightSum = 0;
        foreach (MaglevBackend backend in sorted) weightSum += backend.Weight;
        bool isWeighted = weightSum / (ulong)sorted.Length > 1;
        double[] credit = Array.ConvertAll(sorted, backend => (double)backend.Weight / sorted.Length);

        table.Fill(Unfilled);
        for (int turn = 0; turn < size; turn++)
        {
            int index = turn % sorted.Length;
            while (isWeighted && (ulong)(turn + 1) * sorted[index].Weight < (ulong)credit[index])
            {
                index = (index + 1) % sorted.Length;
            }

            credit[index] += weightSum;
            table[NextFree(table, ref cursors[index])] = sorted[index].Id;
        }
    }

    private static (ulong Position, ulong Skip) CursorOf(string text, int size)
    {
        (ulong first, ulong second) = Murmur3.Hash128(Encoding.ASCII.GetBytes(text), TableSeed);
        return (first % (ulong)size, second % (ulong)(size - 1) + 1);
    }

    private static int NextFree(ReadOnlySpan<uint> table, ref (ulong Position, ulong Skip) cursor)
    {
        while (true)
        {
            int slot = (int)cursor.Position;
            cursor.Position += cursor.Skip;
            if (cursor.Position >= (ulong)table.Length) cursor.Position -= (ulong)table.Length;
            if (table[slot] == Unfilled) return slot;
        }
    }

    private static string ProtocolName(byte protocol) => protocol switch
    {
        IpProtocol.Tcp => "TCP",
        IpProtocol.Udp => "UDP",
        IpProtocol.Sctp => "SCTP",
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "not a protocol of Services"),
    };
}

/// <summary>A backend as the table sees it; the text orders and places it.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct MaglevBackend(string Text, uint Id, ushort Weight);
