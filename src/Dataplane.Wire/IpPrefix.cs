using System.Globalization;

namespace Dataplane.Wire;

/// <summary>A CIDR prefix. Bits behind the length are zero: <c>10.0.0.7/24</c> is read as <c>10.0.0.0/24</c>.</summary>
public readonly record struct IpPrefix
{
    public IpPrefix(IpAddress address, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, address.Bits);
        Length = length;
        Address = address.Masked(length);
    }

    /// <summary>The first address of the prefix.</summary>
    public IpAddress Address { get; }

    public int Length { get; }

    public bool Contains(IpAddress address) =>
        address.Family == Address.Family && address.Masked(Length) == Address;

    public static bool TryParse(ReadOnlySpan<char> text, out IpPrefix prefix)
    {
        prefix = default;
        int slash = text.IndexOf('/');
        if (slash < 0 || !IpAddress.TryParse(text[..slash], out IpAddress address)) return false;
        if (!int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int length))
            return false;
        if (length > address.Bits) return false;

        prefix = new IpPrefix(address, length);
        return true;
    }

    public static IpPrefix Parse(string text) =>
        TryParse(text, out IpPrefix prefix) ? prefix : throw new FormatException($"not a CIDR prefix: {text}");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{Length}");
}
