using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>
/// A capture at a receiver shows packets after the dataplane has worked on them. They are put back to where they came
/// from, as they were there, so that the pipeline can bring them here again.
/// </summary>
public static unsafe class Reorigination
{
    private const int MaxTtl = 255;

    /// <summary>A reply whose source is a Service: goes back to the backend that its connection chose.</summary>
    public static void FromService<TEngine>(PacketBurst burst, ref Lane lane, PipelineState state, in TEngine engine)
        where TEngine : struct, IServiceEngine
    {
        Topology topology = state.Topology;
        if (lane.Destination.Kind is not (PlaceKind.Pod or PlaceKind.Unlisted or PlaceKind.Node))
        {
            burst.Ignore(ref lane, IgnoreReason.UnknownAddresses);
            return;
        }

        int client = AdmitStage.NodeOf(lane.Destination, topology);
        FlowKey inverse = lane.Key.Reversed();
        inverse.Zone = (ushort)client;
        uint reference = state.Connections.Find(in inverse);
        if (reference == 0)
        {
            reference = NewConnections.Guess(ref lane, in inverse, state, in engine);
            if (reference != 0) lane.Marks |= RecordFlags.Guessed;
        }

        if (reference == 0 || !state.Connections[reference >> 1].IsTranslated)
        {
            AdmitStage.EnterAt(burst, ref lane, topology, Entry.Underlay, client);
            if (lane.Status == LaneStatus.Live) burst.Drop(ref lane, DropReason.InvalidState, Stage.Admit);
            return;
        }

        FlowKey reply = state.Connections[reference >> 1].Reply;
        PacketEdit.SetSource(ref lane, reply.Source, reply.SourcePort, topology.Names);
        AdmitStage.Locate(ref lane, topology);
        AdmitStage.EnterAt(burst, ref lane, topology, Entry.PodVeth, AdmitStage.NodeOf(lane.Source, topology));
        Rewind(burst, ref lane, topology);
    }

    /// <summary>
    /// A reply from outside to a pod whose connection was masqueraded: came to the node's address, or to an egress
    /// address at the node that holds it.
    /// </summary>
    public static bool TryFromOutside(ref Lane lane, PipelineState state, ref int node)
    {
        Topology topology = state.Topology;
        FlowKey inverse = lane.Key.Reversed();
        int holder = topology.Egress is null ? node : EgressWay.HolderFor(in lane, in inverse, topology, node);
        inverse.Zone = (ushort)holder;
        uint reference = state.Connections.Find(in inverse);
        if (reference == 0 || (state.Connections[reference >> 1].Flags & ConnectionFlags.SourceTranslated) == 0)
            return false;

        FlowKey reply = state.Connections[reference >> 1].Reply;
        PacketEdit.SetDestination(ref lane, reply.Destination, reply.DestinationPort, topology.Names);
        AdmitStage.Locate(ref lane, topology);
        RaiseTtl(ref lane, holder == node ? 1
            : topology.Hops[Topology.HopIndex(Entry.Underlay, Exit.Tunnel)]
                + topology.Hops[Topology.HopIndex(Entry.Tunnel, Exit.Pod)]);
        node = holder;
        lane.Shape |= Shape.Reoriginated;
        return true;
    }

    /// <summary>A packet that was seen at its receiver: gets back the hops that it lost on its way.</summary>
    public static void Rewind(PacketBurst burst, ref Lane lane, Topology topology)
    {
        int receiver = AdmitStage.NodeOf(lane.Destination, topology);
        bool isLocal = receiver == lane.Node;
        int hops = topology.HopsBetween(lane.Node, receiver, lane.Is(Shape.V6));
        RaiseTtl(ref lane, hops);
        lane.Shape |= Shape.Reoriginated;
        lane.Exit = isLocal && !topology.Routed ? Exit.Bridge : Exit.None;
        lane.Marks |= RecordFlags.Reoriginated;
    }

    /// <summary>
    /// A packet that was seen at a Service's backend, if its connection is known: was sent to the Service.
    /// </summary>
    public static void Untranslate(ref Lane lane, PipelineState state)
    {
        FlowKey reply = lane.Key.Reversed();
        reply.Zone = lane.Node;
        uint reference = state.Connections.Find(in reply);
        if ((reference & 1) == 0) return;

        ref readonly Connection connection = ref state.Connections[reference >> 1];
        bool isTranslated = (connection.Flags & ConnectionFlags.DestinationTranslated) != 0
            && connection.Original.Source == lane.Key.Source;
        if (!isTranslated || connection.Expires < lane.Timestamp) return;

        PacketEdit.SetDestination(
            ref lane, connection.Original.Destination, connection.Original.DestinationPort, state.Topology.Names);
        AdmitStage.Locate(ref lane, state.Topology);
    }

    /// <summary>
    /// A reply of an endpoint that was not chosen here: the cluster of the capture drew differently. The client's
    /// connection stands, and the reply comes from the backend that it has.
    /// </summary>
    public static bool TryToChosenBackend(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        bool mayBe = lane.Entry == Entry.PodVeth && lane.Source.Kind == PlaceKind.Pod
            && (lane.TcpFlags & (TcpStates.Syn | TcpStates.Ack)) != TcpStates.Syn
            && lane.Destination.Kind is PlaceKind.Pod or PlaceKind.Unlisted or PlaceKind.Node;
        if (!mayBe || lane.Is(Shape.Invalid) || state.Options.BackendFrontends is not { } known) return false;

        Topology topology = state.Topology;
        for (int place = known.FirstOf(in lane.Key); place >= 0;)
        {
            place = known.Read(place, out FlowKey frontend);
            FlowKey original = lane.Key.Reversed();
            original.Destination = frontend.Destination;
            original.DestinationPort = frontend.DestinationPort;
            original.Zone = (ushort)AdmitStage.NodeOf(lane.Destination, topology);
            uint reference = state.Connections.Find(in original);
            if (reference == 0) continue;

            ref readonly Connection connection = ref state.Connections[reference >> 1];
            bool isTranslated = (connection.Flags & ConnectionFlags.DestinationTranslated) != 0;
            if (!isTranslated || connection.Expires < lane.Timestamp) continue;

            PacketEdit.SetSource(ref lane, connection.Reply.Source, connection.Reply.SourcePort, topology.Names);
            AdmitStage.Locate(ref lane, topology);
            AdmitStage.EnterAt(burst, ref lane, topology, Entry.PodVeth, AdmitStage.NodeOf(lane.Source, topology));
            AdmitStage.Register(ref lane, state.Connections);
            bool isLocal = lane.Node == original.Zone;
            lane.Exit = isLocal && !topology.Routed ? Exit.Bridge : Exit.None;
            lane.Shape |= Shape.Reoriginated;
            burst.Records[lane.Record].Flags |= RecordFlags.Reoriginated;
            return true;
        }

        return false;
    }

    private static void RaiseTtl(ref Lane lane, int hops)
    {
        if (PacketEdit.Ttl(in lane) <= MaxTtl - hops) PacketEdit.ChangeTtl(ref lane, hops);
    }
}
