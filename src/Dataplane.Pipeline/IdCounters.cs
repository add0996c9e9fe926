using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>
/// IPv4 ids of packets that nodes make, by source, destination and protocol: a bucket of a shared table of counters, as
/// the kernel's __ip_select_ident (net/ipv4/route.c) without its time-dependent step.
/// </summary>
public sealed class IdCounters(uint seed)
{
    private const int Buckets = 2048;

    private readonly ushort[] _counters = Seeded(seed);

    /// <summary>An address's part in the hash of a pair; nodes know theirs beforehand.</summary>
    public static uint PartOf(uint address, uint seed) => FlowHash.Mix(address, seed);

    /// <summary>The next id, host order.</summary>
    public ushort Next(uint source, uint destination, byte protocol) =>
        NextOf(PartOf(source, seed), PartOf(destination, seed), protocol);

    /// <summary>The same for addresses whose parts are known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ushort NextOf(uint source, uint destination, byte protocol)
    {
        uint hash = (source ^ BitOperations.RotateLeft(destination, 16)) + protocol;
        return ++Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_counters), hash % Buckets);
    }

    private static ushort[] Seeded(uint seed)
    {
        ushort[] counters = new ushort[Buckets];
        var draw = new Draw(seed);
        for (int bucket = 0; bucket < Buckets; bucket++) counters[bucket] = (ushort)draw.Next();
        return counters;
    }
}
