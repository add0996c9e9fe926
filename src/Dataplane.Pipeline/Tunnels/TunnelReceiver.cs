using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline.Tunnels;

/// <summary>
/// Opens a packet that its tunnel has delivered, with the kernel's checks in the kernel's order
/// (drivers/net/vxlan/vxlan_core.c, vxlan_rcv; drivers/net/geneve.c, geneve_rx; net/ipv4/ip_tunnel.c;
/// include/net/inet_ecn.h).
/// </summary>
internal static unsafe class TunnelReceiver
{
    private const int V6Addresses = 8;

    public static DropReason Open<TSink>(ref Lane lane, TunnelTable tunnel, Topology topology, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        byte outerTos = OuterTos(in lane, in tunnel.Parameters);
        int there = Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize);
        if (tunnel.InnerLinkSize == 0)
        {
            int outer = (lane.Network[0] & 0x0F) * sizeof(uint);
            return Accept(ref lane, lane.Network + outer, there - outer, tunnel, topology, outerTos, ref sink);
        }

        if (!HasGoodChecksum(in lane)) return DropReason.TunnelChecksum;

        there -= (int)(lane.Transport - lane.Network);
        var datagram = new ReadOnlySpan<byte>(lane.Transport, Math.Max(0, there));
        bool isCut = lane.Is(Shape.Cut);
        if (UdpView.TryParse(datagram, out UdpView udp) != WireError.None && !isCut) return DropReason.BadTunnelHeader;

        int payload = isCut ? there - UdpHeader.Size : udp.Payload.Length;
        byte* header = lane.Transport + UdpHeader.Size;
        DropReason reason = TunnelHeaders.Check(
            new ReadOnlySpan<byte>(header, Math.Max(0, payload)), in lane, tunnel, topology, out int size);
        if (reason != DropReason.None) return reason;

        byte* frame = header + size;
        if (payload - size < EthernetHeader.Size) return DropReason.BadTunnelHeader;

        ulong source = Unsafe.ReadUnaligned<ulong>(frame + MacAddress.Size - 2) >> 16;
        bool isDevice = tunnel.Parameters.Filling == TunnelFilling.Devices;
        if (isDevice && (source == tunnel.Peers[lane.Node].TunnelMac || (source & 1) != 0 || source == 0))
            return DropReason.TunnelSourceMac;

        reason = Accept(ref lane, frame, payload - size, tunnel, topology, outerTos, ref sink);
        bool mayTell = reason == DropReason.None && topology.DirectReturn is not null
            && tunnel.Parameters.Header == TunnelHeader.Geneve;
        if (mayTell)
            DirectReturnWay.ReadGeneve(
                ref lane, new ReadOnlySpan<byte>(header + GeneveHeader.Size, size - GeneveHeader.Size), topology);
        return reason;
    }

    // Open vSwitch lets CE in and nothing else (ofproto/tunnel.c, tnl_process_ecn).
    private static byte OuterTos(in Lane lane, in TunnelParameters tunnel)
    {
        byte tos = InnerHeader.Tos(in lane);
        return tunnel.IsOpenVSwitch && (tos & Ecn.Mask) != Ecn.Congested ? (byte)0 : tos;
    }

    /// <summary>The inner frame, or packet where the tunnel carries bare IP, becomes the lane's.</summary>
    private static DropReason Accept<TSink>(
        ref Lane lane, byte* frame, int length, TunnelTable tunnel, Topology topology, byte outerTos, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        lane.Frame = frame;
        lane.Length = length;
        lane.LinkSize = (byte)tunnel.InnerLinkSize;
        lane.Network = frame + tunnel.InnerLinkSize;
        int present = length - tunnel.InnerLinkSize;
        ushort type = tunnel.InnerLinkSize == 0
            ? EtherType.Ipv4
            : (ushort)(frame[2 * MacAddress.Size] << 8 | frame[2 * MacAddress.Size + 1]);
        bool isIp = type is EtherType.Ipv4 or EtherType.Ipv6;
        int minimum = type == EtherType.Ipv6 ? Ipv6Header.Size : Ipv4Header.Size;
        if (isIp && present < minimum) return DropReason.BadTunnelHeader;
        if (isIp && !Ecn.TryDecapsulate(outerTos, new Span<byte>(lane.Network, present))) return DropReason.TunnelEcn;
        if (sink.Observes(ObservationPoint.Tunnel))
            sink.Take(in lane, ObservationPoint.Tunnel, lane.Node, lane.Frame, lane.Length);
        bool isFlood = type == EtherType.Arp && tunnel.Parameters.Filling == TunnelFilling.LogicalSwitch;
        if (!isIp) return isFlood ? Floods.Read(ref lane, present) : DropReason.UnsupportedInner;
        if (*lane.Network >> 4 != (type == EtherType.Ipv6 ? 6 : 4)) return DropReason.BadHeader;

        bool isRouted = tunnel.Parameters.Filling is TunnelFilling.Devices or TunnelFilling.TransitSwitch;
        if (isRouted && Link.ReadMac(lane.Frame) != tunnel.Peers[lane.Node].TunnelMac) return DropReason.WrongMac;

        int missing = lane.Is(Shape.Cut) ? lane.Missing : 0;
        lane.Shape = Shape.None;
        lane.Transport = null;
        lane.TcpFlags = 0;
        DropReason reason = NetworkParser.Parse(ref lane, present, missing, topology.Names);
        if (reason != DropReason.None) return reason;

        if (tunnel == topology.Beside) lane.Shape |= Shape.Beside;
        if (!lane.Is(Shape.NoSum))
            lane.Sum = InternetChecksum.Sum(new ReadOnlySpan<byte>(lane.Network, lane.NetworkLength));
        return DropReason.None;
    }

    // Zero means that the sender computed none, which only IPv4 allows a device to take; a cut packet cannot be judged.
    private static bool HasGoodChecksum(in Lane lane)
    {
        if (lane.Is(Shape.NoSum)) return true;
        if (Unsafe.ReadUnaligned<ushort>(lane.Transport + UdpHeader.ChecksumOffset) == 0) return !lane.Is(Shape.V6);

        int headers = (int)(lane.Transport - lane.Network);
        int length = lane.NetworkLength - headers;
        ulong sum = lane.Is(Shape.V6)
            ? InternetChecksum.PseudoHeader(new ReadOnlySpan<byte>(
                lane.Network + V6Addresses, Ipv6Header.Size - V6Addresses), IpProtocol.Udp, length)
            : InternetChecksum.PseudoHeaderV4(lane.Key.Source, lane.Key.Destination, IpProtocol.Udp, length);
        sum += InternetChecksum.Sum(new ReadOnlySpan<byte>(lane.Transport, length));
        return InternetChecksum.Fold(sum) == ushort.MaxValue;
    }
}
