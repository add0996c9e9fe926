using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>RFC 8926 §3.4: version, options' length, flags, the carried type, and the 24-bit VNI.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct GeneveHeader(uint vni, ushort protocol, int optionsSize, bool critical)
{
    public const int Size = 8;
    public const ushort UdpPort = 6081;

    private readonly byte _versionAndLength = (byte)(optionsSize / 4);
    private readonly byte _flags = (byte)(critical ? 0x40 : 0);
    private readonly U16Be _protocol = new(protocol);
    private readonly U32Be _vniAndReserved = new(vni << 8);

    public int Version => _versionAndLength >> 6;

    /// <summary>Bytes of options behind the header, from a field that counts words of four.</summary>
    public int OptionsSize => (_versionAndLength & 0x3F) * 4;

    public bool IsControl => (_flags & 0x80) != 0;

    public bool HasCritical => (_flags & 0x40) != 0;

    public ushort Protocol => _protocol.Host;

    public uint Vni => _vniAndReserved.Host >> 8;
}

/// <summary>A Geneve packet of version 0 whose options lie inside the bytes that hold it.</summary>
public readonly ref struct GeneveView : IWireView<GeneveView>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ref readonly GeneveHeader _header;

    private GeneveView(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _header = ref MemoryMarshal.AsRef<GeneveHeader>(bytes);
    }

    public static int MinSize => GeneveHeader.Size;

    public bool IsControl => _header.IsControl;

    /// <summary>The C bit: a receiver that does not know every critical option drops the packet.</summary>
    public bool HasCritical => _header.HasCritical;

    public ushort Protocol => _header.Protocol;

    public uint Vni => _header.Vni;

    public int HeaderSize => GeneveHeader.Size + _header.OptionsSize;

    public GeneveOptions Options => new(_bytes[GeneveHeader.Size..HeaderSize]);

    public ReadOnlySpan<byte> Payload => _bytes[HeaderSize..];

    public static WireError TryParse(ReadOnlySpan<byte> bytes, out GeneveView view)
    {
        view = default;
        if (bytes.Length < GeneveHeader.Size) return WireError.Truncated;

        ref readonly GeneveHeader header = ref MemoryMarshal.AsRef<GeneveHeader>(bytes);
        if (header.Version != 0) return WireError.BadVersion;
        if (bytes.Length < GeneveHeader.Size + header.OptionsSize) return WireError.Truncated;

        view = new GeneveView(bytes);
        return WireError.None;
    }
}
