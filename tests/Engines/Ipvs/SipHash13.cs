using System.Buffers.Binary;
using System.Numerics;

namespace Dataplane.Tests.Engines.Ipvs;

/// <summary>
/// SipHash-1-3 as Aumasson and Bernstein describe it, for any length: the tests' own, cut to 32 bits as Linux does.
/// </summary>
internal static class SipHash13
{
    public static uint Hash(ReadOnlySpan<byte> message, ulong key0, ulong key1)
    {
        ulong[] v = [key0 ^ 0x736f6d6570736575, key1 ^ 0x646f72616e646f6d, key0 ^ 0x6c7967656e657261,
            key1 ^ 0x7465646279746573];
        byte[] padded = new byte[(message.Length / 8 + 1) * 8];
        message.CopyTo(padded);
        padded[^1] = (byte)message.Length;
        for (int at = 0; at < padded.Length; at += 8)
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(padded.AsSpan(at));
            v[3] ^= word;
            Round(v);
            v[0] ^= word;
        }

        v[2] ^= 0xff;
        for (int round = 0; round < 3; round++) Round(v);
        return (uint)(v[0] ^ v[1] ^ v[2] ^ v[3]);
    }

    private static void Round(ulong[] v)
    {
        Half(v, 0, 1, 13, 32);
        Half(v, 2, 3, 16, 0);
        Half(v, 0, 3, 21, 0);
        Half(v, 2, 1, 17, 32);
    }

    private static void Half(ulong[] v, int a, int b, int shift, int turn)
    {
        v[a] += v[b];
        v[b] = BitOperations.RotateLeft(v[b], shift) ^ v[a];
        v[a] = BitOperations.RotateLeft(v[a], turn);
    }
}
