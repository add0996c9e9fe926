using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>SNAT: masquerading, and the Service's address on replies; behind the routing decision.</summary>
public static unsafe class TranslateSourceStage
{
    public static void Run(PacketBurst burst, PipelineState state)
    {
        if (!burst.HasSourceWork) return;

        AddressNames names = state.Topology.Names;
        ConnectionTable connections = state.Connections;
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Connection == 0 || lane.Status != LaneStatus.Live) continue;

            ref Connection connection = ref connections[lane.Connection >> 1];
            if (lane.Is(Shape.NewConnection))
            {
                connection.Flags |= ConnectionFlags.Confirmed;
                lane.Shape &= ~Shape.NewConnection;
            }

            if (lane.Is(Shape.IcmpError) || !connection.IsTranslated) continue;

            ConnectionFlags relevant = lane.IsReply
                ? ConnectionFlags.DestinationTranslated
                : ConnectionFlags.SourceTranslated;
            if ((connection.Flags & relevant) == 0) continue;

            if (lane.IsReply)
                PacketEdit.SetSource(
                    ref lane, connection.Original.Destination, connection.Original.DestinationPort, names);
            else PacketEdit.SetSource(ref lane, connection.Reply.Destination, connection.Reply.DestinationPort, names);
        }
    }
}
