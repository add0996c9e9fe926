using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>
/// RFC 791 §3.1: the fixed twenty octets. A header made here has no options, and its checksum filled in.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct Ipv4Header
{
    public const int Size = 20;
    public const int MaxSize = 60;
    public const int TosOffset = 1;
    public const int TotalLengthOffset = 2;
    public const int IdOffset = 4;
    public const int FragmentOffsetOffset = 6;
    public const int TtlOffset = 8;
    public const int ProtocolOffset = 9;
    public const int ChecksumOffset = 10;
    public const int SourceOffset = 12;
    public const int DestinationOffset = 16;
    public const ushort DontFragmentFlag = 0x4000;
    public const ushort MoreFragmentsFlag = 0x2000;
    public const ushort FragmentOffsetMask = 0x1FFF;

    private readonly byte _versionAndLength;
    private readonly byte _tos;
    private readonly U16Be _totalLength;
    private readonly U16Be _id;
    private readonly U16Be _fragment;
    private readonly byte _ttl;
    private readonly byte _protocol;
    private readonly U16Be _checksum;
    private readonly U32Be _source;
    private readonly U32Be _destination;

    public Ipv4Header(
        byte tos, ushort totalLength, ushort id, ushort fragment, byte ttl, byte protocol, uint source,
        uint destination)
    {
        _versionAndLength = 0x45;
        _tos = tos;
        _totalLength = new U16Be(totalLength);
        _id = new U16Be(id);
        _fragment = new U16Be(fragment);
        _ttl = ttl;
        _protocol = protocol;
        _source = new U32Be(source);
        _destination = new U32Be(destination);
        uint sum = 0x4500u + tos + totalLength + id + fragment + ((uint)ttl << 8) + protocol
            + (source >> 16) + (ushort)source + (destination >> 16) + (ushort)destination;
        _checksum = new U16Be(InternetChecksum.Finish(sum));
    }

    public int Version => _versionAndLength >> 4;

    /// <summary>Bytes of header, options included, from a field that counts words of four.</summary>
    public int HeaderLength => (_versionAndLength & 0x0F) * 4;

    public byte Tos => _tos;

    public ushort TotalLength => _totalLength.Host;

    public ushort Id => _id.Host;

    public bool DontFragment => (_fragment.Host & DontFragmentFlag) != 0;

    public bool MoreFragments => (_fragment.Host & MoreFragmentsFlag) != 0;

    /// <summary>Where this fragment's payload belongs, in bytes.</summary>
    public int FragmentOffset => (_fragment.Host & FragmentOffsetMask) * 8;

    public bool IsFragment => (_fragment.Host & (MoreFragmentsFlag | FragmentOffsetMask)) != 0;

    public byte Ttl => _ttl;

    public byte Protocol => _protocol;

    public U16Be Checksum => _checksum;

    public uint Source => _source.Host;

    public uint Destination => _destination.Host;
}

/// <summary>An IPv4 datagram whose lengths have been checked against the bytes that hold it.</summary>
public readonly ref struct Ipv4View : IWireView<Ipv4View>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ref readonly Ipv4Header _header;

    private Ipv4View(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _header = ref MemoryMarshal.AsRef<Ipv4Header>(bytes);
    }

    public static int MinSize => Ipv4Header.Size;

    public int HeaderLength => _header.HeaderLength;

    public ushort TotalLength => _header.TotalLength;

    public byte Tos => _header.Tos;

    public ushort Id => _header.Id;

    public bool DontFragment => _header.DontFragment;

    public bool MoreFragments => _header.MoreFragments;

    public int FragmentOffset => _header.FragmentOffset;

    public bool IsFragment => _header.IsFragment;

    public byte Ttl => _header.Ttl;

    public byte Protocol => _header.Protocol;

    public U16Be Checksum => _header.Checksum;

    public uint Source => _header.Source;

    public uint Destination => _header.Destination;

    /// <summary>The sum over the header, options too, is all ones.</summary>
    public bool HasGoodChecksum => InternetChecksum.Finish(InternetChecksum.Sum(Header)) == 0;

    /// <summary>The datagram holds less than its length field says: a quotation, or a snap length cut it.</summary>
    public bool IsCut => _header.TotalLength > _bytes.Length;

    public ReadOnlySpan<byte> Header => _bytes[.._header.HeaderLength];

    public Ipv4Options Options => new(_bytes[Ipv4Header.Size.._header.HeaderLength]);

    public ReadOnlySpan<byte> Payload => _bytes[_header.HeaderLength..];

    public static WireError TryParse(ReadOnlySpan<byte> bytes, out Ipv4View view)
    {
        WireError error = TryParseCut(bytes, out view);
        if (error != WireError.None || !view.IsCut) return error;

        view = default;
        return WireError.Truncated;
    }

    /// <summary>Reads also a datagram whose end is missing: <see cref="Payload"/> is what is there.</summary>
    public static WireError TryParseCut(ReadOnlySpan<byte> bytes, out Ipv4View view)
    {
        view = default;
        if (bytes.Length < Ipv4Header.Size) return WireError.Truncated;

        ref readonly Ipv4Header header = ref MemoryMarshal.AsRef<Ipv4Header>(bytes);
        if (header.Version != 4) return WireError.BadVersion;
        if (header.HeaderLength < Ipv4Header.Size) return WireError.BadHeaderLength;
        if (header.TotalLength < header.HeaderLength) return WireError.BadTotalLength;
        if (bytes.Length < header.HeaderLength) return WireError.Truncated;

        view = new Ipv4View(bytes[..Math.Min(bytes.Length, header.TotalLength)]);
        return WireError.None;
    }
}
