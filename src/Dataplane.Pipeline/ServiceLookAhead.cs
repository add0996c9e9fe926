using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>Sends for the memory that first packets to Services will be looked up in.</summary>
internal static unsafe class ServiceLookAhead
{
    // A first packet's look-ups are a chain of cache misses, one behind the other: each loop
    // takes the burst one link on.
    public static void Run<TEngine>(PacketBurst burst, PipelineState state, in TEngine engine)
        where TEngine : struct, IServiceEngine
    {
        Topology topology = state.Topology;
        Lane* lanes = burst.Lanes;
        int count = Math.Min(burst.Count, PacketBurst.MaxRecords);
        uint* foreseen = stackalloc uint[PacketBurst.MaxRecords];
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Connection != 0) continue;
            if (lane.Destination.Kind == PlaceKind.Service) engine.Prefetch(in lane.Key);
            if (lane.Source.Kind == PlaceKind.Unlisted)
                topology.SeenUnlisted.Prefetch(lane.Key.Source, lane.Key.Family);
        }

        Draw draw = state.Draw;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            bool isAsked = lane.Connection == 0 && lane.Destination.Kind == PlaceKind.Service && !lane.Is(Shape.V6);
            foreseen[index] =
                isAsked ? engine.Foresee(in lane.Key, new ServiceState(lane.Timestamp, state.Affinity), ref draw) : 0;
        }

        for (int index = 0; index < count; index++)
        {
            if (foreseen[index] == 0) continue;
            foreseen[index] = engine.AddressOf(foreseen[index]);
            topology.Map.PrefetchV4(foreseen[index]);
        }

        for (int index = 0; index < count; index++)
        {
            if (foreseen[index] != 0) topology.PrefetchEndpoint(foreseen[index]);
        }
    }
}
