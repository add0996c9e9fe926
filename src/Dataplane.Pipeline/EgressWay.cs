using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>
/// What pods with egress addresses send out of the cluster: by the tunnel to the node that holds the address, and out
/// of there with the address as its source (OVN's EgressIP, OpenShift's egress IPs, Cilium's egress gateways). Replies
/// to the outside go as all others do.
/// </summary>
internal static class EgressWay
{
    /// <summary>The way of a packet to the outside, where the topology has egress addresses.</summary>
    public static DropReason Decide(ref Lane lane, Topology topology)
    {
        EgressHolder holder = default;
        bool hasOwn = !lane.IsReply && lane.Destination.Kind == PlaceKind.Outside
            && TryChoose(in lane, in lane.Key, topology, out holder);
        if (!hasOwn || holder.Node == lane.Node) return RoutingDecision.LeaveOutside(ref lane, topology);
        if (holder.Node != Lane.UnknownNode) return RoutingDecision.EnterTunnel(ref lane, topology, holder.Node);

        lane.Exit = Exit.Outside;
        return holder.Missing;
    }

    /// <summary>
    /// Whether a reply from outside has come to the holder for a pod elsewhere: it goes there as
    /// the request came, by tunnel.
    /// </summary>
    public static bool IsReturning(in Lane lane, Topology topology)
    {
        if (!lane.IsReply || lane.Entry != Entry.Underlay || lane.Destination.Kind != PlaceKind.Pod
            || !topology.HasTunnel)
            return false;

        ushort group = topology.Endpoints[lane.Destination.Index].Egress;
        FlowKey sent = lane.Key.Reversed();
        return group != 0 && topology.Egress!.TryChoose(group, in sent, lane.Node, isArrived: true, out _);
    }

    /// <summary>
    /// Who gives a new connection its source: this node, with which address; or another one, and this one none.
    /// </summary>
    public static bool TryFind(in Lane lane, in Connection connection, Topology topology, out EgressHolder holder)
    {
        holder = default;
        if (connection.Forward.Kind != PlaceKind.Outside) return false;

        FlowKey key = connection.Original;
        key.Destination = connection.Reply.Source;
        return TryChoose(in lane, in key, topology, out holder);
    }

    /// <summary>
    /// The node by which a pod's connection left the cluster, and its replies come in: the pod's own, or a holder.
    /// </summary>
    public static int HolderFor(in Lane reply, in FlowKey original, Topology topology, int node)
    {
        EgressHolder holder = default;
        ushort group = reply.Destination.Kind == PlaceKind.Pod
            ? topology.Endpoints[reply.Destination.Index].Egress
            : (ushort)0;
        bool isHeld = group != 0
            && topology.Egress!.TryChoose(group, in original, (ushort)node, isArrived: false, out holder)
            && holder.Node != Lane.UnknownNode;
        return isHeld ? holder.Node : node;
    }

    private static bool TryChoose(in Lane lane, in FlowKey key, Topology topology, out EgressHolder holder)
    {
        holder = default;
        if (lane.Source.Kind != PlaceKind.Pod || lane.Entry is not (Entry.PodVeth or Entry.Tunnel)) return false;

        ushort group = topology.Endpoints[lane.Source.Index].Egress;
        return group != 0
            && topology.Egress!.TryChoose(group, in key, lane.Node, lane.Entry == Entry.Tunnel, out holder);
    }
}
