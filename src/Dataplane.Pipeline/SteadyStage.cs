using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// The beaten track, as the kernel's flowtable has it (net/netfilter/nf_flow_table_ip.c): for a plain packet of a connection
/// whose earlier ones took the tunnel nothing is left to decide, and it is translated and loses its hop in one pass. All
/// others take the stages behind this one, and come to the same bytes.
/// </summary>
public static unsafe class SteadyStage
{
    /// <summary>What a packet on this track may be; everything else that is special about one wants its own stage.</summary>
    private const Shape Harmless = Shape.Reoriginated | Shape.Tagged;

    /// <summary>Gives whether all packets went this way, and none is left to the stages behind.</summary>
    public static bool Run(PacketBurst burst, PipelineState state)
    {
        NodeEntry* nodes = state.Topology.Nodes.Start;
        Connection* connections = state.Connections.Entries;
        ushort mark = state.PolicyMark;
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        bool isAll = true;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            ref Connection connection = ref connections[lane.Connection >> 1];
            if (!IsSteady(in lane, in connection, mark) || lane.NetworkLength > nodes[lane.Node].TunnelMtu)
            {
                isAll &= lane.Status != LaneStatus.Live;
                continue;
            }

            if ((connection.Flags & ConnectionFlags.DestinationTranslated) != 0)
            {
                lane.Marks |= RecordFlags.Translated;
                PacketEdit.TranslateAndHop(ref lane, connection.Reply.Source, connection.Reply.SourcePort);
                lane.Destination = connection.Forward;
            }
            else
            {
                PacketEdit.Hop(lane.Network);
            }

            lane.NextNode = connection.ForwardNode;
            lane.Exit = Exit.Tunnel;
        }

        return isAll;
    }

    // A tunnel port in the lane says that its connection has one, and that this is the connection's first direction.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSteady(in Lane lane, in Connection connection, ushort mark) =>
        lane.FlowPort != 0 && lane.Status == LaneStatus.Live && lane.Connection != 0 && (lane.Shape & ~Harmless) == 0
        && lane.Entry != Entry.LocalOutput && lane.Exit == Exit.None
        && (connection.Flags & ConnectionFlags.Steady) != 0 && connection.Judged == mark && lane.Network[Ipv4Header.TtlOffset] > 1;
}
