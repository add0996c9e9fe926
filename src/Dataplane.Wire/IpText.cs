namespace Dataplane.Wire;

/// <summary>Reads addresses as Kubernetes does (RFC 4291 §2.2; Go's <c>netip.ParseAddr</c>, without zones).</summary>
internal static class IpText
{
    private const int QuadParts = 4;
    private const int MaxQuadDigits = 3;
    private const int GroupCount = 8;
    private const int GroupBits = 16;
    private const int MaxGroupDigits = 4;
    private const int NoGap = -1;

    public static bool TryParse(ReadOnlySpan<char> text, out IpAddress address)
    {
        if (text.Contains(':')) return TryParseV6(text, out address);

        bool isQuad = TryParseQuad(text, out uint value);
        address = isQuad ? IpAddress.FromV4(value) : default;
        return isQuad;
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
