using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Takes tunnel packets that have arrived at their node out of the tunnel, with the kernel's checks in the kernel's order
/// (drivers/net/vxlan/vxlan_core.c, vxlan_rcv; include/net/inet_ecn.h).
/// </summary>
public static unsafe class DecapStage
{
    public static void Run<TSink>(PacketBurst burst, PipelineState state, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        Topology topology = state.Topology;
        if (!burst.HasArrivals || !topology.Tunnel.Exists) return;

        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Status != LaneStatus.Live || lane.Entry < Entry.Underlay || lane.Entry > Entry.Tunnel) continue;
            if (lane.Entry == Entry.Tunnel)
            {
                Unwrap(ref lane, state.Counters);
                if (sink.Observes(ObservationPoint.Tunnel)) sink.Take(in lane, ObservationPoint.Tunnel, lane.Node, lane.Frame, lane.Length);
                continue;
            }

            if (!IsForTunnel(burst, ref lane, state)) continue;

            DropReason reason = Open(ref lane, topology, ref sink);
            if (reason == DropReason.None) Arrive(ref lane, state);
            else burst.Drop(ref lane, reason, Stage.Decap);
        }
    }

    // What this run encapsulated itself: the inner packet is where it was, and the headers in front of it are right.
    private static void Unwrap(ref Lane lane, RunCounters counters)
    {
        lane.Frame = lane.Network - EthernetHeader.Size;
        lane.Length -= EncapStage.OuterSize;
        lane.LinkSize = EthernetHeader.Size;
        counters.Decapsulated++;
    }

    private static bool IsForTunnel(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        if (lane.Key.Protocol != IpProtocol.Udp || lane.Destination.Kind != PlaceKind.Node || lane.Is(Shape.V6)) return false;
        if (lane.Is(Shape.Fragment) && !state.Reassembly.TryComplete(burst, ref lane, state)) return false;

        return lane.Key.DestinationPort == state.Topology.Tunnel.Port && lane.Transport != null;
    }

    private static DropReason Open<TSink>(ref Lane lane, Topology topology, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        if (!HasGoodChecksum(in lane)) return DropReason.TunnelChecksum;

        byte outerTos = lane.Network[Ipv4Header.TosOffset];
        int there = Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize) - (int)(lane.Transport - lane.Network);
        if (UdpView.TryParse(new ReadOnlySpan<byte>(lane.Transport, there), out UdpView udp) != WireError.None && !lane.Is(Shape.Cut))
        {
            return DropReason.BadTunnelHeader;
        }

        int payload = lane.Is(Shape.Cut) ? there - UdpHeader.Size : udp.Payload.Length;
        byte* header = lane.Transport + UdpHeader.Size;
        if (VxlanView.TryParse(new ReadOnlySpan<byte>(header, Math.Max(0, payload)), out VxlanView vxlan) != WireError.None) return DropReason.BadTunnelHeader;
        if (!vxlan.HasVni) return DropReason.BadTunnelHeader;
        if (vxlan.Vni != topology.Tunnel.Vni) return DropReason.UnknownVni;
        if (vxlan.HasReservedBits) return DropReason.BadTunnelHeader;

        byte* frame = header + VxlanHeader.Size;
        int length = payload - VxlanHeader.Size;
        if (length < EthernetHeader.Size) return DropReason.BadTunnelHeader;

        ulong source = Unsafe.ReadUnaligned<ulong>(frame + MacAddress.Size - 2) >> 16;
        if (source == topology.Peers[lane.Node].TunnelMac || (source & 1) != 0 || source == 0) return DropReason.TunnelSourceMac;

        lane.Frame = frame;
        lane.Length = length;
        lane.LinkSize = EthernetHeader.Size;
        lane.Network = frame + EthernetHeader.Size;
        return Accept(ref lane, topology, outerTos, ref sink);
    }

    private static DropReason Accept<TSink>(ref Lane lane, Topology topology, byte outerTos, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        int present = lane.Length - EthernetHeader.Size;
        ushort type = (ushort)(lane.Frame[2 * MacAddress.Size] << 8 | lane.Frame[2 * MacAddress.Size + 1]);
        bool isIp = type is EtherType.Ipv4 or EtherType.Ipv6;
        int minimum = type == EtherType.Ipv6 ? Ipv6Header.Size : Ipv4Header.Size;
        if (isIp && present < minimum) return DropReason.BadTunnelHeader;
        if (isIp && !Ecn.TryDecapsulate(outerTos, new Span<byte>(lane.Network, present))) return DropReason.TunnelEcn;
        if (sink.Observes(ObservationPoint.Tunnel)) sink.Take(in lane, ObservationPoint.Tunnel, lane.Node, lane.Frame, lane.Length);
        if (!isIp) return DropReason.UnsupportedInner;
        if (Link.ReadMac(lane.Frame) != topology.Peers[lane.Node].TunnelMac) return DropReason.WrongMac;

        int missing = lane.Is(Shape.Cut) ? lane.Missing : 0;
        lane.Shape = Shape.None;
        lane.Transport = null;
        lane.TcpFlags = 0;
        DropReason reason = NetworkParser.Parse(ref lane, present, missing, topology.Names);
        if (reason != DropReason.None) return reason;

        if (!lane.Is(Shape.NoSum)) lane.Sum = InternetChecksum.Sum(new ReadOnlySpan<byte>(lane.Network, lane.NetworkLength));
        return DropReason.None;
    }

    private static void Arrive(ref Lane lane, PipelineState state)
    {
        lane.Entry = Entry.Tunnel;
        AdmitStage.Locate(ref lane, state.Topology);
        AdmitStage.Register(ref lane, state.Connections);
        state.Counters.Decapsulated++;
    }

    // Zero means that the sender computed none; a cut packet cannot be judged.
    private static bool HasGoodChecksum(in Lane lane)
    {
        if (lane.Is(Shape.NoSum) || Unsafe.ReadUnaligned<ushort>(lane.Transport + UdpHeader.ChecksumOffset) == 0) return true;

        int headers = (int)(lane.Transport - lane.Network);
        ulong sum = InternetChecksum.PseudoHeaderV4(lane.Key.Source, lane.Key.Destination, IpProtocol.Udp, lane.NetworkLength - headers);
        sum += InternetChecksum.Sum(new ReadOnlySpan<byte>(lane.Transport, lane.NetworkLength - headers));
        return InternetChecksum.Fold(sum) == ushort.MaxValue;
    }
}
