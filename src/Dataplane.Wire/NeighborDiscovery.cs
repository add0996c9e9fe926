using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>RFC 4861 §4.3 and §4.4: neighbour solicitation and advertisement share one layout.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct NeighborDiscoveryHeader(byte type, uint flags, UInt128 target)
{
    public const int Size = 24;
    public const uint RouterFlag = 0x8000_0000;
    public const uint SolicitedFlag = 0x4000_0000;
    public const uint OverrideFlag = 0x2000_0000;

    private readonly IcmpHeader _icmp = new(type, 0, flags);
    private readonly U128Be _target = new(target);

    public byte Type => _icmp.Type;

    public byte Code => _icmp.Code;

    public uint Flags => _icmp.Rest;

    public UInt128 Target => _target.Host;
}

/// <summary>A neighbour solicitation or advertisement, its options checked for length.</summary>
public readonly ref struct NeighborDiscoveryView : IWireView<NeighborDiscoveryView>
{
    public const byte SourceLinkLayerAddress = 1;
    public const byte TargetLinkLayerAddress = 2;

    private readonly ref readonly NeighborDiscoveryHeader _header;
    private readonly MacAddress _linkLayerAddress;

    private NeighborDiscoveryView(ref readonly NeighborDiscoveryHeader header, MacAddress linkLayerAddress)
    {
        _header = ref header;
        _linkLayerAddress = linkLayerAddress;
    }

    public static int MinSize => NeighborDiscoveryHeader.Size;

    public bool IsSolicitation => _header.Type == Icmpv6Type.NeighborSolicitation;

    public bool IsAdvertisement => _header.Type == Icmpv6Type.NeighborAdvertisement;

    public bool IsRouter => (_header.Flags & NeighborDiscoveryHeader.RouterFlag) != 0;

    public bool IsSolicited => (_header.Flags & NeighborDiscoveryHeader.SolicitedFlag) != 0;

    public bool IsOverride => (_header.Flags & NeighborDiscoveryHeader.OverrideFlag) != 0;

    public UInt128 Target => _header.Target;

    /// <summary>
    /// A solicitation's source, an advertisement's target link-layer address; none without that option.
    /// </summary>
    public MacAddress LinkLayerAddress => _linkLayerAddress;

    public static WireError TryParse(ReadOnlySpan<byte> bytes, out NeighborDiscoveryView view)
    {
        view = default;
        if (bytes.Length < NeighborDiscoveryHeader.Size) return WireError.Truncated;

        ref readonly NeighborDiscoveryHeader header = ref MemoryMarshal.AsRef<NeighborDiscoveryHeader>(bytes);
        bool solicitation = header.Type == Icmpv6Type.NeighborSolicitation;
        if (!solicitation && header.Type != Icmpv6Type.NeighborAdvertisement) return WireError.BadType;

        byte wanted = solicitation ? SourceLinkLayerAddress : TargetLinkLayerAddress;
        WireError error = TryFindAddress(bytes[NeighborDiscoveryHeader.Size..], wanted, out MacAddress mac);
        if (error != WireError.None) return error;

        view = new NeighborDiscoveryView(in header, mac);
        return WireError.None;
    }

    private static WireError TryFindAddress(ReadOnlySpan<byte> options, byte wanted, out MacAddress mac)
    {
        mac = default;
        while (!options.IsEmpty)
        {
            if (options.Length < 8) return WireError.Truncated;

            int size = options[1] * 8;
            if (size == 0) return WireError.BadHeaderLength;
            if (size > options.Length) return WireError.Truncated;
            if (options[0] == wanted && mac.IsNone) mac = MacAddress.FromBytes(options[2..]);

            options = options[size..];
        }

        return WireError.None;
    }
}
