using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// The node's routing decision: where the packet leaves, one TTL less, and whether it fits (net/ipv4/ip_forward.c). What
/// cannot go on is answered as the kernel would.
/// </summary>
public static unsafe class RouteStage
{
    public static void Run(PacketBurst burst, PipelineState state)
    {
        Topology topology = state.Topology;
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Status != LaneStatus.Live || lane.Is(Shape.Arp)) continue;
            if (lane.Exit is Exit.Bridge or Exit.Tunnel) continue;

            DropReason reason = Decide(ref lane, topology);
            if (reason == DropReason.None && lane.Exit > Exit.LocalInput | lane.Exit == Exit.Pod) reason = Forward(burst, ref lane, state);
            if (reason != DropReason.None) Refuse(burst, ref lane, reason, state);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static DropReason Decide(ref Lane lane, Topology topology)
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
                bool exists = topology.ForwardUnlisted || topology.SeenUnlisted.Contains(lane.Key.Destination, lane.Key.Family);
                return exists ? DecideLocal(ref lane, topology) : DropReason.HostUnreachable;
            case PlaceKind.Node:
                return DecideNode(ref lane, topology, in topology.NodeAddresses[to.Index]);
            case PlaceKind.Group or PlaceKind.Martian:
                return DropReason.NotForwardable;
            default:
                return topology.Egress is not null ? EgressWay.Decide(ref lane, topology) : LeaveOutside(ref lane, topology);
        }

        return DecideRemote(ref lane, topology, owner);
    }

    private static DropReason DecideLocal(ref Lane lane, Topology topology)
    {
        // A translated packet between pods of one bridge stays on it: br_netfilter translates there.
        bool onBridge = !topology.Routed && lane.Entry == Entry.PodVeth && lane.Connection != 0
            && lane.Source.Kind is PlaceKind.Pod or PlaceKind.Unlisted && lane.LinkSize != 0 && lane.Destination.Kind == PlaceKind.Pod
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

        if (address.Device != NodeDevice.Underlay || lane.Frontend != 0) return DecideRemote(ref lane, topology, address.Node);

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
        if (isByTunnel || (topology.Egress is not null && EgressWay.IsReturning(in lane, topology))) return EnterTunnel(ref lane, topology, (ushort)owner);

        lane.Exit = Exit.Direct;
        return DropReason.None;
    }

    /// <summary>By the tunnel to another node, where both have their end of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static DropReason EnterTunnel(ref Lane lane, Topology topology, ushort node)
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
    internal static DropReason LeaveOutside(ref Lane lane, Topology topology)
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static DropReason Forward(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        Topology topology = state.Topology;
        int hops = topology.HopsOf(in lane);
        if (hops != 0 && PacketEdit.Ttl(in lane) <= hops) return DropReason.TtlExceeded;
        bool isTooLarge = lane.NetworkLength > Mtu(in lane, topology) && !Oversize.IsKept(ref lane, state);
        if (isTooLarge && !Oversize.CanTakeApart(in lane, topology)) return DropReason.MtuExceeded;
        if (lane.Is(Shape.IpOptions) && hops != 0) RecordOptions(ref lane, topology);
        if (isTooLarge) return Oversize.TakeApart(burst, ref lane, state);

        if (hops != 0) PacketEdit.ChangeTtl(ref lane, -hops);
        if (lane.Exit == Exit.Pod && lane.Entry == Entry.PodVeth) Answers.Redirect(burst, ref lane, state);
        return DropReason.None;
    }

    /// <summary>
    /// Whether the first packet of a connection will be refused for its size: such a connection never comes to be, and the
    /// packet goes to its refusal untranslated, as it must be quoted.
    /// </summary>
    internal static bool IsTooLarge(ref Lane lane, in Connection connection, Topology topology)
    {
        ref NodeEntry node = ref topology.Nodes[lane.Node];
        int smallest = Math.Min(lane.Is(Shape.V6) ? node.TunnelMtuV6 : node.TunnelMtu, Math.Min(node.PodMtu, node.UnderlayMtu));
        if (lane.NetworkLength <= smallest || Oversize.MayFragment(in lane) || Oversize.IsSuperFrame(in lane, topology)) return false;
        if (lane.Entry != Entry.LocalOutput && PacketEdit.Ttl(in lane) <= 1) return false;

        Place destination = lane.Destination;
        lane.Destination = connection.Forward;
        lane.Owner = connection.ForwardNode;
        bool isTooLarge = lane.Exit != Exit.Bridge && Decide(ref lane, topology) == DropReason.None
            && lane.NetworkLength > Mtu(in lane, topology);
        if (lane.Exit != Exit.Bridge) lane.Exit = Exit.None;      // it was a question; the decision is the stage's
        if (isTooLarge) return true;

        lane.Destination = destination;
        lane.Owner = Lane.UnknownNode;
        return false;
    }

    /// <summary>The MTU of the device that the packet leaves by.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Mtu(in Lane lane, Topology topology)
    {
        ref NodeEntry node = ref topology.Nodes[lane.Node];
        int mtu = lane.Exit switch
        {
            Exit.Tunnel => lane.Is(Shape.V6) ? node.TunnelMtuV6 : node.TunnelMtu,
            Exit.Pod => node.PodMtu,
            _ => node.UnderlayMtu,
        };
        return DirectReturnWay.IsLeaving(in lane) ? DirectReturnWay.Mtu(in lane, topology, mtu) : mtu;
    }

    // The address is that of the device that the packet leaves by (net/ipv4/ip_options.c, ip_forward_options).
    private static void RecordOptions(ref Lane lane, Topology topology)
    {
        ref NodeEntry node = ref topology.Nodes[lane.Node];
        uint address = lane.Exit switch
        {
            Exit.Tunnel => node.TunnelV4,
            Exit.Pod => node.BridgeV4,
            _ => topology.Peers[lane.Node].UnderlayV4,
        };
        int size = (*lane.Network & 0x0F) * sizeof(uint);
        if (Wire.Answers.RecordRoute.Apply(new Span<byte>(lane.Network, size), address))
        {
            lane.Sum = InternetChecksum.Sum(new ReadOnlySpan<byte>(lane.Network, Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize)));
        }
    }

    private static void Refuse(PacketBurst burst, ref Lane lane, DropReason reason, PipelineState state)
    {
        if (reason == DropReason.MtuExceeded && DirectReturnWay.IsLeaving(in lane))
        {
            DirectReturnWay.Refuse(burst, ref lane, state);
            burst.Drop(ref lane, reason, Stage.Route);
            return;
        }

        bool isByRoute = reason == DropReason.HostUnreachable && lane.Exit == Exit.Direct;
        if (reason == DropReason.HostUnreachable && !isByRoute && lane.Entry != Entry.LocalOutput)
        {
            // the neighbour is asked for behind ip_forward: the quoted packet has lost its TTL already
            if (PacketEdit.Ttl(in lane) <= 1)
            {
                reason = DropReason.TtlExceeded;
            }
            else
            {
                PacketEdit.ChangeTtl(ref lane, -1);
                lane.Exit = Exit.Pod;
                if (lane.Is(Shape.IpOptions)) RecordOptions(ref lane, state.Topology);
            }
        }

        if (lane.Is(Shape.NewConnection)) ForgetUnconfirmed(ref lane, state);
        if (isByRoute) AnswerByRoute(burst, ref lane, state);
        else Answers.Refuse(burst, ref lane, reason, state);
        burst.Drop(ref lane, reason, Stage.Route);
    }

    // In front of ip_forward, the TTL as it came (net/ipv4/route.c, ip_error); IPv6 says that there is no route.
    private static void AnswerByRoute(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        bool v6 = lane.Is(Shape.V6);
        if (state.Topology.WayTo(lane.Node, lane.NextNode, v6) == NodeWay.Blackhole) return;

        Answers.Refuse(burst, ref lane, v6 ? DropReason.NoRoute : DropReason.HostUnreachable, state);
    }

    private static void ForgetUnconfirmed(ref Lane lane, PipelineState state)
    {
        ref Connection connection = ref state.Connections[lane.Connection >> 1];
        Answers.RestoreDestination(ref lane, in connection, state.Topology.Names);
        state.Connections.Forget(lane.Connection >> 1);
        lane.Connection = 0;
    }
}
