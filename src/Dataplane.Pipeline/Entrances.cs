using System.Runtime.CompilerServices;
using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>
/// Who enters where, by where both addresses of a packet lead: a pod's veth, a node's underlay, its own output.
/// </summary>
internal static class Entrances
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Enter<TEngine>(PacketBurst burst, ref Lane lane, PipelineState state, in TEngine engine)
        where TEngine : struct, IServiceEngine
    {
        Topology topology = state.Topology;
        if (IsForUnderlay(in lane, topology) && !IsExpected(in lane, state))
        {
            AdmitStage.EnterAt(
                burst, ref lane, topology, Entry.Underlay, topology.NodeAddresses[lane.Destination.Index].Node);
            return;
        }

        switch (lane.Source.Kind)
        {
            case PlaceKind.Pod or PlaceKind.Unlisted when BetweenNodes.Shows(in lane, topology):
                AdmitStage.EnterAt(
                    burst, ref lane, topology, Entry.Underlay, AdmitStage.NodeOf(lane.Destination, topology));
                break;
            case PlaceKind.Pod:
                AdmitStage.EnterAt(
                    burst, ref lane, topology, Entry.PodVeth, topology.Endpoints[lane.Source.Index].Node);
                break;
            case PlaceKind.Unlisted:
                lane.Marks |= RecordFlags.Unlisted;
                AdmitStage.EnterAt(burst, ref lane, topology, Entry.PodVeth, lane.Source.Index);
                break;
            case PlaceKind.Node when BetweenNodes.IsForEmulated(in lane, topology):
                AdmitStage.EnterAt(
                    burst, ref lane, topology, Entry.Underlay, AdmitStage.NodeOf(lane.Destination, topology));
                break;
            case PlaceKind.Node:
                AdmitStage.EnterAt(
                    burst, ref lane, topology, Entry.LocalOutput, topology.NodeAddresses[lane.Source.Index].Node);
                if (state.Answers.Holds(in lane)) burst.Ignore(ref lane, IgnoreReason.OwnAnswer);
                break;
            case PlaceKind.Service:
                Reorigination.FromService(burst, ref lane, state, in engine);
                break;
            default:
                EnterFromOutside(burst, ref lane, state);
                break;
        }

        if (lane.Status == LaneStatus.Live && lane.Entry == Entry.PodVeth && !lane.Is(Shape.Reoriginated))
            VethFrames.Check(burst, ref lane, state);
    }

    private static void EnterFromOutside(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        Topology topology = state.Topology;
        switch (lane.Destination.Kind)
        {
            case PlaceKind.Node:
                AdmitStage.EnterAt(
                    burst, ref lane, topology, Entry.Underlay, topology.NodeAddresses[lane.Destination.Index].Node);
                break;
            case PlaceKind.Pod or PlaceKind.Unlisted:
                int node = AdmitStage.NodeOf(lane.Destination, topology);
                if (Reorigination.TryFromOutside(ref lane, state, ref node)) lane.Marks |= RecordFlags.Reoriginated;
                AdmitStage.EnterAt(burst, ref lane, topology, Entry.Underlay, node);
                break;
            case PlaceKind.Service when lane.Destination.Index != 0:
                ushort[] nodes = topology.ServiceEntries[lane.Destination.Index];
                AdmitStage.EnterAt(
                    burst, ref lane, topology, Entry.Underlay, nodes[lane.Key.Hash() % (uint)nodes.Length]);
                break;
            default:
                burst.Ignore(ref lane, IgnoreReason.UnknownAddresses);
                break;
        }
    }

    /// <summary>A tunnel packet, or a fragment of one, between node addresses.</summary>
    private static bool IsForUnderlay(in Lane lane, Topology topology)
    {
        if (lane.Destination.Kind != PlaceKind.Node || DecapStage.TunnelFor(in lane, topology) is null) return false;

        return !lane.Is(Shape.LaterFragment) || lane.Source.Kind == PlaceKind.Node;
    }

    // The node's connections come before its sockets: a reply to a masqueraded connection that drew
    // the tunnel's port is its own.
    private static bool IsExpected(in Lane lane, PipelineState state)
    {
        if (lane.Source.Kind == PlaceKind.Node) return false;

        FlowKey key = lane.Key;
        key.Zone = state.Topology.NodeAddresses[lane.Destination.Index].Node;
        return state.Connections.Find(in key) != 0;
    }
}
