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

    /// <summary>The next id, host order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ushort Next(uint source, uint destination, byte protocol)
    {
        uint hash = FlowHash.Mix((ulong)source << 32 | destination, (ulong)seed << 8 | protocol);
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
