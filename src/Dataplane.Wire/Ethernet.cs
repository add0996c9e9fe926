using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>IEEE 802.3 §3.1.1 and RFC 894: two addresses, and a type or a length.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct EthernetHeader(MacAddress destination, MacAddress source, ushort typeOrLength)
{
    public const int Size = 14;
    public const int MaxLength = 1500;

    private readonly U48Be _destination = new(destination);
    private readonly U48Be _source = new(source);
    private readonly U16Be _typeOrLength = new(typeOrLength);

    public MacAddress Destination => _destination.Host;

    public MacAddress Source => _source.Host;

    public ushort TypeOrLength => _typeOrLength.Host;
}

/// <summary>An Ethernet II or 802.3 frame with its VLAN tags and LLC header walked to what they carry.</summary>
public readonly ref struct EthernetView : IWireView<EthernetView>
{
    public const int MaxTags = 4;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ref readonly EthernetHeader _header;
    private readonly ushort _etherType;
    private readonly byte _headerSize;
    private readonly byte _tagCount;
    private readonly bool _hasLength;

    private EthernetView(ReadOnlySpan<byte> bytes, ushort etherType, int headerSize, int tagCount, bool hasLength)
    {
        _bytes = bytes;
        _header = ref MemoryMarshal.AsRef<EthernetHeader>(bytes);
        _etherType = etherType;
        _headerSize = (byte)headerSize;
        _tagCount = (byte)tagCount;
        _hasLength = hasLength;
    }

    public static int MinSize => EthernetHeader.Size;

    public MacAddress Destination => _header.Destination;

    public MacAddress Source => _header.Source;

    /// <summary>The type of <see cref="Payload"/>, behind all tags; 0 for an 802.3 frame that names none.</summary>
    public ushort EtherType => _etherType;

    /// <summary>True for IEEE 802.3 with a length and an LLC header.</summary>
    public bool HasLength => _hasLength;

    public int TagCount => _tagCount;

    /// <summary>The outermost tag's VLAN id; 0 without a tag.</summary>
    public ushort OuterVlanId => _tagCount > 0 ? Tag(0).Id : (ushort)0;

    /// <summary>The innermost tag's VLAN id; 0 without a tag.</summary>
    public ushort InnerVlanId => _tagCount > 0 ? Tag(_tagCount - 1).Id : (ushort)0;

    /// <summary>Ethernet header, tags, and LLC/SNAP: what stands before <see cref="Payload"/>.</summary>
    public int HeaderSize => _headerSize;

    /// <summary>What the frame carries, an 802.3 frame's padding left out.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[_headerSize..];

    public static WireError TryParse(ReadOnlySpan<byte> bytes, out EthernetView view)
    {
        view = default;
        if (bytes.Length < EthernetHeader.Size) return WireError.Truncated;

        ushort type = MemoryMarshal.AsRef<EthernetHeader>(bytes).TypeOrLength;
        int offset = EthernetHeader.Size;
        int tags = 0;
        while (Wire.EtherType.IsTag(type))
        {
            if (tags == MaxTags) return WireError.TooDeep;
            if (bytes.Length < offset + VlanHeader.Size) return WireError.Truncated;

            type = MemoryMarshal.AsRef<VlanHeader>(bytes[offset..]).EtherType;
            offset += VlanHeader.Size;
            tags++;
        }

        if (type >= Wire.EtherType.FirstType)
        {
            view = new EthernetView(bytes, type, offset, tags, hasLength: false);
            return WireError.None;
        }

        if (type > EthernetHeader.MaxLength) return WireError.BadType;
        if (bytes.Length < offset + type) return WireError.Truncated;

        ReadOnlySpan<byte> frame = bytes[..(offset + type)];
        WireError error = LlcView.TryParse(frame[offset..], out LlcView llc);
        if (error != WireError.None) return error;

        view = new EthernetView(frame, llc.EtherType, offset + llc.HeaderSize, tags, hasLength: true);
        return WireError.None;
    }

    private VlanHeader Tag(int index) =>
        MemoryMarshal.Read<VlanHeader>(_bytes[(EthernetHeader.Size + index * VlanHeader.Size)..]);
}
