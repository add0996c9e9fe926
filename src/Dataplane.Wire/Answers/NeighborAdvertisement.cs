using System.Runtime.InteropServices;

namespace Dataplane.Wire.Answers;

/// <summary>
/// RFC 4861 §7.2.4, as Linux answers (net/ipv6/ndisc.c ndisc_recv_ns): with the solicitation's VLAN tags.
/// </summary>
public static class NeighborAdvertisement
{
    /// <summary>The size with the link-layer address option and without tags.</summary>
    public const int Size = EthernetHeader.Size + Ipv6Header.Size + NeighborDiscoveryHeader.Size + OptionSize;

    private const int OptionSize = 8;
    private const byte HopLimit = 255;
    private static readonly MacAddress AllNodesMac = new(0x3333_0000_0001);

    /// <summary>Writes the frame that says that the address asked for is at <paramref name="mac"/>.</summary>
    /// <remarks>
    /// <c>to</c>: <see cref="Size"/> bytes, and four more for each tag.
    /// <c>isRouter</c>: what nodes that forward IPv6 say of themselves.
    /// </remarks>
    /// <returns>The bytes written; 0 for what is no valid solicitation (RFC 4861 §7.1.1), and
    /// where there is no room.</returns>
    public static int Build(Span<byte> to, ReadOnlySpan<byte> solicitationFrame, MacAddress mac, bool isRouter)
    {
        if (EthernetView.TryParse(solicitationFrame, out EthernetView frame) != WireError.None) return 0;
        if (frame.EtherType != EtherType.Ipv6 || frame.HasLength) return 0;
        if (Ipv6View.TryParse(frame.Payload, out Ipv6View ip) != WireError.None) return 0;
        if (!TryReadSolicitation(ip, out NeighborDiscoveryView solicitation)) return 0;
        if (to.Length < frame.HeaderSize + Size - EthernetHeader.Size) return 0;

        // A probe for duplicates has no source: everyone is told. A unicast question already knows the MAC.
        bool isProbe = ip.Source == UInt128.Zero;
        bool isMulticast = Ipv6Scope.IsMulticast(ip.Destination);
        MacAddress asker = solicitation.LinkLayerAddress.IsNone ? frame.Source : solicitation.LinkLayerAddress;
        UInt128 destination = isProbe ? Ipv6Scope.AllNodes : ip.Source;
        uint flags = (isRouter ? NeighborDiscoveryHeader.RouterFlag : 0)
            | (isProbe ? 0 : NeighborDiscoveryHeader.SolicitedFlag)
            | (isMulticast ? NeighborDiscoveryHeader.OverrideFlag : 0);

        AnswerFrame.WriteHeader(to, solicitationFrame[..frame.HeaderSize], isProbe ? AllNodesMac : asker, mac);
        int length = NeighborDiscoveryHeader.Size + (isMulticast ? OptionSize : 0);
        Span<byte> packet = to.Slice(frame.HeaderSize, Ipv6Header.Size + length);
        var header = new Ipv6Header(
            0, 0, (ushort)length, IpProtocol.Icmpv6, HopLimit, solicitation.Target, destination);
        MemoryMarshal.Write(packet, in header);
        var message = new NeighborDiscoveryHeader(Icmpv6Type.NeighborAdvertisement, flags, solicitation.Target);
        WriteMessage(packet, in message, mac);
        return frame.HeaderSize + packet.Length;
    }

    private static bool TryReadSolicitation(Ipv6View ip, out NeighborDiscoveryView solicitation)
    {
        solicitation = default;
        if (ip.Protocol != IpProtocol.Icmpv6 || ip.IsFragment || ip.HopLimit != HopLimit) return false;
        if (NeighborDiscoveryView.TryParse(ip.Payload, out solicitation) != WireError.None) return false;
        if (!solicitation.IsSolicitation || Ipv6Scope.IsMulticast(solicitation.Target)) return false;
        if (ip.Source == UInt128.Zero && !Ipv6Scope.IsMulticast(ip.Destination)) return false;

        uint pseudo = InternetChecksum.PseudoHeaderV6(
            ip.Source, ip.Destination, IpProtocol.Icmpv6, ip.Payload.Length);
        return InternetChecksum.Finish(pseudo + InternetChecksum.Sum(ip.Payload)) == 0;
    }

    private static void WriteMessage(Span<byte> packet, in NeighborDiscoveryHeader header, MacAddress mac)
    {
        Span<byte> message = packet[Ipv6Header.Size..];
        MemoryMarshal.Write(message, in header);
        if (message.Length > NeighborDiscoveryHeader.Size)
        {
            Span<byte> option = message[NeighborDiscoveryHeader.Size..];
            option[0] = NeighborDiscoveryView.TargetLinkLayerAddress;
            option[1] = OptionSize / 8;
            mac.WriteTo(option[2..]);
        }

        uint sum = InternetChecksum.Sum(message) + InternetChecksum.PseudoHeader(
            packet[Ipv6Header.SourceOffset..Ipv6Header.Size], IpProtocol.Icmpv6, message.Length);
        MemoryMarshal.Write(message[IcmpHeader.ChecksumOffset..], InternetChecksum.Finish(sum));
    }
}
