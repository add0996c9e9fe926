using System.Buffers.Binary;

namespace Dataplane.Wire;

/// <summary>
/// How Cilium's direct server return tells a backend's node which frontend was asked (cilium's bpf/lib/nodeport.h,
/// dsr_opt_v4, dsr_opt_v6; bpf/lib/common.h, geneve_dsr_opt4, geneve_dsr_opt6): an IPv4 option, an IPv6
/// destination option, a Geneve option.
/// </summary>
public static class FrontendOption
{
    /// <summary>
    /// The IPv4 option, which stands first: type, length, port and address, both in little-endian order.
    /// </summary>
    public const int Ipv4Size = 8;

    /// <summary>A destination options header with nothing else in it.</summary>
    public const int Ipv6Size = 24;

    public const int GeneveV4Size = 12;
    public const int GeneveV6Size = 24;

    private const byte Ipv4Type = 0x9A;
    private const byte Ipv6Type = 0x1B;
    private const byte Ipv6WordsBehind = 2;
    private const byte Ipv6DataSize = 20;
    private const int Ipv6DataOffset = 4;
    private const ushort GeneveClass = 0x014B;
    private const byte GeneveType = 0x81;
    private const int GeneveHeaderSize = 4;
    private const int V6AddressSize = 16;

    public static void WriteIpv4(Span<byte> to, uint address, ushort port)
    {
        to[0] = Ipv4Type;
        to[1] = Ipv4Size;
        BinaryPrimitives.WriteUInt16LittleEndian(to[2..], port);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], address);
    }

    /// <summary>
    /// Reads the option where it is the header's first; <c>options</c>: what lies behind the header's 20 bytes.
    /// </summary>
    public static bool TryReadIpv4(ReadOnlySpan<byte> options, out uint address, out ushort port)
    {
        bool isThere = options.Length >= Ipv4Size && options[0] == Ipv4Type && options[1] == Ipv4Size;
        address = isThere ? BinaryPrimitives.ReadUInt32LittleEndian(options[4..]) : 0;
        port = isThere ? BinaryPrimitives.ReadUInt16LittleEndian(options[2..]) : (ushort)0;
        return isThere;
    }

    /// <summary>All but the address; gives the place of its sixteen bytes.</summary>
    public static Span<byte> WriteIpv6(Span<byte> to, byte nextHeader, ushort port)
    {
        to[0] = nextHeader;
        to[1] = Ipv6WordsBehind;
        to[2] = Ipv6Type;
        to[3] = Ipv6DataSize;
        BinaryPrimitives.WriteUInt32BigEndian(to[(Ipv6DataOffset + V6AddressSize)..], (uint)port << 16);
        return to.Slice(Ipv6DataOffset, V6AddressSize);
    }

    /// <summary>
    /// Reads the option where it is the packet's first extension header; gives the address's bytes, or none.
    /// </summary>
    public static ReadOnlySpan<byte> ReadIpv6(ReadOnlySpan<byte> packet, out ushort port)
    {
        port = 0;
        if (packet.Length < Ipv6Header.Size + Ipv6Size
            || packet[Ipv6Header.NextHeaderOffset] != IpProtocol.DestinationOptions)
            return [];

        ReadOnlySpan<byte> header = packet.Slice(Ipv6Header.Size, Ipv6Size);
        if (header[1] != Ipv6WordsBehind || header[2] != Ipv6Type || header[3] != Ipv6DataSize) return [];

        port = BinaryPrimitives.ReadUInt16BigEndian(header[(Ipv6DataOffset + V6AddressSize)..]);
        return header.Slice(Ipv6DataOffset, V6AddressSize);
    }

    /// <summary>The Geneve option's own header; address and port, in network order, are each packet's.</summary>
    public static void WriteGeneveHeader(Span<byte> to, int size)
    {
        BinaryPrimitives.WriteUInt16BigEndian(to, GeneveClass);
        to[2] = GeneveType;
        to[3] = (byte)((size - GeneveHeaderSize) / 4);
    }

    /// <summary>Writes the port; gives the place of the address's bytes.</summary>
    public static Span<byte> WriteGeneve(Span<byte> option, ushort port)
    {
        int address = option.Length == GeneveV4Size ? sizeof(uint) : V6AddressSize;
        BinaryPrimitives.WriteUInt32BigEndian(option[(GeneveHeaderSize + address)..], (uint)port << 16);
        return option.Slice(GeneveHeaderSize, address);
    }

    /// <summary>
    /// Reads the option where it is the only one, as Cilium's program does; gives the address's bytes, or none.
    /// </summary>
    public static ReadOnlySpan<byte> ReadGeneve(ReadOnlySpan<byte> options, out ushort port)
    {
        port = 0;
        bool isIts = options.Length is GeneveV4Size or GeneveV6Size
            && BinaryPrimitives.ReadUInt16BigEndian(options) == GeneveClass
            && options[2] == GeneveType && GeneveHeaderSize + (options[3] * 4) == options.Length;
        if (!isIts) return [];

        int address = options.Length == GeneveV4Size ? sizeof(uint) : V6AddressSize;
        port = BinaryPrimitives.ReadUInt16BigEndian(options[(GeneveHeaderSize + address)..]);
        return options.Slice(GeneveHeaderSize, address);
    }
}
