using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>
/// IEEE 802.2 §3.2: service access points and control, with the SNAP extension of RFC 1042 behind them.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct LlcHeader(byte destination, byte source, byte control)
{
    public const int Size = 3;
    public const int SnapSize = 8;

    private const byte SnapAccessPoint = 0xAA;
    private const byte UnnumberedInformation = 0x03;

    private readonly byte _destination = destination;
    private readonly byte _source = source;
    private readonly byte _control = control;

    public byte Destination => _destination;

    public byte Source => _source;

    public byte Control => _control;

    public bool IsSnap =>
        _destination == SnapAccessPoint && _source == SnapAccessPoint && _control == UnnumberedInformation;
}

/// <summary>An 802.2 frame; <see cref="EtherType"/> is 0 unless it is SNAP with the zero organisation code.</summary>
public readonly ref struct LlcView : IWireView<LlcView>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ref readonly LlcHeader _header;

    private LlcView(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _header = ref MemoryMarshal.AsRef<LlcHeader>(bytes);
    }

    public static int MinSize => LlcHeader.Size;

    public byte Destination => _header.Destination;

    public byte Source => _header.Source;

    public bool IsSnap => _header.IsSnap;

    public ushort EtherType => IsSnap && (_bytes[3] | _bytes[4] | _bytes[5]) == 0
        ? MemoryMarshal.Read<U16Be>(_bytes[6..]).Host
        : (ushort)0;

    public int HeaderSize => IsSnap ? LlcHeader.SnapSize : LlcHeader.Size;

    public ReadOnlySpan<byte> Payload => _bytes[HeaderSize..];

    public static WireError TryParse(ReadOnlySpan<byte> bytes, out LlcView view)
    {
        view = default;
        if (bytes.Length < LlcHeader.Size) return WireError.Truncated;
        if (MemoryMarshal.AsRef<LlcHeader>(bytes).IsSnap && bytes.Length < LlcHeader.SnapSize)
            return WireError.Truncated;

        view = new LlcView(bytes);
        return WireError.None;
    }
}
