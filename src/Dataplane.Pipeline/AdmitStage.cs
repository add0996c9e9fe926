using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>Decides where each captured packet enters the cluster: the pod's veth, a node's underlay, a node's own output.</summary>
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
            if (lane.Status == LaneStatus.Live && !lane.Is(Shape.Arp | Shape.NeighbourDiscovery)) Locate(ref lane, topology);
        }

        if (state.Sightings is { } sightings)
        {
            for (int index = 0; index < count; index++)
            {
                if (lanes[index].Status == LaneStatus.Live) AdmitOnce(burst, ref lanes[index], state, in engine, sightings);
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

        Enter(burst, ref lane, state, in engine);
        if (lane.Status != LaneStatus.Live) return;
        if (lane.Defect != DropReason.None)
        {
            burst.Drop(ref lane, lane.Defect, Stage.Parse);
            return;
        }

        Register(ref lane, state.Connections);
    }

    // A packet enters at the first of the capture's points where it can; at the others it has been seen.
    private static void AdmitOnce<TEngine>(PacketBurst burst, ref Lane lane, PipelineState state, in TEngine engine, Sightings sightings)
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Enter<TEngine>(PacketBurst burst, ref Lane lane, PipelineState state, in TEngine engine)
        where TEngine : struct, IServiceEngine
    {
        Topology topology = state.Topology;
        if (IsForUnderlay(in lane, topology) && !IsExpected(in lane, state))
        {
            EnterAt(burst, ref lane, topology, Entry.Underlay, topology.NodeAddresses[lane.Destination.Index].Node);
            return;
        }

        switch (lane.Source.Kind)
        {
            case PlaceKind.Pod or PlaceKind.Unlisted when BetweenNodes.Shows(in lane, topology):
                EnterAt(burst, ref lane, topology, Entry.Underlay, NodeOf(lane.Destination, topology));
                break;
            case PlaceKind.Pod:
                EnterAt(burst, ref lane, topology, Entry.PodVeth, topology.Endpoints[lane.Source.Index].Node);
                break;
            case PlaceKind.Unlisted:
                lane.Marks |= RecordFlags.Unlisted;
                EnterAt(burst, ref lane, topology, Entry.PodVeth, lane.Source.Index);
                break;
            case PlaceKind.Node when BetweenNodes.IsForEmulated(in lane, topology):
                EnterAt(burst, ref lane, topology, Entry.Underlay, NodeOf(lane.Destination, topology));
                break;
            case PlaceKind.Node:
                EnterAt(burst, ref lane, topology, Entry.LocalOutput, topology.NodeAddresses[lane.Source.Index].Node);
                if (state.Answers.Holds(in lane)) burst.Ignore(ref lane, IgnoreReason.OwnAnswer);
                break;
            case PlaceKind.Service:
                Reorigination.FromService(burst, ref lane, state, in engine);
                break;
            default:
                EnterFromOutside(burst, ref lane, state);
                break;
        }

        if (lane.Status == LaneStatus.Live && lane.Entry == Entry.PodVeth && !lane.Is(Shape.Reoriginated)) CheckVeth(burst, ref lane, state);
    }

    private static void EnterFromOutside(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        Topology topology = state.Topology;
        switch (lane.Destination.Kind)
        {
            case PlaceKind.Node:
                EnterAt(burst, ref lane, topology, Entry.Underlay, topology.NodeAddresses[lane.Destination.Index].Node);
                break;
            case PlaceKind.Pod or PlaceKind.Unlisted:
                int node = NodeOf(lane.Destination, topology);
                if (Reorigination.TryFromOutside(ref lane, state, ref node)) lane.Marks |= RecordFlags.Reoriginated;
                EnterAt(burst, ref lane, topology, Entry.Underlay, node);
                break;
            case PlaceKind.Service when lane.Destination.Index != 0:
                ushort[] nodes = topology.ServiceEntries[lane.Destination.Index];
                EnterAt(burst, ref lane, topology, Entry.Underlay, nodes[lane.Key.Hash() % (uint)nodes.Length]);
                break;
            default:
                burst.Ignore(ref lane, IgnoreReason.UnknownAddresses);
                break;
        }
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

    /// <summary>A tunnel packet, or a fragment of one, between node addresses.</summary>
    private static bool IsForUnderlay(in Lane lane, Topology topology)
    {
        if (lane.Destination.Kind != PlaceKind.Node || DecapStage.TunnelFor(in lane, topology) is null) return false;

        return !lane.Is(Shape.LaterFragment) || lane.Source.Kind == PlaceKind.Node;
    }

    // The node's connections come before its sockets: a reply to a masqueraded connection that drew the tunnel's port is its own.
    private static bool IsExpected(in Lane lane, PipelineState state)
    {
        if (lane.Source.Kind == PlaceKind.Node) return false;

        FlowKey key = lane.Key;
        key.Zone = state.Topology.NodeAddresses[lane.Destination.Index].Node;
        return state.Connections.Find(in key) != 0;
    }

    // What the frame's MACs tell: whom it is for, whether it has already been delivered, and which MAC the pod has.
    private static void CheckVeth(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        Topology topology = state.Topology;
        bool isLocal = lane.Destination.Kind is PlaceKind.Pod or PlaceKind.Unlisted && NodeOf(lane.Destination, topology) == lane.Node;
        if (isLocal && !topology.Routed) lane.Exit = Exit.Bridge;
        if (lane.LinkSize == 0) return;

        ulong to = Link.ReadMac(lane.Frame);
        if ((to & 1) != 0)
        {
            if (lane.Destination.Kind != PlaceKind.Group) burst.Drop(ref lane, DropReason.WrongMac, Stage.Admit);
            return;
        }

        bool isStretched = topology.Tunnel is { Parameters.Filling: TunnelFilling.PodNetwork };
        if (lane.Destination.Kind == PlaceKind.Pod && (!isLocal || topology.Routed) && !isStretched && topology.Endpoints[lane.Destination.Index].Mac == to)
        {
            Reorigination.Rewind(burst, ref lane, topology);
            Reorigination.Untranslate(ref lane, state);
            return;
        }

        ref NodeEntry node = ref topology.Nodes[lane.Node];
        if (node.BridgeMacKnown) CheckBridge(burst, ref lane, topology, to, isLocal);
        if (lane.Source.Kind == PlaceKind.Pod) Learn(in lane, ref topology.Endpoints[lane.Source.Index], to, topology.Routed);
    }

    private static void CheckBridge(PacketBurst burst, ref Lane lane, Topology topology, ulong to, bool isLocal)
    {
        if (to == topology.Nodes[lane.Node].BridgeMac)
        {
            lane.Exit = Exit.None;
            return;
        }

        bool isPods = isLocal && lane.Destination.Kind == PlaceKind.Pod && topology.Endpoints[lane.Destination.Index].Mac == to;
        if (!isPods) burst.Drop(ref lane, DropReason.WrongMac, Stage.Admit);
    }

    // Only a packet that no router has touched carries its pod's MAC: its TTL is one that systems begin with.
    private static void Learn(in Lane lane, ref EndpointEntry endpoint, ulong to, bool routed)
    {
        if (endpoint.MacKnown && (endpoint.VethMacKnown || !routed)) return;

        bool isUntouched = PacketEdit.Ttl(in lane) is 64 or 128 or 255;
        if (!isUntouched) return;

        if (!endpoint.MacKnown) endpoint.Mac = Link.ReadMac(lane.Frame + MacAddress.Size);
        endpoint.MacKnown = true;
        if (!routed || endpoint.VethMacKnown) return;

        endpoint.VethMac = to;
        endpoint.VethMacKnown = true;
    }
}
