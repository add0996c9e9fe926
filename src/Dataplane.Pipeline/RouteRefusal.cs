using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>
/// What the kernel does with packets that cannot go on: which answer, with which TTL, and no connection of theirs.
/// </summary>
internal static class RouteRefusal
{
    public static void Apply(PacketBurst burst, ref Lane lane, DropReason reason, PipelineState state)
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
                if (lane.Is(Shape.IpOptions)) ForwardedOptions.Record(ref lane, state.Topology);
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
