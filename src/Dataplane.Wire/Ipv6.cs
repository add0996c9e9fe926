using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>RFC 8200 §3: the fixed forty octets.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct Ipv6Header(
    byte trafficClass, uint flowLabel, ushort payloadLength, byte nextHeader, byte hopLimit, UInt128 source,
    UInt128 destination)
{
    public const int Size = 40;
    public const int PayloadLengthOffset = 4;
    public const int NextHeaderOffset = 6;
    public const int HopLimitOffset = 7;
    public const int SourceOffset = 8;
    public const int DestinationOffset = 24;

    private readonly U32Be _versionClassLabel = new(0x6000_0000u | (uint)trafficClass << 20 | flowLabel & 0xF_FFFF);
    private readonly U16Be _payloadLength = new(payloadLength);
    private readonly byte _nextHeader = nextHeader;
    private readonly byte _hopLimit = hopLimit;
    private readonly U128Be _source = new(source);
    private readonly U128Be _destination = new(destination);

    public int Version => (int)(_versionClassLabel.Host >> 28);

    public byte TrafficClass => (byte)(_versionClassLabel.Host >> 20);

    public uint FlowLabel => _versionClassLabel.Host & 0xF_FFFF;

    public ushort PayloadLength => _payloadLength.Host;

    public byte NextHeader => _nextHeader;

    public byte HopLimit => _hopLimit;

    public UInt128 Source => _source.Host;

    public UInt128 Destination => _destination.Host;
}

/// <summary>
/// An IPv6 packet, its lengths checked and its extension headers walked to the protocol that they carry.
/// </summary>
public readonly ref struct Ipv6View : IWireView<Ipv6View>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ref readonly Ipv6Header _header;
    private readonly Ipv6Extensions _extensions;

    private Ipv6View(ReadOnlySpan<byte> bytes, Ipv6Extensions extensions)
    {
        _bytes = bytes;
        _header = ref MemoryMarshal.AsRef<Ipv6Header>(bytes);
        _extensions = extensions;
    }

    public static int MinSize => Ipv6Header.Size;

    public byte TrafficClass => _header.TrafficClass;

    public uint FlowLabel => _header.FlowLabel;

    public ushort PayloadLength => _header.PayloadLength;

    public byte NextHeader => _header.NextHeader;

    public byte HopLimit => _header.HopLimit;

    public UInt128 Source => _header.Source;

    public UInt128 Destination => _header.Destination;

    /// <summary>What stands behind the last extension header.</summary>
    public byte Protocol => _extensions.Protocol;

    /// <summary>Where <see cref="Protocol"/> starts, counted from the IPv6 header.</summary>
    public int HeaderSize => _extensions.Size;

    public bool IsFragment => _extensions.FragmentHeaderOffset != 0;

    /// <summary>Where the fragment header starts; 0 without one.</summary>
    public int FragmentHeaderOffset => _extensions.FragmentHeaderOffset;

    public int FragmentOffset => Fragment.Offset;

    public bool MoreFragments => Fragment.MoreFragments;

    public uint FragmentId => Fragment.Id;

    /// <summary>The packet holds less than its length field says: a quotation, or a snap length cut it.</summary>
    public bool IsCut => Ipv6Header.Size + _header.PayloadLength > _bytes.Length;

    /// <summary>
    /// What <see cref="Protocol"/> is; a fragment's part of it where <see cref="FragmentOffset"/> is not 0.
    /// </summary>
    public ReadOnlySpan<byte> Payload => _bytes[_extensions.Size..];

    private Ipv6FragmentHeader Fragment => IsFragment
        ? MemoryMarshal.Read<Ipv6FragmentHeader>(_bytes[_extensions.FragmentHeaderOffset..])
        : default;

    public static WireError TryParse(ReadOnlySpan<byte> bytes, out Ipv6View view)
    {
        WireError error = TryParseCut(bytes, out view);
        if (error != WireError.None || !view.IsCut) return error;

        view = default;
        return WireError.Truncated;
    }

    /// <summary>Reads also a packet whose end is missing: <see cref="Payload"/> is what is there.</summary>
    public static WireError TryParseCut(ReadOnlySpan<byte> bytes, out Ipv6View view)
    {
        view = default;
        if (bytes.Length < Ipv6Header.Size) return WireError.Truncated;

        ref readonly Ipv6Header header = ref MemoryMarshal.AsRef<Ipv6Header>(bytes);
        if (header.Version != 6) return WireError.BadVersion;

        ReadOnlySpan<byte> packet = bytes[..Math.Min(bytes.Length, Ipv6Header.Size + header.PayloadLength)];
        WireError error = Ipv6Extensions.TryWalk(packet, header.NextHeader, out Ipv6Extensions extensions);
        if (error != WireError.None) return error;

        view = new Ipv6View(packet, extensions);
        return WireError.None;
    }
}
