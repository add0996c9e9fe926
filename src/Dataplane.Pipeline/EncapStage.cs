using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Pipeline.Tunnels;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Puts the outer headers in front of what leaves through a tunnel: a template of the node's, with lengths, id,
/// source port, checksums and the receiver's addresses filled in (drivers/net/vxlan/vxlan_core.c,
/// vxlan_xmit_one; geneve.c; ip_tunnel.c).
/// </summary>
public static unsafe class EncapStage
{
    /// <summary>What an IPv6 EtherType adds to a sum that has IPv4's in it, in memory order.</summary>
    private const uint InnerTypeDelta = 0xDD86 + (0xFFFF - 0x0008);

    /// <summary>The same for ARP's.</summary>
    private const uint ArpTypeDelta = 0x0608 - 0x0008;

    /// <summary>
    /// Settles the outer ids of a burst whose packets all are on the beaten track, in capture order, so that the rest
    /// can be done beside other bursts'.
    /// </summary>
    public static void Number(PacketBurst burst, PipelineState state)
    {
        burst.IsNumbered = true;
        if (state.Topology.Tunnel is not { Parameters.IsOpenVSwitch: false } tunnel) return;

        byte protocol = tunnel.Parameters.Filling == TunnelFilling.None ? IpProtocol.IpInIp : IpProtocol.Udp;
        PeerEntry* peers = tunnel.Peers.Start;
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Status == LaneStatus.Live)
                lane.Identification = state.Ids.NextOf(peers[lane.Node].IdPart, peers[lane.NextNode].IdPart, protocol);
        }
    }

    public static void Run<TSink>(PacketBurst burst, PipelineState state, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        Topology topology = state.Topology;
        Shape apart = topology.DirectReturn is { Tunnel: not null } ? Shape.TellsFrontend : Shape.None;
        if (apart != Shape.None && !burst.IsSteady) RunFrontends(burst, state, topology.DirectReturn!, ref sink);
        if (topology.Beside is { } beside)
        {
            apart |= Shape.Beside;
            if (!burst.IsSteady) Run(burst, state, beside, Shape.Beside, Shape.Beside, ref sink);
        }

        if (topology.Tunnel == topology.TunnelV6)
        {
            if (topology.Tunnel is { } tunnel) Run(burst, state, tunnel, apart, Shape.None, ref sink);
            return;
        }

        if (topology.Tunnel is { } four) Run(burst, state, four, Shape.V6 | apart, Shape.None, ref sink);
        if (topology.TunnelV6 is { } six) Run(burst, state, six, Shape.V6 | apart, Shape.V6, ref sink);
    }

    // Headers of another size: with an option.
    private static void RunFrontends<TSink>(PacketBurst burst, PipelineState state, DirectReturn way, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        const Shape Mask = Shape.TellsFrontend | Shape.V6;
        if (way.Tunnel is { } four) Run(burst, state, four, Mask, Shape.TellsFrontend, ref sink);
        if (way.TunnelV6 is { } six) Run(burst, state, six, Mask, Mask, ref sink);
    }

    // One loop for each kind of tunnel, with its sizes as constants.
    private static void Run<TSink>(
        PacketBurst burst, PipelineState state, TunnelTable tunnel, Shape mask, Shape wanted, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        switch (tunnel.Parameters.Filling)
        {
            case TunnelFilling.Devices:
                Run<DeviceFilling, TSink>(burst, state, tunnel, mask, wanted, ref sink);
                break;
            case TunnelFilling.Identity:
                Run<IdentityFilling, TSink>(burst, state, tunnel, mask, wanted, ref sink);
                break;
            case TunnelFilling.FrontendV4:
                Run<FrontendV4Filling, TSink>(burst, state, tunnel, mask, wanted, ref sink);
                break;
            case TunnelFilling.FrontendV6:
                Run<FrontendV6Filling, TSink>(burst, state, tunnel, mask, wanted, ref sink);
                break;
            case TunnelFilling.PodNetwork:
                Run<PodNetworkFilling, TSink>(burst, state, tunnel, mask, wanted, ref sink);
                break;
            case TunnelFilling.LogicalSwitch:
                Run<LogicalSwitchFilling, TSink>(burst, state, tunnel, mask, wanted, ref sink);
                break;
            case TunnelFilling.TransitSwitch:
                Run<TransitSwitchFilling, TSink>(burst, state, tunnel, mask, wanted, ref sink);
                break;
            default:
                Run<OuterIpv4, NoFilling, TSink>(burst, state, tunnel, mask, wanted, ref sink);
                break;
        }
    }

    private static void Run<TFilling, TSink>(
        PacketBurst burst, PipelineState state, TunnelTable tunnel, Shape mask, Shape wanted, ref TSink sink)
        where TFilling : struct, ITunnelFilling
        where TSink : struct, IFrameSink
    {
        if (tunnel.Parameters.OuterV6) Run<OuterIpv6, TFilling, TSink>(burst, state, tunnel, mask, wanted, ref sink);
        else Run<OuterIpv4, TFilling, TSink>(burst, state, tunnel, mask, wanted, ref sink);
    }

    private static void Run<TOuter, TFilling, TSink>(
        PacketBurst burst, PipelineState state, TunnelTable tunnel, Shape mask, Shape wanted, ref TSink sink)
        where TOuter : struct, IOuterIp
        where TFilling : struct, ITunnelFilling
        where TSink : struct, IFrameSink
    {
        Topology topology = state.Topology;
        OuterEntry* senders = tunnel.Senders.Start;
        PeerEntry* peers = tunnel.Peers.Start;
        IdCounters ids = state.Ids;
        bool observed = sink.Observes(ObservationPoint.Tunnel);
        bool isZero = tunnel.Parameters.IsOpenVSwitch;
        bool isNumbered = burst.IsNumbered;
        byte protocol = TFilling.Size == 0 ? IpProtocol.IpInIp : IpProtocol.Udp;
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        int encapsulated = 0;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Exit != Exit.Tunnel || lane.Status != LaneStatus.Live || (lane.Shape & mask) != wanted) continue;

            ref readonly PeerEntry to = ref peers[lane.NextNode];
            ref readonly PeerEntry from = ref peers[lane.Node];
            if (lane.FlowPort == 0) SettleFlowPort(ref lane, tunnel, topology, state.Connections);
            uint identification = isNumbered ? lane.Identification : isZero ? 0u
                : ids.NextOf(from.IdPart, to.IdPart, protocol);
            Encapsulate<TOuter, TFilling>(ref lane, tunnel, in senders[lane.Node], in to, topology, identification);
            if (observed) Show<TFilling, TSink>(in lane, ref sink);
            encapsulated++;
        }

        burst.Encapsulated += encapsulated;
    }

    // It is the flow's, and so the connection's as long as every packet of it shows the same addresses and ports.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SettleFlowPort(
        ref Lane lane, TunnelTable tunnel, Topology topology, ConnectionTable connections)
    {
        lane.FlowPort = tunnel.Parameters.IsOpenVSwitch && lane.Connection != 0 && !lane.IsReply
            ? FlowPort.Of(AsSent(in lane, connections), in tunnel.Parameters, topology.Seed)
            : FlowPort.Of(in lane, in tunnel.Parameters, topology.Seed);
        bool hasPorts = lane.Key.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;
        if (lane.Connection == 0 || lane.IsReply || !hasPorts || lane.Is(Shape.Fragment | Shape.IcmpError)) return;

        ref Connection connection = ref connections[lane.Connection >> 1];
        connection.FlowPort = lane.FlowPort;
        bool isSteady = lane.Frontend == 0 && lane.Key.Protocol != IpProtocol.Sctp && !lane.Is(Shape.V6 | Shape.Beside)
            && connection.ForwardNode != Lane.UnknownNode
            && (connection.Flags & ConnectionFlags.SourceTranslated) == 0
            && topology.Hops[Topology.HopIndex(lane.Entry, Exit.Tunnel)] == topology.TunnelHops;
        if (!isSteady) return;

        connection.Flags |= ConnectionFlags.Steady;
        if (IsRooted(in lane, topology)) connection.Flags |= ConnectionFlags.Rooted;
        if (lane.Source.Kind == PlaceKind.Unlisted) connection.Flags |= ConnectionFlags.Unlisted;
    }

    // As its pod sent it and the capture has it; nothing is to be learnt from such a frame any more.
    private static bool IsRooted(in Lane lane, Topology topology)
    {
        bool isAsSent = lane.Entry == Entry.PodVeth && lane.LinkSize == EthernetHeader.Size
            && lane.Shape is Shape.None or Shape.Translated;
        if (!isAsSent || lane.Role != LaneRole.Packet) return false;
        if (lane.Source.Kind != PlaceKind.Pod) return lane.Source.Kind == PlaceKind.Unlisted;

        ref EndpointEntry sender = ref topology.Endpoints[lane.Source.Index];
        return sender.MacKnown && (sender.VethMacKnown || !topology.Routed);
    }

    // Open vSwitch keeps the hash of the frame as it came: before its destination was translated.
    private static Lane AsSent(in Lane lane, ConnectionTable connections)
    {
        Lane sent = lane;
        sent.Key = connections[lane.Connection >> 1].Original;
        return sent;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Encapsulate<TOuter, TFilling>(
        ref Lane lane, TunnelTable tunnel, in OuterEntry from, in PeerEntry to, Topology topology, uint identification)
        where TOuter : struct, IOuterIp
        where TFilling : struct, ITunnelFilling
    {
        int headers = EthernetHeader.Size + TOuter.Size + TFilling.Size;
        byte* outer = lane.Network - headers;
        int present = Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize);
        if (TFilling.KeepsFrame && lane.LinkSize != EthernetHeader.Size) lane.LinkSize = 0;
        int copied = TFilling.KeepsFrame ? headers - EthernetHeader.Size : headers;
        Unsafe.CopyBlockUnaligned(outer, Unsafe.AsPointer(ref Unsafe.AsRef(in from.Template[0])), (uint)copied);
        Link.WriteMac(outer, to.UnderlayMac);

        byte* ip = outer + EthernetHeader.Size;
        uint network = (uint)lane.NetworkLength;
        TOuter.Write(ip, in lane, network, TFilling.Size, identification, tunnel, in from, in to);
        if (TFilling.Size != 0)
            WriteUdp<TFilling>(ip + TOuter.Size, ref lane, tunnel, in from, in to, topology, network);

        lane.Frame = outer;
        lane.Length = present + headers;
        lane.Missing = lane.NetworkLength - present;
        lane.LinkSize = (byte)headers;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteUdp<TFilling>(
        byte* udp, ref Lane lane, TunnelTable tunnel, in OuterEntry from, in PeerEntry to, Topology topology,
        uint network)
        where TFilling : struct, ITunnelFilling
    {
        byte* ethernet = udp + TFilling.Size - EthernetHeader.Size;
        uint filled = TFilling.Fill(in lane, udp + UdpHeader.Size, ethernet, topology, in to);
        bool hasOtherType = lane.Is(Shape.V6 | Shape.Arp) && !TFilling.KeepsFrame;
        if (hasOtherType)
            Unsafe.WriteUnaligned(
                ethernet + 2 * MacAddress.Size, Swap(lane.Is(Shape.V6) ? EtherType.Ipv6 : EtherType.Arp));

        uint port = Swap(lane.FlowPort);
        uint length = Swap((ushort)(network + (uint)TFilling.Size));
        uint checksum = 0;
        if (tunnel.Parameters.UdpChecksum && !lane.Is(Shape.NoSum))
        {
            ulong covered = (ulong)from.OuterUdpSum + to.OuterUdpSum + port + (2 * length) + lane.Sum + filled;
            if (hasOtherType) covered += lane.Is(Shape.V6) ? InnerTypeDelta : ArpTypeDelta;
            checksum = InternetChecksum.FinishUdp(covered);
        }

        Unsafe.WriteUnaligned(udp, (ushort)port);
        Unsafe.WriteUnaligned(udp + 2 * sizeof(ushort), length | checksum << 16);
    }

    // As it is on the tunnel's device: without the outer headers.
    private static void Show<TFilling, TSink>(in Lane lane, ref TSink sink)
        where TFilling : struct, ITunnelFilling
        where TSink : struct, IFrameSink
    {
        int link = TFilling.Size == 0 ? 0 : EthernetHeader.Size;
        sink.Take(in lane, ObservationPoint.Tunnel, lane.Node, lane.Network - link, lane.Length - lane.LinkSize + link);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Swap(ushort value) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
