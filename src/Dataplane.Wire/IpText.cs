using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;

namespace Dataplane.Wire;

/// <summary>
/// Addresses as text: read as Kubernetes does (RFC 4291 §2.2; Go's <c>netip.ParseAddr</c>, without zones),
/// written as RFC 5952 recommends.
/// </summary>
public static class IpText
{
    /// <summary>Bytes of the longest text: six groups and a quad.</summary>
    public const int MaxSize = 45;

    private const ushort IsatapGroup = 0x5EFE;
    private const int QuadParts = 4;
    private const int MaxQuadDigits = 3;
    private const int GroupCount = 8;
    private const int GroupBits = 16;
    private const int MaxGroupDigits = 4;
    private const int NoGap = -1;

    private static readonly StandardFormat LowerHex = new('x');

    internal static bool TryParse(ReadOnlySpan<char> text, out IpAddress address)
    {
        if (text.Contains(':')) return TryParseV6(text, out address);

        bool isQuad = TryParseQuad(text, out uint value);
        address = isQuad ? IpAddress.FromV4(value) : default;
        return isQuad;
    }

    /// <summary>Gives how many bytes it wrote.</summary>
    internal static int Write(IpAddress address, Span<byte> text)
    {
        if (address.IsNone) return Append(text, "none"u8);
        if (address.IsV4) return WriteQuad(address.V4, text);

        Span<byte> bytes = stackalloc byte[GroupCount * sizeof(ushort)];
        address.WriteTo(bytes);
        Span<ushort> groups = stackalloc ushort[GroupCount];
        for (int index = 0; index < GroupCount; index++)
        {
            groups[index] = BinaryPrimitives.ReadUInt16BigEndian(bytes[(index * sizeof(ushort))..]);
        }

        if (!EndsInQuad(groups)) return WriteGroups(groups, text);

        int size = WriteGroups(groups[..(GroupCount - 2)], text);
        if (text[size - 1] != ':') text[size++] = (byte)':';
        return size + WriteQuad((uint)groups[GroupCount - 2] << GroupBits | groups[GroupCount - 1], text[size..]);
    }

    private static int Append(Span<byte> text, ReadOnlySpan<byte> what)
    {
        what.CopyTo(text);
        return what.Length;
    }

    private static int WriteQuad(uint value, Span<byte> text)
    {
        int size = 0;
        for (int part = QuadParts - 1; part >= 0; part--)
        {
            Utf8Formatter.TryFormat((byte)(value >> (part * 8)), text[size..], out int written);
            size += written;
            if (part > 0) text[size++] = (byte)'.';
        }

        return size;
    }

    // IPv4-mapped, IPv4-compatible, translated (RFC 2765) and ISATAP (RFC 5214) addresses.
    private static bool EndsInQuad(ReadOnlySpan<ushort> groups)
    {
        if (groups[4] == 0 && groups[5] == IsatapGroup) return true;
        if (groups[..4].IndexOfAnyExcept((ushort)0) >= 0 || groups[6] == 0) return false;

        return (groups[4], groups[5]) is (0, 0) or (0, ushort.MaxValue) or (ushort.MaxValue, 0);
    }

    private static int WriteGroups(ReadOnlySpan<ushort> groups, Span<byte> text)
    {
        (int start, int length) = LongestZeros(groups);
        int size = 0;
        for (int index = 0; index < groups.Length; index++)
        {
            if (index == start)
            {
                size += Append(text[size..], "::"u8);
                index += length - 1;
                continue;
            }

            if (size > 0 && text[size - 1] != ':') text[size++] = (byte)':';
            Utf8Formatter.TryFormat(groups[index], text[size..], out int written, LowerHex);
            size += written;
        }

        return size;
    }

    // The first of the longest runs of at least two groups; a start of −1 where there is none.
    private static (int Start, int Length) LongestZeros(ReadOnlySpan<ushort> groups)
    {
        (int Start, int Length) longest = (NoGap, 1);
        int length = 0;
        for (int index = 0; index < groups.Length; index++)
        {
            length = groups[index] == 0 ? length + 1 : 0;
            if (length > longest.Length) longest = (index - length + 1, length);
        }

        return longest;
    }

    private static bool TryParseQuad(ReadOnlySpan<char> text, out uint value)
    {
        value = 0;
        for (int part = 0; part < QuadParts; part++)
        {
            if (part > 0)
            {
                if (text.IsEmpty || text[0] != '.') return false;
                text = text[1..];
            }

            int digits = 0;
            uint octet = 0;
            while (digits < text.Length && digits < MaxQuadDigits && char.IsAsciiDigit(text[digits]))
            {
                octet = (octet * 10) + (uint)(text[digits++] - '0');
            }

            if (digits == 0 || octet > byte.MaxValue || (digits > 1 && text[0] == '0')) return false;

            value = value << 8 | octet;
            text = text[digits..];
        }

        return text.IsEmpty;
    }

    private static bool TryParseV6(ReadOnlySpan<char> text, out IpAddress address)
    {
        address = default;
        Span<ushort> groups = stackalloc ushort[GroupCount];
        groups.Clear();
        if (!TryReadGroups(text, groups, out int count, out int gap)) return false;

        // the gap stands for at least one group of zeros
        if (gap == NoGap ? count != GroupCount : count == GroupCount) return false;
        if (gap != NoGap)
        {
            Span<ushort> behind = groups[gap..count];
            behind.CopyTo(groups[(GroupCount - behind.Length)..]);
            groups[gap..(GroupCount - behind.Length)].Clear();
        }

        address = IpAddress.FromV6(Join(groups[..(GroupCount / 2)]), Join(groups[(GroupCount / 2)..]));
        return true;
    }

    // The gap is where "::" stood: behind so many groups.
    private static bool TryReadGroups(ReadOnlySpan<char> text, Span<ushort> groups, out int count, out int gap)
    {
        count = 0;
        gap = NoGap;
        if (text.StartsWith("::"))
        {
            gap = 0;
            text = text[2..];
        }

        while (!text.IsEmpty)
        {
            int digits = ReadHex(text, out ushort group);
            if (digits == 0 || count == GroupCount) return false;
            if (digits < text.Length && text[digits] == '.')
            {
                if (count > GroupCount - 2 || !TryParseQuad(text, out uint quad)) return false;
                groups[count++] = (ushort)(quad >> GroupBits);
                groups[count++] = (ushort)quad;
                return true;
            }

            groups[count++] = group;
            text = text[digits..];
            if (text.IsEmpty) return true;
            if (text[0] != ':' || text.Length == 1) return false;

            text = text[1..];
            if (text[0] != ':') continue;
            if (gap != NoGap) return false;

            gap = count;
            text = text[1..];
        }

        return true;
    }

    // Gives how many digits it read; a group has four at most.
    private static int ReadHex(ReadOnlySpan<char> text, out ushort group)
    {
        int digits = 0;
        int value = 0;
        while (digits < text.Length && digits < MaxGroupDigits && char.IsAsciiHexDigit(text[digits]))
        {
            char digit = text[digits++];
            value = value << 4 | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        group = (ushort)value;
        return digits;
    }

    private static ulong Join(ReadOnlySpan<ushort> groups)
    {
        ulong value = 0;
        foreach (ushort group in groups) value = value << GroupBits | group;
        return value;
    }
}
