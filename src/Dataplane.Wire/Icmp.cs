using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>RFC 792 and RFC 4443 §2.1: type, code, checksum, and four bytes that depend on the type.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct IcmpHeader(byte type, byte code, uint rest)
{
    public const int Size = 8;
    public const int ChecksumOffset = 2;
    public const int IdentifierOffset = 4;

    private readonly byte _type = type;
    private readonly byte _code = code;
    private readonly U16Be _checksum;
    private readonly U32Be _rest = new(rest);

    public byte Type => _type;

    public byte Code => _code;

    public U16Be Checksum => _checksum;

    /// <summary>Identifier and sequence of an echo, the MTU of "too big", the gateway of a redirect.</summary>
    public uint Rest => _rest.Host;
}

/// <summary>An ICMP or ICMPv6 message; the family decides what its type means.</summary>
public readonly ref struct IcmpView : IWireView<IcmpView>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ref readonly IcmpHeader _header;

    private IcmpView(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _header = ref MemoryMarshal.AsRef<IcmpHeader>(bytes);
    }

    public static int MinSize => IcmpHeader.Size;

    public byte Type => _header.Type;

    public byte Code => _header.Code;

    public U16Be Checksum => _header.Checksum;

    public uint Rest => _header.Rest;

    public ushort Identifier => (ushort)(_header.Rest >> 16);

    public ushort Sequence => (ushort)_header.Rest;

    /// <summary>The type is one of ICMPv4 that quotes the packet it complains of.</summary>
    public bool IsErrorV4 => Icmpv4Type.IsError(_header.Type);

    /// <summary>The type is one of ICMPv6 that quotes the packet it complains of.</summary>
    public bool IsErrorV6 => Icmpv6Type.IsError(_header.Type);

    /// <summary>What stands behind the eight bytes: echo data, or in an error the quoted packet.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[IcmpHeader.Size..];

    public static WireError TryParse(ReadOnlySpan<byte> bytes, out IcmpView view)
    {
        view = default;
        if (bytes.Length < IcmpHeader.Size) return WireError.Truncated;

        view = new IcmpView(bytes);
        return WireError.None;
    }

    /// <summary>
    /// The packet that an ICMPv4 error quotes, which is nearly always cut; BadType for other messages.
    /// </summary>
    public WireError TryGetQuoted(out Ipv4View quoted)
    {
        quoted = default;
        return IsErrorV4 ? Ipv4View.TryParseCut(Payload, out quoted) : WireError.BadType;
    }

    /// <summary>The packet that an ICMPv6 error quotes, which may be cut; BadType for other messages.</summary>
    public WireError TryGetQuoted(out Ipv6View quoted)
    {
        quoted = default;
        return IsErrorV6 ? Ipv6View.TryParseCut(Payload, out quoted) : WireError.BadType;
    }
}
