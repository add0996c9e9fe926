using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dataplane.Wire;

/// <summary>
/// RFC 1071 and RFC 1624: sums over 16-bit words as they lie in memory. The sum does not depend on byte order
/// (RFC 1071 §2 (B)), so a finished one is stored as it is: <c>MemoryMarshal.Write</c>, or <see
/// cref="U16Be.FromWire"/>.
/// </summary>
public static class InternetChecksum
{
    private const ulong Low32 = 0xFFFF_FFFF;

    /// <summary>
    /// The sum of <paramref name="bytes"/>; an odd last byte counts as if a zero followed. No sum from here has more
    /// than 18 bits, so a handful can be added as they are.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Sum(ReadOnlySpan<byte> bytes) =>
        ChecksumKernel.Run<SumOnly>(ref Unsafe.NullRef<byte>(), in MemoryMarshal.GetReference(bytes), bytes.Length);

    /// <summary>Copies and sums in one pass. Reads and writes exactly <paramref name="length"/> bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint CopyAndSum(ref byte destination, ref readonly byte source, int length) =>
        ChecksumKernel.Run<SumAndCopy>(ref destination, in source, length);

    /// <summary>
    /// Copies and sums in whole vectors: up to 31 bytes behind the last one are read, and
    /// written, too; they do not count.
    /// </summary>
    public static unsafe uint CopyAndSumPadded(byte* destination, byte* source, int length) =>
        Vector256.IsHardwareAccelerated
            ? ChecksumKernel.Padded(destination, source, length)
            : ChecksumKernel.Run<SumAndCopy>(ref *destination, ref *source, length);

    /// <summary>
    /// Whether a sum that is not zero folds to ones'-complement zero: whether 65,535 divides it. Multiplied with the
    /// inverse of 65,535 modulo 2^64, multiples of it alone stay below 2^64 / 65,535.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsZero(ulong sum)
    {
        const ulong Quotient = ulong.MaxValue / ushort.MaxValue;
        return unchecked(sum * (0 - Quotient)) <= Quotient;
    }

    /// <summary>Sixteen bits, all carries added in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Fold(ulong sum)
    {
        // a number plus itself with its halves exchanged has in its upper half the sum of both, carry included
        uint half = (uint)((sum + BitOperations.RotateLeft(sum, 32)) >> 32);
        return (ushort)((half + BitOperations.RotateLeft(half, 16)) >> 16);
    }

    /// <summary>The checksum to store: the complement of the folded sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Finish(ulong sum) => (ushort)~Fold(sum);

    /// <summary>
    /// As <see cref="Finish"/>, but a zero is sent as all ones, since zero says "no checksum" (RFC 768).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort FinishUdp(ulong sum)
    {
        ushort checksum = Finish(sum);
        return checksum == 0 ? ushort.MaxValue : checksum;
    }

    /// <summary>
    /// RFC 9293 §3.1 and RFC 8200 §8.1, from both addresses as they lie in the IP header: 8 or 32 bytes.
    /// </summary>
    public static uint PseudoHeader(ReadOnlySpan<byte> sourceAndDestination, byte protocol, int length) =>
        Shorten((ulong)Sum(sourceAndDestination) + ProtocolAndLength(protocol, length));

    public static uint PseudoHeaderV4(uint source, uint destination, byte protocol, int length) =>
        Shorten((ulong)new U32Be(source).Wire + new U32Be(destination).Wire + ProtocolAndLength(protocol, length));

    public static uint PseudoHeaderV6(UInt128 source, UInt128 destination, byte protocol, int length) =>
        Shorten(Words(source) + Words(destination) + ProtocolAndLength(protocol, length));

    /// <summary>
    /// RFC 1624 equation 3: HC' = ~(~HC + ~m + m'). All three in the same byte order, whichever it is.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Update(ushort checksum, ushort oldWord, ushort newWord) =>
        Finish((ulong)(ushort)~checksum + (ushort)~oldWord + newWord);

    /// <summary>RFC 1624 for an IPv4 address or two ports. All three in the same byte order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Update(ushort checksum, uint oldWords, uint newWords) =>
        Finish((ulong)(ushort)~checksum + ~oldWords + newWords);

    /// <summary>RFC 1624 for an IPv6 address. All three in the same byte order.</summary>
    public static ushort Update(ushort checksum, UInt128 oldWords, UInt128 newWords)
    {
        UInt128 gone = ~oldWords;
        return Finish((ushort)~checksum + Halves((ulong)(gone >> 64)) + Halves((ulong)gone)
            + Halves((ulong)(newWords >> 64)) + Halves((ulong)newWords));
    }

    /// <summary>Ones'-complement addition of the parts, left at no more than 18 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Shorten(ulong sum)
    {
        sum = (sum & Low32) + (sum >> 32);
        return (uint)((sum & 0xFFFF) + (sum >> 16));
    }

    private static ulong Halves(ulong words) => (words & Low32) + (words >> 32);

    private static ulong Words(UInt128 address) =>
        Halves(new U64Be((ulong)(address >> 64)).Wire) + Halves(new U64Be((ulong)address).Wire);

    private static ulong ProtocolAndLength(byte protocol, int length) =>
        (ulong)new U16Be(protocol).Wire + new U32Be((uint)length).Wire;
}
