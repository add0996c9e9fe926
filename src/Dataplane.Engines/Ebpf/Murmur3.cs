using System.Buffers.Binary;
using System.Numerics;

namespace Dataplane.Engines.Ebpf;

/// <summary>MurmurHash3 x64 128 (Austin Appleby): what Cilium places backends in a Maglev table with.</summary>
public static class Murmur3
{
    private const int BlockSize = 16;
    private const ulong FirstFactor = 0x87C3_7B91_1142_53D5;
    private const ulong SecondFactor = 0x4CF5_AD43_2745_937F;

    public static (ulong First, ulong Second) Hash128(ReadOnlySpan<byte> bytes, uint seed)
    {
        ulong first = seed;
        ulong second = seed;
        ReadOnlySpan<byte> rest = bytes;
        for (; rest.Length >= BlockSize; rest = rest[BlockSize..])
        {
            first ^= ScrambleFirst(BinaryPrimitives.ReadUInt64LittleEndian(rest));
            first = (BitOperations.RotateLeft(first, 27) + second) * 5 + 0x52DC_E729;
            second ^= ScrambleSecond(BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]));
            second = (BitOperations.RotateLeft(second, 31) + first) * 5 + 0x3849_5AB5;
        }

        Span<byte> last = stackalloc byte[BlockSize];
        last.Clear();
        rest.CopyTo(last);
        first ^= ScrambleFirst(BinaryPrimitives.ReadUInt64LittleEndian(last));
        second ^= ScrambleSecond(BinaryPrimitives.ReadUInt64LittleEndian(last[8..]));
        return Finish(first ^ (ulong)bytes.Length, second ^ (ulong)bytes.Length);
    }

    private static (ulong First, ulong Second) Finish(ulong first, ulong second)
    {
        first += second;
        second += first;
        first = Avalanche(first);
        second = Avalanche(second);
        first += second;
        second += first;
        return (first, second);
    }

    private static ulong ScrambleFirst(ulong block) => BitOperations.RotateLeft(block * FirstFactor, 31) * SecondFactor;

    private static ulong ScrambleSecond(ulong block) =>
        BitOperations.RotateLeft(block * SecondFactor, 33) * FirstFactor;

    private static ulong Avalanche(ulong value)
    {
        value = (value ^ value >> 33) * 0xFF51_AFD7_ED55_8CCD;
        value = (value ^ value >> 33) * 0xC4CE_B9FE_1A85_EC53;
        return value ^ value >> 33;
    }
}
