using System.Numerics;

namespace Dataplane.Engines.Ebpf;

/// <summary>Bob Jenkins' lookup3 as in Linux (<c>include/linux/jhash.h</c>), in Cilium's two shapes.</summary>
public static class JenkinsHash
{
    private const uint Start = 0xDEAD_BEEF;
    private const uint ThreeWords = 3 << 2;

    /// <summary><c>jhash_3words</c>.</summary>
    public static uint Hash(uint a, uint b, uint c, uint seed)
    {
        uint start = Start + ThreeWords + seed;
        return Final(a + start, b + start, c + start);
    }

    /// <summary>
    /// Cilium's <c>__hash_from_tuple_v6</c> (<c>bpf/lib/hash.h</c>): an address, and what else there is.
    /// </summary>
    public static uint Hash(ReadOnlySpan<uint> address, uint ports, uint protocol, uint seed)
    {
        uint a = address[0];
        uint b = address[1];
        uint c = address[2];
        Mix(ref a, ref b, ref c);
        a += address[3];
        b += ports;
        c += protocol;
        Mix(ref a, ref b, ref c);
        return Final(a + seed, b, c);
    }

    private static void Mix(ref uint a, ref uint b, ref uint c)
    {
        a = (a - c) ^ BitOperations.RotateLeft(c, 4);
        c += b;
        b = (b - a) ^ BitOperations.RotateLeft(a, 6);
        a += c;
        c = (c - b) ^ BitOperations.RotateLeft(b, 8);
        b += a;
        a = (a - c) ^ BitOperations.RotateLeft(c, 16);
        c += b;
        b = (b - a) ^ BitOperations.RotateLeft(a, 19);
        a += c;
        c = (c - b) ^ BitOperations.RotateLeft(b, 4);
        b += a;
    }

    private static uint Final(uint a, uint b, uint c)
    {
        c = (c ^ b) - BitOperations.RotateLeft(b, 14);
        a = (a ^ c) - BitOperations.RotateLeft(c, 11);
        b = (b ^ a) - BitOperations.RotateLeft(a, 25);
        c = (c ^ b) - BitOperations.RotateLeft(b, 16);
        a = (a ^ c) - BitOperations.RotateLeft(c, 4);
        b = (b ^ a) - BitOperations.RotateLeft(a, 14);
        return (c ^ b) - BitOperations.RotateLeft(b, 24);
    }
}
