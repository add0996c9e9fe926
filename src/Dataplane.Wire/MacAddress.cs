using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Dataplane.Wire;

/// <summary>A 48-bit Ethernet address, kept as a number whose most significant byte is first on the wire.</summary>
public readonly record struct MacAddress(ulong Value)
{
    public const int Size = 6;

    public static readonly MacAddress Broadcast = new(0xFFFF_FFFF_FFFF);

    public bool IsNone => Value == 0;

    /// <summary>Group bit: multicast and broadcast addresses.</summary>
    public bool IsGroup => (Value >> 40 & 1) != 0;

    public static MacAddress FromBytes(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        foreach (byte octet in bytes[..Size]) value = value << 8 | octet;
        return new MacAddress(value);
    }

    public void WriteTo(Span<byte> bytes)
    {
        for (int i = 0; i < Size; i++) bytes[i] = (byte)(Value >> (40 - 8 * i));
    }

    /// <summary>Six pairs of hexadecimal digits with colons or dashes.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out MacAddress mac)
    {
        mac = default;
        if (text is not { Length: 17 }) return false;

        ulong value = 0;
        for (int i = 0; i < Size; i++)
        {
            if (i > 0 && text[3 * i - 1] is not (':' or '-')) return false;
            ReadOnlySpan<char> pair = text.AsSpan(3 * i, 2);
            if (!byte.TryParse(pair, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte octet))
                return false;
            value = value << 8 | octet;
        }

        mac = new MacAddress(value);
        return true;
    }

    public static MacAddress Parse(string text) =>
        TryParse(text, out MacAddress mac) ? mac : throw new FormatException($"not a MAC address: {text}");

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Value >> 40 & 255:x2}:{Value >> 32 & 255:x2}:{Value >> 24 & 255:x2}:{Value >> 16 & 255:x2}:"
        + $"{Value >> 8 & 255:x2}:{Value & 255:x2}");
}
