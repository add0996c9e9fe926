using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// The beaten track, as the kernel's flowtable has it (net/netfilter/nf_flow_table_ip.c): for a plain packet of a
/// connection whose earlier ones took the tunnel nothing is left to decide, and it is translated and loses its hop in
/// one pass. All others take the stages around this one, and come to the same bytes.
/// </summary>
public static unsafe class SteadyStage
{
    /// <summary>
    /// What a packet on this track may be; everything else that is special about one wants its own stage.
    /// </summary>
    private const Shape Harmless = Shape.Reoriginated | Shape.Tagged;

    private const ConnectionFlags Ahead = ConnectionFlags.Steady | ConnectionFlags.Rooted;

    /// <summary>
    /// In front of all look-ups, for packets that enter where their connection began: gives whether that is all of
    /// them. One that stays behind holds back those of the burst that may belong to the same connection, so that no
    /// packet overtakes another; and everything behind it where that cannot be known. Of a capture of several points
    /// Admit asks first what has been seen.
    /// </summary>
    public static bool GoAhead(PacketBurst burst, PipelineState state)
    {
        if (state.Topology.Tunnel is not { } tunnel || state.Sightings is not null) return false;

        uint* candidates = stackalloc uint[PacketBurst.MaxRecords];
        ConnectionTable table = state.Connections;
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        for (int index = 0; index < count; index++)
        {
            uint hash = lanes[index].Hash;
            candidates[index] = hash == 0 ? 0 : table.FindCandidate(hash);
        }

        Connection* connections = table.Entries;
        bool needsPlaces = tunnel.Parameters.Filling is not (TunnelFilling.Devices or TunnelFilling.None);
        uint hops = state.Topology.TunnelHops;
        bool isAll = true;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            ref Connection connection = ref connections[candidates[index] >> 1];
            if (IsBeaten(in lane, in connection, state, hops) && (isAll || !burst.ComesFromEnd(in lane.Key))
                && TrackStage.TryProlong(in lane, ref connection, state))
            {
                Enter(burst, ref lane, in connection);
                if (needsPlaces) lane.Source = state.Topology.Map.FindV4(lane.Key.Source);
                lane.Connection = candidates[index];
                Advance(ref lane, in connection, hops);
                if (!isAll) lane.Status = LaneStatus.Ahead;
                continue;
            }

            if (lane.Status != LaneStatus.Live) continue;
            if (isAll) Hold(burst, index);
            isAll = false;
            if (lane.Hash == 0 || DecapStage.TunnelFor(in lane, state.Topology) is not null) break;
            burst.RememberEnds(in lane.Key);
        }

        return isAll;
    }

    /// <summary>
    /// Behind the look-ups: gives whether all packets went this way, and none is left to the stages behind.
    /// </summary>
    public static bool Run(PacketBurst burst, PipelineState state)
    {
        NodeEntry* nodes = state.Topology.Nodes.Start;
        Connection* connections = state.Connections.Entries;
        ushort mark = state.PolicyMark;
        uint hops = state.Topology.TunnelHops;
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        bool isAll = true;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            ref Connection connection = ref connections[lane.Connection >> 1];
            if (lane.Status == LaneStatus.Ahead)
            {
                lane.Status = LaneStatus.Live;
            }
            else if (IsSteady(in lane, in connection, mark, hops) && lane.NetworkLength <= nodes[lane.Node].TunnelMtu)
            {
                Advance(ref lane, in connection, hops);
            }
            else
            {
                isAll &= lane.Status != LaneStatus.Live;
            }
        }

        return isAll;
    }

    // The first one that stays behind: those in front of it wait for the others at the tunnel.
    private static void Hold(PacketBurst burst, int count)
    {
        burst.ForgetEnds();
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref burst.Lanes[index];
            if (lane.Status == LaneStatus.Live) lane.Status = LaneStatus.Ahead;
        }
    }

    // All that Admit and Police would ask.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsBeaten(in Lane lane, in Connection connection, PipelineState state, uint hops)
    {
        bool isKnown = connection.Original.IsSamePacket(in lane.Key) & (connection.Flags & Ahead) == Ahead
            & lane.Hash != 0;
        if (!isKnown || lane.Status != LaneStatus.Live) return false;

        ref NodeEntry node = ref state.Topology.Nodes.Start[connection.Original.Zone];
        bool fits = (lane.NetworkLength <= node.TunnelMtu) & (lane.Network[Ipv4Header.TtlOffset] > hops);
        return fits & connection.Judged == state.PolicyMark
            && IsForRouter(in lane, in connection, in node, state.Topology);
    }

    // As AdmitStage reads the frame's MACs: sent to the node, and not seen at its receiver, nor on its way there.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsForRouter(in Lane lane, in Connection connection, in NodeEntry node, Topology topology)
    {
        ulong to = Link.ReadMac(lane.Frame);
        if ((to & 1) != 0 || (node.BridgeMacKnown && to != node.BridgeMac)) return false;

        bool isTranslated = (connection.Flags & ConnectionFlags.DestinationTranslated) != 0;
        return isTranslated
            || (!BetweenNodes.MayShow(in lane) && topology.Endpoints[connection.Forward.Index].Mac != to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Enter(PacketBurst burst, ref Lane lane, in Connection connection)
    {
        ushort node = connection.Original.Zone;
        lane.Key.Zone = node;
        lane.Node = node;
        lane.Entry = Entry.PodVeth;
        lane.FlowPort = connection.FlowPort;
        burst.Records[lane.Record].Node = node;
        if ((connection.Flags & ConnectionFlags.Unlisted) != 0) lane.Marks |= RecordFlags.Unlisted;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Advance(ref Lane lane, in Connection connection, uint hops)
    {
        if ((connection.Flags & ConnectionFlags.DestinationTranslated) != 0)
        {
            lane.Marks |= RecordFlags.Translated;
            PacketEdit.TranslateAndHop(ref lane, connection.Reply.Source, connection.Reply.SourcePort, hops);
        }
        else
        {
            PacketEdit.Hop(lane.Network, hops);
        }

        lane.Destination = connection.Forward;
        lane.Owner = connection.ForwardNode;
        lane.NextNode = connection.ForwardNode;
        lane.Exit = Exit.Tunnel;
    }

    // A tunnel port in the lane says that its connection has one, and that this is the connection's first direction.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSteady(in Lane lane, in Connection connection, ushort mark, uint hops) =>
        lane.FlowPort != 0 && lane.Status == LaneStatus.Live && lane.Connection != 0 && (lane.Shape & ~Harmless) == 0
        && lane.Entry != Entry.LocalOutput && lane.Exit == Exit.None
        && (connection.Flags & ConnectionFlags.Steady) != 0 && connection.Judged == mark
        && lane.Network[Ipv4Header.TtlOffset] > hops;
}
