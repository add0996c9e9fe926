using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>LINKTYPE_LINUX_SLL2: the 20-byte pseudo-header, which also names the interface.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct LinuxSll2Header(
    ushort protocol, uint interfaceIndex, ushort hardware, byte packetType, MacAddress source)
{
    public const int Size = 20;

    private readonly U16Be _protocol = new(protocol);
    private readonly U16Be _reserved;
    private readonly U32Be _interfaceIndex = new(interfaceIndex);
    private readonly U16Be _hardware = new(hardware);
    private readonly byte _packetType = packetType;
    private readonly byte _addressSize = MacAddress.Size;
    private readonly U48Be _address = new(source);
    private readonly U16Be _addressPadding;

    public ushort Protocol => _protocol.Host;

    public uint InterfaceIndex => _interfaceIndex.Host;

    public ushort Hardware => _hardware.Host;

    /// <summary>0 to us, 1 broadcast, 2 multicast, 3 to others, 4 sent by us.</summary>
    public byte PacketType => _packetType;

    public MacAddress Source => _addressSize == MacAddress.Size ? _address.Host : default;
}

/// <summary>A "cooked" capture record of the second version.</summary>
public readonly ref struct LinuxSll2View : IWireView<LinuxSll2View>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ref readonly LinuxSll2Header _header;

    private LinuxSll2View(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _header = ref MemoryMarshal.AsRef<LinuxSll2Header>(bytes);
    }

    public static int MinSize => LinuxSll2Header.Size;

    public ushort Protocol => _header.Protocol;

    public uint InterfaceIndex => _header.InterfaceIndex;

    public ushort Hardware => _header.Hardware;

    public byte PacketType => _header.PacketType;

    public bool IsOutgoing => _header.PacketType == 4;

    public MacAddress Source => _header.Source;

    public ReadOnlySpan<byte> Payload => _bytes[LinuxSll2Header.Size..];

    public static WireError TryParse(ReadOnlySpan<byte> bytes, out LinuxSll2View view)
    {
        view = default;
        if (bytes.Length < LinuxSll2Header.Size) return WireError.Truncated;

        view = new LinuxSll2View(bytes);
        return WireError.None;
    }
}
