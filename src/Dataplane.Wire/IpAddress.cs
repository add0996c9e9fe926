using System.Buffers.Binary;
using System.Text;

namespace Dataplane.Wire;

/// <summary>
/// An IPv4 or IPv6 address as a value, in host order: one type for both families, for tables and manifests. Two words,
/// not a <see cref="UInt128"/>: code that passes one cannot be compiled ahead of time, which the start pays for.
/// </summary>
public readonly struct IpAddress : IEquatable<IpAddress>, IComparable<IpAddress>
{
    private readonly ulong _high;
    private readonly ulong _low;
    private readonly byte _family;

    private IpAddress(ulong high, ulong low, byte family)
    {
        _high = high;
        _low = low;
        _family = family;
    }

    /// <summary>4, 6, or 0 for the value that no address has.</summary>
    public int Family => _family;

    public bool IsV4 => _family == 4;

    public bool IsV6 => _family == 6;

    public bool IsNone => _family == 0;

    /// <summary>Bits in an address of this family: 32 or 128.</summary>
    public int Bits => IsV4 ? 32 : 128;

    /// <summary>Bytes on the wire: 4 or 16.</summary>
    public int Size => IsV4 ? 4 : 16;

    /// <summary>The address as a number; an IPv4 address lies in the low 32 bits.</summary>
    public UInt128 Value => new(_high, _low);

    /// <summary>The IPv4 address as a number in host order.</summary>
    public uint V4 => (uint)_low;

    public static IpAddress FromV4(uint host) => new(0, host, 4);

    public static IpAddress FromV6(UInt128 host) => new((ulong)(host >> 64), (ulong)host, 6);

    public static IpAddress FromV6(ulong high, ulong low) => new(high, low, 6);

    /// <summary>Reads 4 or 16 bytes in wire order.</summary>
    public static IpAddress FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => FromV4(BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        16 => FromV6(
            BinaryPrimitives.ReadUInt64BigEndian(bytes),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(ulong)..])),
        _ => throw new ArgumentException("an address has 4 or 16 bytes", nameof(bytes)),
    };

    /// <summary>Writes <see cref="Size"/> bytes in wire order.</summary>
    public void WriteTo(Span<byte> bytes)
    {
        if (IsV4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, V4);
            return;
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes, _high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[sizeof(ulong)..], _low);
    }

    /// <summary>The address <paramref name="offset"/> places further, within its family.</summary>
    public IpAddress Plus(uint offset)
    {
        if (IsV4) return FromV4(V4 + offset);

        ulong low = _low + offset;
        return FromV6(_high + (low < _low ? 1UL : 0), low);
    }

    /// <summary>
    /// Dotted quads and RFC 4291 text. No zone, no port, no leading zeros in a quad (they were octal once).
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpAddress address) => IpText.TryParse(text, out address);

    public static IpAddress Parse(string text) =>
        TryParse(text, out IpAddress address) ? address : throw new FormatException($"not an IP address: {text}");

    public bool Equals(IpAddress other) => _low == other._low && _high == other._high && _family == other._family;

    public override bool Equals(object? obj) => obj is IpAddress other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_high, _low, _family);

    public int CompareTo(IpAddress other)
    {
        if (_family != other._family) return _family.CompareTo(other._family);
        return _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);
    }

    public static bool operator ==(IpAddress left, IpAddress right) => left.Equals(right);

    public static bool operator !=(IpAddress left, IpAddress right) => !left.Equals(right);

    public static bool operator <(IpAddress left, IpAddress right) => left.CompareTo(right) < 0;

    public static bool operator >(IpAddress left, IpAddress right) => left.CompareTo(right) > 0;

    public static bool operator <=(IpAddress left, IpAddress right) => left.CompareTo(right) <= 0;

    public static bool operator >=(IpAddress left, IpAddress right) => left.CompareTo(right) >= 0;

    /// <summary>Dotted quad, or RFC 5952 for IPv6.</summary>
    public override string ToString()
    {
        Span<byte> text = stackalloc byte[IpText.MaxSize];
        return Encoding.ASCII.GetString(text[..IpText.Write(this, text)]);
    }

    /// <summary>The same as ASCII; gives how many bytes it took, <see cref="IpText.MaxSize"/> at most.</summary>
    public int WriteTextTo(Span<byte> text) => IpText.Write(this, text);

    /// <summary>The first <paramref name="length"/> bits, and zeros behind them.</summary>
    internal IpAddress Masked(int length) => IsV4
        ? FromV4((uint)(V4 & LeadingOnes(length) >> 32))
        : FromV6(_high & LeadingOnes(length), _low & LeadingOnes(length - 64));

    private static ulong LeadingOnes(int count) => count switch
    {
        <= 0 => 0,
        >= 64 => ulong.MaxValue,
        _ => ulong.MaxValue << (64 - count),
    };
}
