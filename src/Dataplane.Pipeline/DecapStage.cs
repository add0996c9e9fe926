using Dataplane.Core;
using Dataplane.Pipeline.Tunnels;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>Takes tunnel packets that have arrived at their node out of the tunnel.</summary>
public static unsafe class DecapStage
{
    public static void Run<TSink>(PacketBurst burst, PipelineState state, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        Topology topology = state.Topology;
        if (!burst.HasArrivals || !topology.HasTunnel) return;

        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Status != LaneStatus.Live || lane.Entry < Entry.Underlay || lane.Entry > Entry.Tunnel) continue;
            if (lane.Entry == Entry.Tunnel)
            {
                Unwrap(ref lane, topology, state.Counters);
                if (sink.Observes(ObservationPoint.Tunnel))
                    sink.Take(in lane, ObservationPoint.Tunnel, lane.Node, lane.Frame, lane.Length);
                if (lane.Is(Shape.Arp)) Floods.Deliver(burst, ref lane, topology);
                continue;
            }

            if (!TryFindTunnel(burst, ref lane, state, out TunnelTable? tunnel)) continue;

            DropReason reason = TunnelReceiver.Open(ref lane, tunnel!, topology, ref sink);
            if (reason == DropReason.None) reason = Arrive(ref lane, state);
            if (reason != DropReason.None) burst.Drop(ref lane, reason, Stage.Decap);
            else if (lane.Is(Shape.Arp)) Floods.Deliver(burst, ref lane, topology);
        }
    }

    /// <summary>The tunnel whose packets look like this one; null where it is none's.</summary>
    internal static TunnelTable? TunnelFor(in Lane lane, Topology topology)
    {
        if (topology.Tunnel is { } first && IsIts(in lane, in first.Parameters)) return first;
        if (topology.TunnelV6 is { } second && IsIts(in lane, in second.Parameters)) return second;
        if (topology.Beside is { } beside && IsIts(in lane, in beside.Parameters)) return beside;
        return null;
    }

    private static bool IsIts(in Lane lane, in TunnelParameters tunnel)
    {
        if (lane.Is(Shape.V6) != tunnel.OuterV6) return false;
        if (tunnel.Header == TunnelHeader.IpInIp) return lane.Key.Protocol == IpProtocol.IpInIp;
        if (lane.Key.Protocol != IpProtocol.Udp) return false;

        return lane.Is(Shape.LaterFragment) || lane.Key.DestinationPort == tunnel.Port;
    }

    // What this run encapsulated itself: the inner packet is where it was, and the headers in front of it are right.
    private static void Unwrap(ref Lane lane, Topology topology, RunCounters counters)
    {
        TunnelTable tunnel = topology.TunnelOf(lane.Is(Shape.V6))!;
        if (lane.Is(Shape.TellsFrontend)) DirectReturnWay.ReadOwnGeneve(ref lane, topology);
        lane.Frame = lane.Network - tunnel.InnerLinkSize;
        lane.Length -= lane.LinkSize - tunnel.InnerLinkSize;
        lane.LinkSize = (byte)tunnel.InnerLinkSize;
        counters.Decapsulated++;
    }

    private static bool TryFindTunnel(PacketBurst burst, ref Lane lane, PipelineState state, out TunnelTable? tunnel)
    {
        tunnel = null;
        if (lane.Destination.Kind != PlaceKind.Node || TunnelFor(in lane, state.Topology) is null) return false;
        if (lane.Is(Shape.Fragment) && !state.Reassembly.TryComplete(burst, ref lane, state)) return false;

        TunnelTable? found = TunnelFor(in lane, state.Topology);
        bool hasHeader = found is { InnerLinkSize: 0 } || lane.Transport is not null;
        tunnel = hasHeader ? found : null;
        return tunnel is not null;
    }

    // A tunnel's packet to a node inside of a tunnel: nobody sends such, and a loop of them would have no end.
    private static DropReason Arrive(ref Lane lane, PipelineState state)
    {
        AdmitStage.Locate(ref lane, state.Topology);
        bool isNested = lane.Destination.Kind == PlaceKind.Node && !lane.Is(Shape.LaterFragment)
            && TunnelFor(in lane, state.Topology) is not null;
        if (isNested) return DropReason.UnsupportedInner;

        lane.Entry = Entry.Tunnel;
        AdmitStage.Register(ref lane, state.Connections);
        state.Counters.Decapsulated++;
        return DropReason.None;
    }
}
