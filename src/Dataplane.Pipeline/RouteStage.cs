using System.Runtime.CompilerServices;
using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>
/// The node's routing decision: where the packet leaves, one TTL less, and whether it fits (net/ipv4/ip_forward.c).
/// What cannot go on is answered as the kernel would.
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

            DropReason reason = RoutingDecision.Decide(ref lane, topology);
            if (reason == DropReason.None && lane.Exit > Exit.LocalInput | lane.Exit == Exit.Pod)
                reason = Forward(burst, ref lane, state);
            if (reason != DropReason.None) RouteRefusal.Apply(burst, ref lane, reason, state);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static DropReason Forward(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        Topology topology = state.Topology;
        int hops = topology.HopsOf(in lane);
        if (hops != 0 && PacketEdit.Ttl(in lane) <= hops) return DropReason.TtlExceeded;
        bool isTooLarge = lane.NetworkLength > Oversize.Mtu(in lane, topology) && !Oversize.IsKept(ref lane, state);
        if (isTooLarge && !Oversize.CanTakeApart(in lane, topology)) return DropReason.MtuExceeded;
        if (lane.Is(Shape.IpOptions) && hops != 0) ForwardedOptions.Record(ref lane, topology);
        if (isTooLarge) return Oversize.TakeApart(burst, ref lane, state);

        if (hops != 0) PacketEdit.ChangeTtl(ref lane, -hops);
        if (lane.Exit == Exit.Pod && lane.Entry == Entry.PodVeth) Answers.Redirect(burst, ref lane, state);
        return DropReason.None;
    }
}
