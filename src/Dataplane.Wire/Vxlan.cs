using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>RFC 7348 §5: eight octets, of which the sender sets one flag and the 24-bit VNI.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct VxlanHeader(uint vni)
{
    public const int Size = 8;
    public const ushort UdpPort = 4789;

    /// <summary>The Linux module's default port, which Flannel and Cilium keep.</summary>
    public const ushort LinuxUdpPort = 8472;

    private const uint VniPresent = 0x0800_0000;
    private const uint GroupPolicy = 0x8000_0000;
    private const uint DoNotLearn = 0x0040_0000;
    private const uint PolicyApplied = 0x0008_0000;
    private const uint NextProtocolPresent = 0x0400_0000;
    private const uint NextProtocolFields = 0x3000_00FF | NextProtocolPresent;

    private readonly U32Be _flags = new(VniPresent);
    private readonly U32Be _vniAndReserved = new(vni << 8);

    public bool HasVni => (_flags.Host & VniPresent) != 0;

    public uint Vni => _vniAndReserved.Host >> 8;

    /// <summary>draft-smith-vxlan-group-policy: the G bit, which makes the low 16 flag bits a group.</summary>
    public bool HasGroup => (_flags.Host & GroupPolicy) != 0;

    public ushort Group => (ushort)_flags.Host;

    public bool IsNotLearned => (_flags.Host & DoNotLearn) != 0;

    public bool IsPolicyApplied => (_flags.Host & PolicyApplied) != 0;

    /// <summary>draft-ietf-nvo3-vxlan-gpe: the P bit, which makes the low flag byte a protocol.</summary>
    public bool HasNextProtocol => (_flags.Host & NextProtocolPresent) != 0;

    public byte NextProtocol => (byte)_flags.Host;

    /// <summary>Any bit but the I flag and the VNI: the Linux receiver drops such packets (vxlan_rcv).</summary>
    public bool HasReservedBits => (_flags.Host & ~VniPresent) != 0 || (_vniAndReserved.Host & 0xFF) != 0;

    /// <summary>Any bit but those and VXLAN-GPE's version and protocol: its O bit, for one.</summary>
    public bool HasBitsBeyondNextProtocol =>
        (_flags.Host & ~(VniPresent | NextProtocolFields)) != 0 || (_vniAndReserved.Host & 0xFF) != 0;
}

/// <summary>A VXLAN header and the frame in it; whether the flags are acceptable is the receiver's question.</summary>
public readonly ref struct VxlanView : IWireView<VxlanView>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ref readonly VxlanHeader _header;

    private VxlanView(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _header = ref MemoryMarshal.AsRef<VxlanHeader>(bytes);
    }

    public static int MinSize => VxlanHeader.Size;

    public bool HasVni => _header.HasVni;

    public uint Vni => _header.Vni;

    public bool HasGroup => _header.HasGroup;

    public ushort Group => _header.Group;

    public bool IsNotLearned => _header.IsNotLearned;

    public bool IsPolicyApplied => _header.IsPolicyApplied;

    public bool HasNextProtocol => _header.HasNextProtocol;

    public byte NextProtocol => _header.NextProtocol;

    public bool HasReservedBits => _header.HasReservedBits;

    public bool HasBitsBeyondNextProtocol => _header.HasBitsBeyondNextProtocol;

    public ReadOnlySpan<byte> Payload => _bytes[VxlanHeader.Size..];

    public static WireError TryParse(ReadOnlySpan<byte> bytes, out VxlanView view)
    {
        view = default;
        if (bytes.Length < VxlanHeader.Size) return WireError.Truncated;

        view = new VxlanView(bytes);
        return WireError.None;
    }
}
