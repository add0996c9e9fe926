using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>RFC 9293 §3.1 and RFC 3168: the control bits.</summary>
[Flags]
public enum TcpFlags : byte
{
    None = 0,
    Fin = 0x01,
    Syn = 0x02,
    Rst = 0x04,
    Psh = 0x08,
    Ack = 0x10,
    Urg = 0x20,
    Ece = 0x40,
    Cwr = 0x80,
}

/// <summary>RFC 9293 §3.1: the fixed twenty octets.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct TcpHeader(
    ushort sourcePort, ushort destinationPort, uint sequence, uint acknowledgment, TcpFlags flags, ushort window,
    int headerLength = TcpHeader.Size)
{
    public const int Size = 20;
    public const int SequenceOffset = 4;
    public const int FlagsOffset = 13;
    public const int ChecksumOffset = 16;

    private readonly U16Be _sourcePort = new(sourcePort);
    private readonly U16Be _destinationPort = new(destinationPort);
    private readonly U32Be _sequence = new(sequence);
    private readonly U32Be _acknowledgment = new(acknowledgment);
    private readonly byte _headerLength = (byte)(headerLength / 4 << 4);
    private readonly TcpFlags _flags = flags;
    private readonly U16Be _window = new(window);
    private readonly U16Be _checksum;
    private readonly U16Be _urgent;

    public ushort SourcePort => _sourcePort.Host;

    public ushort DestinationPort => _destinationPort.Host;

    public uint Sequence => _sequence.Host;

    public uint Acknowledgment => _acknowledgment.Host;

    /// <summary>Bytes of header, options included, from a field that counts words of four.</summary>
    public int HeaderLength => (_headerLength >> 4) * 4;

    public TcpFlags Flags => _flags;

    public ushort Window => _window.Host;

    public U16Be Checksum => _checksum;

    public ushort Urgent => _urgent.Host;
}

/// <summary>A TCP segment whose header, options included, lies inside the bytes that hold it.</summary>
public readonly ref struct TcpView : IWireView<TcpView>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ref readonly TcpHeader _header;

    private TcpView(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _header = ref MemoryMarshal.AsRef<TcpHeader>(bytes);
    }

    public static int MinSize => TcpHeader.Size;

    public ushort SourcePort => _header.SourcePort;

    public ushort DestinationPort => _header.DestinationPort;

    public uint Sequence => _header.Sequence;

    public uint Acknowledgment => _header.Acknowledgment;

    public int HeaderLength => _header.HeaderLength;

    public TcpFlags Flags => _header.Flags;

    public ushort Window => _header.Window;

    public U16Be Checksum => _header.Checksum;

    public ushort Urgent => _header.Urgent;

    public TcpOptions Options => new(_bytes[TcpHeader.Size.._header.HeaderLength]);

    public ReadOnlySpan<byte> Payload => _bytes[_header.HeaderLength..];

    public static WireError TryParse(ReadOnlySpan<byte> bytes, out TcpView view)
    {
        view = default;
        if (bytes.Length < TcpHeader.Size) return WireError.Truncated;

        int headerLength = MemoryMarshal.AsRef<TcpHeader>(bytes).HeaderLength;
        if (headerLength < TcpHeader.Size) return WireError.BadHeaderLength;
        if (headerLength > bytes.Length) return WireError.Truncated;

        view = new TcpView(bytes);
        return WireError.None;
    }
}
