using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Begins connections: asks the engine for a backend where the destination is a Service, decides whether the node
/// masquerades, and enters both tuples.
/// </summary>
public static unsafe class SelectStage
{
    internal const Shape NotTracked = Shape.IcmpError | Shape.LaterFragment | Shape.NeighbourDiscovery | Shape.Arp;

    public static void Run<TEngine>(PacketBurst burst, PipelineState state, in TEngine engine)
        where TEngine : struct, IServiceEngine
    {
        if (TEngine.FollowsConnections) FollowedConnections.Tell(burst, state, in engine);
        if (!burst.HasStrangers) return;

        burst.HasSourceWork = true;
        ServiceLookAhead.Run(burst, state, in engine);
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Connection != 0 || lane.Status != LaneStatus.Live) continue;
            if (lane.Is(NotTracked))
            {
                Related.Follow(burst, ref lane, state);
                continue;
            }

            Begin(burst, ref lane, state, in engine);
            if (lane.Is(Shape.Fragment) && lane.Connection != 0) state.Fragments.Remember(in lane);
        }
    }

    private static void Begin<TEngine>(PacketBurst burst, ref Lane lane, PipelineState state, in TEngine engine)
        where TEngine : struct, IServiceEngine
    {
        if (!lane.Is(Shape.Invalid) && NewConnections.TryJoin(ref lane, state)) return;
        if (state.Topology.DirectReturn is not null && DirectReturnWay.TryBegin(burst, ref lane, state)) return;
        if (Reorigination.TryToChosenBackend(burst, ref lane, state))
        {
            if (lane.Status == LaneStatus.Live) NewConnections.TryJoin(ref lane, state);
            if (lane.Connection != 0 || lane.Status != LaneStatus.Live) return;
        }

        if (!lane.Is(Shape.Invalid) && !MayBegin(in lane, state)) lane.Shape |= Shape.Invalid;
        if (lane.Is(Shape.Invalid))
        {
            // conntrack lets it pass untranslated; a cluster IP alone leads nowhere
            if (lane.Destination.Kind == PlaceKind.Service && lane.Destination.Index == 0)
                burst.Drop(ref lane, DropReason.InvalidState, Stage.Track);
            return;
        }

        ServiceVerdict verdict = default;
        var query = new ServiceQuery(in lane.Key)
        {
            Entry = lane.Entry,
            TcpFlags = lane.TcpFlags,
            Length = lane.NetworkLength,
            Source = lane.Source,
            Destination = lane.Destination,
        };
        var service = new ServiceState(lane.Timestamp, state.Affinity);
        bool isAsked = engine.TranslatesAnything || MayBeFrontend(in lane, state.Topology);
        if (isAsked)
        {
            verdict = engine.Lookup(in query, in service, ref state.Draw);
            if (verdict.Outcome is ServiceOutcome.NoBackend or ServiceOutcome.Denied)
            {
                ServiceRefusal.Apply(burst, ref lane, in verdict, state);
                return;
            }

            Override(in lane.Key, ref verdict, state.Options.Choice);
            if (verdict.AffinityTimeout > 0)
            {
                state.Affinity.Remember(
                    in lane.Key, verdict.Service, verdict.Backend, lane.Timestamp, verdict.AffinityTimeout);
            }
        }

        NewConnections.Enter(burst, ref lane, in lane.Key, in verdict, state);
        if (isAsked && lane.Connection != 0) engine.Commit(in query, in verdict, in service);
    }

    private static bool MayBeFrontend(in Lane lane, Topology topology) => lane.Destination.Kind == PlaceKind.Service
        || (lane.Destination.Kind == PlaceKind.Node
            && topology.NodeAddresses[lane.Destination.Index].Node == lane.Node);

    private static bool MayBegin(in Lane lane, PipelineState state) => lane.Key.Protocol switch
    {
        IpProtocol.Tcp => state.Options.CiliumStates || TcpStates.NewState(lane.TcpFlags).Outcome == TcpOutcome.Advance,
        IpProtocol.Icmp => lane.Transport != null && NetworkParser.MayBegin(*lane.Transport),
        IpProtocol.Icmpv6 => lane.Transport != null && *lane.Transport == Icmpv6Type.EchoRequest,
        _ => true,
    };

    private static void Override(in FlowKey key, ref ServiceVerdict verdict, IBackendChoice? choice)
    {
        if (choice is null || verdict.Outcome != ServiceOutcome.Backend) return;
        if (!choice.TryChoose(in key, out uint address, out ushort port)) return;

        verdict.BackendAddress = address;
        verdict.BackendPort = port;
    }
}
