using System.Globalization;
using Dataplane.Wire;

namespace Dataplane.Engines.Iptables.Compilation;

/// <summary>Values of options: addresses with masks, ports, marks, numbers, names.</summary>
internal static class RuleValues
{
    private static readonly Dictionary<string, byte> Protocols = new(StringComparer.OrdinalIgnoreCase)
    {
        ["all"] = 0,
        ["icmp"] = 1,
        ["igmp"] = 2,
        ["ipencap"] = 4,
        ["tcp"] = 6,
        ["udp"] = 17,
        ["dccp"] = 33,
        ["ipv6"] = 41,
        ["gre"] = 47,
        ["esp"] = 50,
        ["ah"] = 51,
        ["icmpv6"] = 58,
        ["ipv6-icmp"] = 58,
        ["ospf"] = 89,
        ["ipip"] = 94,
        ["pim"] = 103,
        ["vrrp"] = 112,
        ["l2tp"] = 115,
        ["sctp"] = 132,
        ["ipv6-mh"] = 135,
        ["mobility-header"] = 135,
        ["udplite"] = 136,
    };

    public static bool TryProtocol(string text, out byte protocol) =>
        Protocols.TryGetValue(text, out protocol)
        || byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out protocol);

    /// <summary><c>10.0.0.1</c>, <c>10.0.0.0/8</c>, <c>10.0.0.1/255.0.255.0</c>, and the same for IPv6.</summary>
    public static bool TryMasked(string text, int family, out AddressPair masked)
    {
        masked = default;
        int slash = text.IndexOf('/');
        if (!TryAddress(slash < 0 ? text : text[..slash], family, out UInt128 address)) return false;

        int bits = family == 4 ? 32 : 128;
        UInt128 mask = HashIpset.MaskOf(family, bits);
        if (slash >= 0 && !TryMask(text[(slash + 1)..], family, out mask)) return false;

        masked = new AddressPair(address & mask, mask);
        return true;
    }

    public static bool TryAddress(string text, int family, out UInt128 address)
    {
        if (family == 4) return TryQuad(text, out address);

        bool isRead = IpAddress.TryParse(text, out IpAddress parsed) && parsed.Family == family;
        address = isRead ? parsed.Value : UInt128.Zero;
        return isRead;
    }

    public static bool TryAddressRange(string text, int family, out AddressPair range)
    {
        range = default;
        int dash = text.IndexOf('-');
        if (!TryAddress(dash < 0 ? text : text[..dash], family, out UInt128 first)) return false;

        UInt128 last = first;
        if (dash >= 0 && !TryAddress(text[(dash + 1)..], family, out last)) return false;

        range = new AddressPair(first, last);
        return first <= last;
    }

    /// <summary><c>80</c>, <c>80:90</c>, <c>:90</c>, <c>80:</c>.</summary>
    public static bool TryPorts(ReadOnlySpan<char> text, out ushort first, out ushort last, char between = ':')
    {
        int split = text.IndexOf(between);
        if (split < 0)
        {
            bool isPort = TryPort(text, out first);
            last = first;
            return isPort;
        }

        last = ushort.MaxValue;
        first = 0;
        return (split == 0 || TryPort(text[..split], out first))
            && (split == text.Length - 1 || TryPort(text[(split + 1)..], out last))
            && first <= last;
    }

    public static bool TryPort(ReadOnlySpan<char> text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port);

    /// <summary><c>0x4000/0x4000</c>; without a mask, all bits.</summary>
    public static bool TryMark(string text, out uint value, out uint mask)
    {
        mask = uint.MaxValue;
        int slash = text.IndexOf('/');
        if (slash < 0) return TryNumber(text, out value);

        return TryNumber(text.AsSpan(0, slash), out value) && TryNumber(text.AsSpan(slash + 1), out mask);
    }

    /// <summary>Decimal, or hexadecimal behind <c>0x</c>.</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, out uint number) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? uint.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    /// <summary>A list of names with commas, each a bit.</summary>
    public static bool TryFlags(string text, IReadOnlyDictionary<string, uint> names, out uint flags)
    {
        flags = 0;
        foreach (string name in text.Split(','))
        {
            if (!names.TryGetValue(name, out uint flag)) return false;
            flags |= flag;
        }

        return true;
    }

    /// <summary>
    /// Dotted quads only, without leading zeros: the same that <see cref="IpAddress"/> reads,
    /// for dumps of a million rules.
    /// </summary>
    private static bool TryQuad(ReadOnlySpan<char> text, out UInt128 address)
    {
        address = 0;
        uint value = 0;
        for (int part = 0; part < 4; part++)
        {
            int dot = part < 3 ? text.IndexOf('.') : text.Length;
            if (dot is < 1 or > 3 || (dot > 1 && text[0] == '0')) return false;
            if (!byte.TryParse(text[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out byte octet))
                return false;

            value = value << 8 | octet;
            text = part < 3 ? text[(dot + 1)..] : [];
        }

        address = value;
        return true;
    }

    private static bool TryMask(string text, int family, out UInt128 mask)
    {
        mask = default;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int length))
        {
            if (length > (family == 4 ? 32 : 128)) return false;

            mask = HashIpset.MaskOf(family, length);
            return true;
        }

        return TryAddress(text, family, out mask);
    }
}
