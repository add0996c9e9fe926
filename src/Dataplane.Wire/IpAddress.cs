using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Dataplane.Wire;

/// <summary>An IPv4 or IPv6 address as a value, in host order: one type for both families, for tables and manifests.</summary>
public readonly struct IpAddress : IEquatable<IpAddress>, IComparable<IpAddress>
{
    private readonly UInt128 _value;
    private readonly byte _family;

    private IpAddress(UInt128 value, byte family)
    {
        _value = value;
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
    public UInt128 Value => _value;

    /// <summary>The IPv4 address as a number in host order.</summary>
    public uint V4 => (uint)_value;

    public static IpAddress FromV4(uint host) => new(host, 4);

    public static IpAddress FromV6(UInt128 host) => new(host, 6);

    /// <summary>Reads 4 or 16 bytes in wire order.</summary>
    public static IpAddress FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => FromV4(BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        16 => FromV6(BinaryPrimitives.ReadUInt128BigEndian(bytes)),
        _ => throw new ArgumentException("an address has 4 or 16 bytes", nameof(bytes)),
    };

    /// <summary>Writes <see cref="Size"/> bytes in wire order.</summary>
    public void WriteTo(Span<byte> bytes)
    {
        if (IsV4) BinaryPrimitives.WriteUInt32BigEndian(bytes, V4);
        else BinaryPrimitives.WriteUInt128BigEndian(bytes, _value);
    }

    /// <summary>The address <paramref name="offset"/> places further, within its family.</summary>
    public IpAddress Plus(uint offset) => IsV4 ? FromV4(V4 + offset) : FromV6(_value + offset);

    /// <summary>Dotted quads and RFC 4291 text. No zone, no port, no leading zeros in a quad (they were octal once).</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out IpAddress address)
    {
        address = default;
        if (string.IsNullOrEmpty(text) || text.Contains('%') || text.Contains('[')) return false;
        if (!IPAddress.TryParse(text, out IPAddress? parsed)) return false;

        Span<byte> bytes = stackalloc byte[16];
        parsed.TryWriteBytes(bytes, out int size);
        if (parsed.AddressFamily == AddressFamily.InterNetwork && parsed.ToString() != text) return false;

        address = FromBytes(bytes[..size]);
        return true;
    }

    public static IpAddress Parse(string text) =>
        TryParse(text, out IpAddress address) ? address : throw new FormatException($"not an IP address: {text}");

    public bool Equals(IpAddress other) => _value == other._value && _family == other._family;

    public override bool Equals(object? obj) => obj is IpAddress other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_value, _family);

    public int CompareTo(IpAddress other) =>
        _family != other._family ? _family.CompareTo(other._family) : _value.CompareTo(other._value);

    public static bool operator ==(IpAddress left, IpAddress right) => left.Equals(right);

    public static bool operator !=(IpAddress left, IpAddress right) => !left.Equals(right);

    public static bool operator <(IpAddress left, IpAddress right) => left.CompareTo(right) < 0;

    public static bool operator >(IpAddress left, IpAddress right) => left.CompareTo(right) > 0;

    public static bool operator <=(IpAddress left, IpAddress right) => left.CompareTo(right) <= 0;

    public static bool operator >=(IpAddress left, IpAddress right) => left.CompareTo(right) >= 0;

    /// <summary>Dotted quad, or RFC 5952 for IPv6.</summary>
    public override string ToString()
    {
        if (IsNone) return "none";

        Span<byte> bytes = stackalloc byte[16];
        WriteTo(bytes);
        return new IPAddress(bytes[..Size]).ToString();
    }
}
