using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>LINKTYPE_LINUX_SLL: the 16-byte pseudo-header of captures taken on Linux's "any" device.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct LinuxSllHeader(ushort packetType, ushort hardware, MacAddress source, ushort protocol)
{
    public const int Size = 16;

    private readonly U16Be _packetType = new(packetType);
    private readonly U16Be _hardware = new(hardware);
    private readonly U16Be _addressSize = new(MacAddress.Size);
    private readonly U48Be _address = new(source);
    private readonly U16Be _addressPadding;
    private readonly U16Be _protocol = new(protocol);

    /// <summary>0 to us, 1 broadcast, 2 multicast, 3 to others, 4 sent by us.</summary>
    public ushort PacketType => _packetType.Host;

    public ushort Hardware => _hardware.Host;

    public MacAddress Source => _addressSize.Host == MacAddress.Size ? _address.Host : default;

    public ushort Protocol => _protocol.Host;
}

/// <summary>
/// A "cooked" capture record; <see cref="Source"/> is no address where the link has none of six bytes.
/// </summary>
public readonly ref struct LinuxSllView : IWireView<LinuxSllView>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ref readonly LinuxSllHeader _header;

    private LinuxSllView(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _header = ref MemoryMarshal.AsRef<LinuxSllHeader>(bytes);
    }

    public static int MinSize => LinuxSllHeader.Size;

    public ushort PacketType => _header.PacketType;

    public bool IsOutgoing => _header.PacketType == 4;

    public ushort Hardware => _header.Hardware;

    public MacAddress Source => _header.Source;

    public ushort Protocol => _header.Protocol;

    public ReadOnlySpan<byte> Payload => _bytes[LinuxSllHeader.Size..];

    public static WireError TryParse(ReadOnlySpan<byte> bytes, out LinuxSllView view)
    {
        view = default;
        if (bytes.Length < LinuxSllHeader.Size) return WireError.Truncated;

        view = new LinuxSllView(bytes);
        return WireError.None;
    }
}
