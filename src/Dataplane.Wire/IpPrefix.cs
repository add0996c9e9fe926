using System.Diagnostics.CodeAnalysis;
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
        Address = address.IsV4
            ? IpAddress.FromV4(address.V4 & (uint)Mask(32, length))
            : IpAddress.FromV6(address.Value & Mask(128, length));
    }

    /// <summary>The first address of the prefix.</summary>
    public IpAddress Address { get; }

    public int Length { get; }

    public bool Contains(IpAddress address) =>
        address.Family == Address.Family && (address.Value & Mask(address.Bits, Length)) == Address.Value;

    public static bool TryParse([NotNullWhen(true)] string? text, out IpPrefix prefix)
    {
        prefix = default;
        int slash = text?.IndexOf('/') ?? -1;
        if (slash < 0 || !IpAddress.TryParse(text![..slash], out IpAddress address)) return false;
        if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int length))
            return false;
        if (length > address.Bits) return false;

        prefix = new IpPrefix(address, length);
        return true;
    }

    public static IpPrefix Parse(string text) =>
        TryParse(text, out IpPrefix prefix) ? prefix : throw new FormatException($"not a CIDR prefix: {text}");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{Length}");

    private static UInt128 Mask(int bits, int length) =>
        length == 0 ? UInt128.Zero : (UInt128.MaxValue >> (128 - bits)) & (UInt128.MaxValue << (bits - length));
}
