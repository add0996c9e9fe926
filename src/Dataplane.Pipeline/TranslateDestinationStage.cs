using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>
/// DNAT: a Service's address becomes the backend's, and a masquerading node's the pod's; before the routing decision.
/// </summary>
public static unsafe class TranslateDestinationStage
{
    public static void Run(PacketBurst burst, PipelineState state)
    {
        Topology topology = state.Topology;
        Connection* connections = state.Connections.Entries;
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Connection == 0 || lane.Status != LaneStatus.Live || lane.Exit == Exit.Tunnel) continue;

            ref Connection connection = ref connections[lane.Connection >> 1];
            if (!connection.IsTranslated) continue;

            lane.Shape |= Shape.Translated;
            lane.Marks |= RecordFlags.Translated;
            if (lane.Is(Shape.IcmpError)) Related.Translate(ref lane, in connection, topology.Names);
            Translate(ref lane, in connection, topology);
        }
    }

    private static void Translate(ref Lane lane, in Connection connection, Topology topology)
    {
        if (lane.IsReply)
        {
            if ((connection.Flags & ConnectionFlags.SourceTranslated) != 0 && !lane.Is(Shape.IcmpError))
            {
                PacketEdit.SetDestination(
                    ref lane, connection.Original.Source, connection.Original.SourcePort, topology.Names);
            }

            lane.Owner = Lane.UnknownNode;
            lane.Destination = topology.PlaceOf(connection.Original.Source, lane.Is(Shape.V6));
            return;
        }

        if ((connection.Flags & ConnectionFlags.DestinationTranslated) == 0) return;
        if (!lane.Is(Shape.IcmpError))
        {
            PacketEdit.SetDestination(ref lane, connection.Reply.Source, connection.Reply.SourcePort, topology.Names);
        }

        lane.Destination = connection.Forward;
        lane.Owner = connection.ForwardNode;
        if (topology.DirectReturn is not null) DirectReturnWay.Tell(ref lane, in connection, topology);
    }
}
