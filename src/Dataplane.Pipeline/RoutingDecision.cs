using System.Runtime.CompilerServices;
using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>Where a packet leaves its node: to a pod, by the tunnel, to another node, outside, or nowhere.</summary>
internal static class RoutingDecision
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DropReason Decide(ref Lane lane, Topology topology)
    {
        Place to = lane.Destination;
        int owner;
        switch (to.Kind)
        {
            case PlaceKind.Pod:
                owner = lane.Owner != Lane.UnknownNode ? lane.Owner : topology.Endpoints[to.Index].Node;
                if (owner != lane.Node) break;
                return DecideLocal(ref lane, topology);
            case PlaceKind.Unlisted:
                owner = to.Index;
                if (owner != lane.Node) break;
                bool exists = topology.ForwardUnlisted
                    || topology.SeenUnlisted.Contains(lane.Key.Destination, lane.Key.Family);
                return exists ? DecideLocal(ref lane, topology) : DropReason.HostUnreachable;
            case PlaceKind.Node:
                return DecideNode(ref lane, topology, in topology.NodeAddresses[to.Index]);
            case PlaceKind.Group or PlaceKind.Martian:
                return DropReason.NotForwardable;
            default:
                return topology.Egress is not null
                    ? EgressWay.Decide(ref lane, topology)
                    : LeaveOutside(ref lane, topology);
        }

        return DecideRemote(ref lane, topology, owner);
    }

    private static DropReason DecideLocal(ref Lane lane, Topology topology)
    {
        // A translated packet between pods of one bridge stays on it: br_netfilter translates there.
        bool onBridge = !topology.Routed && lane.Entry == Entry.PodVeth && lane.Connection != 0
            && lane.Source.Kind is PlaceKind.Pod or PlaceKind.Unlisted && lane.LinkSize != 0
            && lane.Destination.Kind == PlaceKind.Pod
            && lane.Is(Shape.Translated);
        lane.Exit = onBridge ? Exit.Bridge : Exit.Pod;
        return DropReason.None;
    }

    private static DropReason DecideNode(ref Lane lane, Topology topology, in NodeAddress address)
    {
        if (address.Node == lane.Node)
        {
            lane.Exit = Exit.LocalInput;
            return DropReason.None;
        }

        if (address.Device != NodeDevice.Underlay || lane.Frontend != 0)
            return DecideRemote(ref lane, topology, address.Node);

        lane.Exit = Exit.Direct;
        lane.NextNode = address.Node;
        return DropReason.None;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static DropReason DecideRemote(ref Lane lane, Topology topology, int owner)
    {
        lane.NextNode = (ushort)owner;
        bool isTold = lane.Frontend != 0 && topology.DirectReturn!.Dispatch == ReturnDispatch.Geneve;
        if (isTold) return DirectReturnWay.Decide(ref lane, topology, owner);

        NodeWay way = topology.Ways.Length != 0 ? topology.WayTo(lane.Node, owner, lane.Is(Shape.V6)) : NodeWay.Direct;
        if (way > NodeWay.Direct) return LeaveByRoute(ref lane, way);
        if (topology.Nodes[owner].IsBeside) return EnterBeside(ref lane, topology);

        bool isByTunnel = topology.UsesTunnel(lane.Node, owner, lane.Is(Shape.V6));
        if (isByTunnel || (topology.Egress is not null && EgressWay.IsReturning(in lane, topology)))
            return EnterTunnel(ref lane, topology, (ushort)owner);

        lane.Exit = Exit.Direct;
        return DropReason.None;
    }

    /// <summary>By the tunnel to another node, where both have their end of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DropReason EnterTunnel(ref Lane lane, Topology topology, ushort node)
    {
        lane.Exit = Exit.Tunnel;
        lane.NextNode = node;
        if (topology.TunnelOf(lane.Is(Shape.V6)) is not { } tunnel) return DropReason.NoTunnelEndpoint;

        bool canReach = tunnel.Peers[node].HasTunnel & tunnel.Peers[lane.Node].HasTunnel;
        return canReach ? DropReason.None : DropReason.NoTunnelEndpoint;
    }

    // A pod of a node that is not of this network's kind: IPv4 alone.
    private static DropReason EnterBeside(ref Lane lane, Topology topology)
    {
        TunnelTable tunnel = topology.Beside!;
        lane.Exit = Exit.Tunnel;
        lane.Shape |= Shape.Beside;
        bool canReach = tunnel.Peers[lane.NextNode].HasTunnel & tunnel.Peers[lane.Node].HasTunnel & !lane.Is(Shape.V6);
        return canReach ? DropReason.None : DropReason.NoTunnelEndpoint;
    }

    /// <summary>By the node's default route.</summary>
    public static DropReason LeaveOutside(ref Lane lane, Topology topology)
    {
        lane.Exit = Exit.Outside;
        return topology.Nodes[lane.Node].HasDefaultRoute ? DropReason.None : DropReason.NoRoute;
    }

    // A real node's route that leads neither into the tunnel nor to the other node.
    private static DropReason LeaveByRoute(ref Lane lane, NodeWay way)
    {
        if (way == NodeWay.None) return DropReason.NoRoute;

        lane.Exit = way == NodeWay.Outside ? Exit.Outside : Exit.Direct;
        return way == NodeWay.Outside ? DropReason.None : DropReason.HostUnreachable;
    }
}
