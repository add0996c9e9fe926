using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;
using Dataplane.Wire.Answers;

namespace Dataplane.Pipeline;

/// <summary>
/// Lets packets leave the node, shows them where somebody looks, and hands on what another emulated node receives.
/// </summary>
public static unsafe class TransmitStage
{
    public static void Run<TSink>(PacketBurst burst, PipelineState state, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        Topology topology = state.Topology;
        if (burst.IsSteady && !topology.ManyNodes && !TSink.HasLinks)
        {
            RunSteady(burst, state, ref sink);
            return;
        }

        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Status != LaneStatus.Live) continue;

            switch (lane.Exit)
            {
                case Exit.Tunnel:
                    Send(burst, ref lane, state, ref sink);
                    Receive(burst, ref lane, state, Entry.Tunnel);
                    break;
                case Exit.Direct:
                    if (lane.Is(Shape.TellsFrontend)) DirectReturnWay.Insert(ref lane, topology);
                    Link.Frame(
                        ref lane, topology.Peers[lane.NextNode].UnderlayMac, topology.Peers[lane.Node].UnderlayMac);
                    Leave(burst, ref lane, state, ref sink);
                    Receive(burst, ref lane, state, Entry.Underlay);
                    break;
                case Exit.Outside:
                    Link.Frame(ref lane, topology.Nodes[lane.Node].GatewayMac, topology.Peers[lane.Node].UnderlayMac);
                    if (Leave(burst, ref lane, state, ref sink)) burst.Settle(ref lane, Verdict.Forwarded);
                    break;
                case Exit.Pod or Exit.Bridge:
                    Deliver(burst, ref lane, topology, ref sink);
                    break;
                default:
                    Arrive(burst, ref lane, state);
                    break;
            }
        }
    }

    // Of one node alone: all packets have gone into the tunnel, and nothing has happened to any of them but that.
    private static void RunSteady<TSink>(PacketBurst burst, PipelineState state, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        NodeEntry* nodes = state.Topology.Nodes.Start;
        bool isObserved = sink.Observes(ObservationPoint.Wire);
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (OuterLength(in lane) > nodes[lane.Node].UnderlayMtu)
            {
                Send(burst, ref lane, state, ref sink);
                if (lane.Status != LaneStatus.Live) continue;
            }
            else if (isObserved)
            {
                sink.Take(in lane, ObservationPoint.Wire, lane.Node, lane.Frame, lane.Length);
            }

            burst.Settle(ref lane, Verdict.Forwarded);
        }
    }

    // Of the outer IP packet.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int OuterLength(in Lane lane) => lane.NetworkLength + lane.LinkSize - EthernetHeader.Size;

    private static void Arrive(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        bool isClosed = state.Options.NodeUdpClosed && lane.Key.Protocol == IpProtocol.Udp;
        if ((isClosed || IsUnwantedTunnel(in lane, state.Topology)) && lane.Role == LaneRole.Packet
            && !lane.Is(Shape.Fragment))
        {
            Answers.Refuse(burst, ref lane, DropReason.PortClosed, state);
            burst.Drop(ref lane, DropReason.PortClosed, Stage.Transmit);
            return;
        }

        burst.Settle(ref lane, Answers.TryEcho(burst, ref lane, state) ? Verdict.Answered : Verdict.Forwarded);
    }

    // Where tunl0 is, the other protocol of its module has nobody behind it (net/ipv4/tunnel4.c, tunnel64_rcv).
    private static bool IsUnwantedTunnel(in Lane lane, Topology topology) =>
        lane.Key.Protocol == IpProtocol.Ipv6 && topology.Tunnel is { InnerLinkSize: 0 } && !lane.Is(Shape.V6);

    private static void Deliver<TSink>(PacketBurst burst, ref Lane lane, Topology topology, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        bool isPod = lane.Destination.Kind == PlaceKind.Pod;
        int place = isPod ? lane.Destination.Index : -1 - lane.Node;
        ulong to = isPod ? topology.Endpoints[lane.Destination.Index].Mac : Link.MadeUpMac(lane.Key.Destination);
        bool isFramed = lane.Entry == Entry.Tunnel && topology.TunnelOf(lane.Is(Shape.V6)) is { KeepsInnerFrame: true };
        if (lane.Exit == Exit.Pod && !(isFramed && !lane.Is(Shape.Beside) && lane.LinkSize == EthernetHeader.Size
            && !lane.Is(Shape.Translated)))
        {
            bool isRouted = isPod && topology.Routed;
            if (lane.Is(Shape.Beside)) Link.Frame(ref lane, to, topology.Beside!.Peers[lane.Node].TunnelMac);
            else
                Link.Frame(
                    ref lane, to, isRouted ? topology.Endpoints[place].VethMac : topology.Nodes[lane.Node].BridgeMac);
        }
        else if (lane.LinkSize == 0 || lane.Is(Shape.Translated | Shape.Reoriginated))
        {
            Link.Frame(ref lane, to, SenderMac(in lane, topology));
        }

        Show(in lane, ObservationPoint.Pod, place, ref sink);
        burst.Settle(ref lane, Verdict.Forwarded);
    }

    private static ulong SenderMac(in Lane lane, Topology topology) => lane.Source.Kind == PlaceKind.Pod
        ? topology.Endpoints[lane.Source.Index].Mac
        : Link.MadeUpMac(lane.Key.Source);

    // By the underlay interface, if its link takes the frame.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Leave<TSink>(PacketBurst burst, ref Lane lane, PipelineState state, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        if (TSink.HasLinks && !TryDepart(burst, ref lane, state, lane.Length + lane.Missing, frames: 1)) return false;

        Show(in lane, ObservationPoint.Wire, lane.Node, ref sink);
        if (TSink.HasLinks) lane.Timestamp += state.Links!.Parameters.Delay;
        return true;
    }

    private static bool TryDepart(PacketBurst burst, ref Lane lane, PipelineState state, int size, int frames)
    {
        if (state.Links!.TrySend(ref lane, size, frames)) return true;

        burst.Drop(ref lane, DropReason.Congestion, Stage.Transmit);
        return false;
    }

    // The outer packet itself may be too large: in pieces where its DF allows it, else nowhere, and nobody is told.
    private static void Send<TSink>(PacketBurst burst, ref Lane lane, PipelineState state, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        int mtu = state.Topology.Nodes[lane.Node].UnderlayMtu;
        int network = OuterLength(in lane);
        if (network <= mtu || Oversize.IsKept(ref lane, state))
        {
            Leave(burst, ref lane, state, ref sink);
            return;
        }

        byte* ip = lane.Frame + EthernetHeader.Size;
        bool dontFragment = ip[0] >> 4 == 6
            || (ip[Ipv4Header.FragmentOffsetOffset] & (Ipv4Header.DontFragmentFlag >> 8)) != 0;
        if (dontFragment)
        {
            burst.Drop(ref lane, DropReason.MtuExceeded, Stage.Encap);
            return;
        }

        state.Counters.Fragmented++;
        // One entry of the link's queue, for which there is room or not, and one time of departure.
        int pieces = Ipv4Fragmenter.CountFor(network - Ipv4Header.Size, mtu - Ipv4Header.Size);
        int size = network + (pieces * EthernetHeader.Size) + ((pieces - 1) * Ipv4Header.Size);
        if (TSink.HasLinks && !TryDepart(burst, ref lane, state, size, pieces)) return;
        if (sink.Observes(ObservationPoint.Wire) && !lane.Is(Shape.Cut)) SendPieces(burst, in lane, ip, mtu, ref sink);
        if (TSink.HasLinks) lane.Timestamp += state.Links!.Parameters.Delay;
    }

    private static void SendPieces<TSink>(PacketBurst burst, in Lane lane, byte* ip, int mtu, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        var packet = new ReadOnlySpan<byte>(ip, lane.Length - EthernetHeader.Size);
        byte* to = burst.Allocate(mtu);
        if (to == null || !Ipv4Fragmenter.TryCreate(packet, mtu, out Ipv4Fragmenter fragmenter)) return;

        for (int index = 0; index < fragmenter.Count; index++)
        {
            int length = fragmenter.Build(index, new Span<byte>(to, mtu));
            new ReadOnlySpan<byte>(lane.Frame, EthernetHeader.Size)
                .CopyTo(new Span<byte>(to - EthernetHeader.Size, EthernetHeader.Size));
            sink.Take(
                in lane, ObservationPoint.Wire, lane.Node, to - EthernetHeader.Size, length + EthernetHeader.Size);
        }
    }

    private static void Show<TSink>(in Lane lane, ObservationPoint point, int place, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        if (sink.Observes(point)) sink.Take(in lane, point, place, lane.Frame, lane.Length);
    }

    private static void Receive(PacketBurst burst, ref Lane lane, PipelineState state, Entry entry)
    {
        if (lane.Status != LaneStatus.Live) return;
        if (!state.Topology.ManyNodes || !state.Topology.Peers[lane.NextNode].IsEmulated)
        {
            burst.Settle(ref lane, Verdict.Forwarded);
            return;
        }

        burst.HasArrivals = true;
        lane.Status = LaneStatus.Waiting;
        lane.Entry = entry;
        lane.Exit = Exit.None;
        lane.Node = lane.NextNode;
        lane.Frontend = 0;
        lane.Shape &= ~(Shape.Translated | Shape.Reoriginated | Shape.Invalid);
        AdmitStage.Locate(ref lane, state.Topology);
        AdmitStage.Register(ref lane, state.Connections);
        burst.HasWaiting = true;
    }
}
