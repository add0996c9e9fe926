using System.Runtime.CompilerServices;
using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>
/// Decides where each captured packet enters the cluster: the pod's veth, a node's underlay, a node's own output.
/// </summary>
public static unsafe class AdmitStage
{
    public static void Run<TEngine>(PacketBurst burst, PipelineState state, in TEngine engine)
        where TEngine : struct, IServiceEngine
    {
        Topology topology = state.Topology;
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Status == LaneStatus.Live && !lane.Is(Shape.Arp | Shape.NeighbourDiscovery))
                Locate(ref lane, topology);
        }

        if (state.Sightings is { } sightings)
        {
            for (int index = 0; index < count; index++)
            {
                if (lanes[index].Status == LaneStatus.Live)
                    AdmitOnce(burst, ref lanes[index], state, in engine, sightings);
            }

            return;
        }

        for (int index = 0; index < count; index++)
        {
            if (lanes[index].Status == LaneStatus.Live) Admit(burst, ref lanes[index], state, in engine);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Admit<TEngine>(PacketBurst burst, ref Lane lane, PipelineState state, in TEngine engine)
        where TEngine : struct, IServiceEngine
    {
        if (lane.Is(Shape.Arp | Shape.NeighbourDiscovery))
        {
            Neighbours.Admit(burst, ref lane, state.Topology);
            return;
        }

        Entrances.Enter(burst, ref lane, state, in engine);
        if (lane.Status != LaneStatus.Live) return;
        if (lane.Defect != DropReason.None)
        {
            burst.Drop(ref lane, lane.Defect, Stage.Parse);
            return;
        }

        Register(ref lane, state.Connections);
    }

    // A packet enters at the first of the capture's points where it can; at the others it has been seen.
    private static void AdmitOnce<TEngine>(
        PacketBurst burst, ref Lane lane, PipelineState state, in TEngine engine, Sightings sightings)
        where TEngine : struct, IServiceEngine
    {
        IgnoreReason reason = sightings.Judge(in lane, burst.FirstRecord + lane.Record, state.Answers);
        if (reason != IgnoreReason.None)
        {
            burst.Ignore(ref lane, reason);
            return;
        }

        Admit(burst, ref lane, state, in engine);
        ref RecordState record = ref burst.Records[lane.Record];
        if (record.Verdict == Verdict.Ignored && record.Ignored != IgnoreReason.OwnAnswer) sightings.Left(in lane);
    }

    /// <summary>Looks up where both addresses lead.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Locate(ref Lane lane, Topology topology)
    {
        lane.Owner = Lane.UnknownNode;
        if (lane.Is(Shape.V6))
        {
            lane.Source = topology.Names.PlaceOf(lane.Key.Source);
            lane.Destination = topology.Names.PlaceOf(lane.Key.Destination);
            return;
        }

        lane.Source = topology.Map.FindV4(lane.Key.Source);
        lane.Destination = topology.Map.FindV4(lane.Key.Destination);
    }

    /// <summary>Ties the lane to its node for tracking, and sends for the index slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Register(ref Lane lane, ConnectionTable connections)
    {
        lane.Connection = 0;
        lane.FlowPort = 0;
        lane.Key.Zone = lane.Node;
        lane.Hash = lane.Key.Hash();
        connections.PrefetchSlot(lane.Hash);
    }

    internal static int NodeOf(Place place, Topology topology) => place.Kind switch
    {
        PlaceKind.Pod => topology.Endpoints[place.Index].Node,
        PlaceKind.Node => topology.NodeAddresses[place.Index].Node,
        _ => place.Index,
    };

    internal static void EnterAt(PacketBurst burst, ref Lane lane, Topology topology, Entry entry, int node)
    {
        if (entry == Entry.Underlay) burst.HasArrivals = true;
        lane.Entry = entry;
        lane.Node = (ushort)node;
        burst.Records[lane.Record].Node = (ushort)node;
        if (!topology.Peers[node].IsEmulated) burst.Ignore(ref lane, IgnoreReason.OtherNode);
    }
}
