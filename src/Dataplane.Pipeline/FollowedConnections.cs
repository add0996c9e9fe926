using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>Tells engines that keep connections of their own (IPVS) of every packet of those that stand.</summary>
internal static unsafe class FollowedConnections
{
    public static void Tell<TEngine>(PacketBurst burst, PipelineState state, in TEngine engine)
        where TEngine : struct, IServiceEngine
    {
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Connection == 0 || lane.Status != LaneStatus.Live || lane.Is(SelectStage.NotTracked)) continue;

            ref Connection connection = ref state.Connections[lane.Connection >> 1];
            if (connection.Service == 0) continue;

            var query = new ServiceQuery(in connection.Original)
            {
                Entry = lane.Entry,
                TcpFlags = lane.TcpFlags,
                Length = lane.NetworkLength,
            };
            engine.Follow(in query, lane.IsReply, new ServiceState(lane.Timestamp, state.Affinity));
        }
    }
}
