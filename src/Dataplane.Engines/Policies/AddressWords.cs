using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies;

/// <summary>An address of either family as two words in host order; an IPv4 address lies in the low 32 bits.</summary>
internal readonly record struct AddressWords(ulong High, ulong Low)
{
    public const int BitsV4 = 32;
    public const int BitsV6 = 128;

    public static AddressWords Of(IpAddress address) => new((ulong)(address.Value >> 64), (ulong)address.Value);

    /// <summary>What a key's name stands for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AddressWords Of(uint name, byte family, AddressNames names) =>
        family == 4 ? new AddressWords(0, name) : OfName(name, names);

    /// <summary>The first bits of an address of <paramref name="bits"/> bits; zeros behind them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public AddressWords Masked(int length, int bits)
    {
        if (length == bits) return this;

        int zeros = bits - length;
        return zeros >= 64
            ? new AddressWords(zeros == BitsV6 ? 0 : High & ulong.MaxValue << (zeros - 64), 0)
            : new AddressWords(High, Low & ulong.MaxValue << zeros);
    }

    private static unsafe AddressWords OfName(uint name, AddressNames names)
    {
        ulong* bytes = stackalloc ulong[2];
        names.WriteTo(name, (byte*)bytes);
        return new AddressWords(
            BinaryPrimitives.ReverseEndianness(bytes[0]), BinaryPrimitives.ReverseEndianness(bytes[1]));
    }
}
