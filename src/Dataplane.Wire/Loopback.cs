using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>
/// LINKTYPE_NULL and LINKTYPE_LOOP: an address family in four bytes, in the capturing host's or in wire order.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct LoopbackHeader(uint family)
{
    public const int Size = 4;

    private readonly U32Be _family = new(family);

    /// <summary>The family, whichever order it was written in: families are small numbers.</summary>
    public uint Family => _family.Host <= ushort.MaxValue
        ? _family.Host
        : BinaryPrimitives.ReverseEndianness(_family.Host);

    /// <summary>The EtherType of the family, 0 for families other than IP. IPv6 has a number for each BSD.</summary>
    public ushort EtherType => Family switch
    {
        2 => Wire.EtherType.Ipv4,
        10 or 24 or 28 or 30 => Wire.EtherType.Ipv6,
        _ => 0,
    };
}

/// <summary>A loopback capture record that carries IP.</summary>
public readonly ref struct LoopbackView : IWireView<LoopbackView>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ref readonly LoopbackHeader _header;

    private LoopbackView(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _header = ref MemoryMarshal.AsRef<LoopbackHeader>(bytes);
    }

    public static int MinSize => LoopbackHeader.Size;

    public uint Family => _header.Family;

    public ushort EtherType => _header.EtherType;

    public ReadOnlySpan<byte> Payload => _bytes[LoopbackHeader.Size..];

    public static WireError TryParse(ReadOnlySpan<byte> bytes, out LoopbackView view)
    {
        view = default;
        if (bytes.Length < LoopbackHeader.Size) return WireError.Truncated;
        if (MemoryMarshal.AsRef<LoopbackHeader>(bytes).EtherType == 0) return WireError.BadType;

        view = new LoopbackView(bytes);
        return WireError.None;
    }
}
