using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>RFC 9260 §3.1: the common header.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct SctpHeader(ushort sourcePort, ushort destinationPort, uint verificationTag)
{
    public const int Size = 12;
    public const int ChecksumOffset = 8;

    private readonly U16Be _sourcePort = new(sourcePort);
    private readonly U16Be _destinationPort = new(destinationPort);
    private readonly U32Be _verificationTag = new(verificationTag);
    private readonly U32Be _checksum;

    public ushort SourcePort => _sourcePort.Host;

    public ushort DestinationPort => _destinationPort.Host;

    public uint VerificationTag => _verificationTag.Host;

    public U32Be Checksum => _checksum;
}

/// <summary>An SCTP packet and its chunks.</summary>
public readonly ref struct SctpView : IWireView<SctpView>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ref readonly SctpHeader _header;

    private SctpView(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _header = ref MemoryMarshal.AsRef<SctpHeader>(bytes);
    }

    public static int MinSize => SctpHeader.Size;

    public ushort SourcePort => _header.SourcePort;

    public ushort DestinationPort => _header.DestinationPort;

    public uint VerificationTag => _header.VerificationTag;

    public U32Be Checksum => _header.Checksum;

    /// <summary>RFC 9260 §6.8: the CRC32c over the packet matches the header's.</summary>
    public bool HasGoodChecksum => SctpChecksum.Compute(_bytes).Wire == _header.Checksum.Wire;

    public SctpChunks Chunks => new(_bytes[SctpHeader.Size..]);

    public ReadOnlySpan<byte> Payload => _bytes[SctpHeader.Size..];

    public static WireError TryParse(ReadOnlySpan<byte> bytes, out SctpView view)
    {
        view = default;
        if (bytes.Length < SctpHeader.Size) return WireError.Truncated;

        view = new SctpView(bytes);
        return WireError.None;
    }
}
