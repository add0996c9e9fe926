using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>IEEE 802.1Q §9.6: the tag's control information and the type of what follows it.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct VlanHeader(ushort tag, ushort etherType)
{
    public const int Size = 4;

    private readonly U16Be _tag = new(tag);
    private readonly U16Be _etherType = new(etherType);

    public ushort Id => (ushort)(_tag.Host & 0x0FFF);

    public bool DropEligible => (_tag.Host & 0x1000) != 0;

    public byte Priority => (byte)(_tag.Host >> 13);

    public ushort EtherType => _etherType.Host;
}

/// <summary>One 802.1Q tag, read from the byte behind the tag's own EtherType.</summary>
public readonly ref struct VlanView : IWireView<VlanView>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ref readonly VlanHeader _header;

    private VlanView(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _header = ref MemoryMarshal.AsRef<VlanHeader>(bytes);
    }

    public static int MinSize => VlanHeader.Size;

    public ushort Id => _header.Id;

    public bool DropEligible => _header.DropEligible;

    public byte Priority => _header.Priority;

    public ushort EtherType => _header.EtherType;

    public ReadOnlySpan<byte> Payload => _bytes[VlanHeader.Size..];

    public static WireError TryParse(ReadOnlySpan<byte> bytes, out VlanView view)
    {
        view = default;
        if (bytes.Length < VlanHeader.Size) return WireError.Truncated;

        view = new VlanView(bytes);
        return WireError.None;
    }
}
