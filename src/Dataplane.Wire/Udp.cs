using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>RFC 768: ports, length, checksum.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct UdpHeader(ushort sourcePort, ushort destinationPort, ushort length, U16Be checksum = default)
{
    public const int Size = 8;
    public const int ChecksumOffset = 6;

    private readonly U16Be _sourcePort = new(sourcePort);
    private readonly U16Be _destinationPort = new(destinationPort);
    private readonly U16Be _length = new(length);
    private readonly U16Be _checksum = checksum;

    public ushort SourcePort => _sourcePort.Host;

    public ushort DestinationPort => _destinationPort.Host;

    public ushort Length => _length.Host;

    public U16Be Checksum => _checksum;
}

/// <summary>A UDP datagram whose length field has been checked against the bytes that hold it.</summary>
public readonly ref struct UdpView : IWireView<UdpView>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ref readonly UdpHeader _header;

    private UdpView(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _header = ref MemoryMarshal.AsRef<UdpHeader>(bytes);
    }

    public static int MinSize => UdpHeader.Size;

    public ushort SourcePort => _header.SourcePort;

    public ushort DestinationPort => _header.DestinationPort;

    public ushort Length => _header.Length;

    public U16Be Checksum => _header.Checksum;

    /// <summary>RFC 768: a checksum of zero says that the sender made none.</summary>
    public bool HasChecksum => _header.Checksum.Wire != 0;

    public ReadOnlySpan<byte> Payload => _bytes[UdpHeader.Size..];

    public static WireError TryParse(ReadOnlySpan<byte> bytes, out UdpView view)
    {
        view = default;
        if (bytes.Length < UdpHeader.Size) return WireError.Truncated;

        int length = MemoryMarshal.AsRef<UdpHeader>(bytes).Length;
        if (length < UdpHeader.Size) return WireError.BadTotalLength;
        if (length > bytes.Length) return WireError.Truncated;

        view = new UdpView(bytes[..length]);
        return WireError.None;
    }
}
