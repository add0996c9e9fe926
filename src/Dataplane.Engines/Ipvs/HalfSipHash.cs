using System.Numerics;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// Linux's <c>hsiphash_1u32</c> (<c>lib/siphash.c</c>) as it is on machines of 64 bits: SipHash-1-3, cut to 32 bits.
/// </summary>
public static class HalfSipHash
{
    private const ulong Start0 = 0x736F_6D65_7073_6575;
    private const ulong Start1 = 0x646F_7261_6E64_6F6D;
    private const ulong Start2 = 0x6C79_6765_6E65_7261;
    private const ulong Start3 = 0x7465_6462_7974_6573;
    private const int FinalRounds = 3;

    /// <summary>The hash of four bytes in the machine's order, under a key of two words.</summary>
    public static uint Hash(uint value, ulong key0, ulong key1)
    {
        ulong v0 = Start0 ^ key0;
        ulong v1 = Start1 ^ key1;
        ulong v2 = Start2 ^ key0;
        ulong v3 = Start3 ^ key1;
        ulong block = (ulong)sizeof(uint) << 56 | value;
        v3 ^= block;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= block;
        v2 ^= 0xFF;
        for (int round = 0; round < FinalRounds; round++) Round(ref v0, ref v1, ref v2, ref v3);
        return (uint)(v0 ^ v1 ^ v2 ^ v3);
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
