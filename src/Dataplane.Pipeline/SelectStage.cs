using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Begins connections: asks the engine for a backend where the destination is a Service, decides whether the node
/// masquerades, and enters both tuples.
/// </summary>
public static unsafe class SelectStage
{
    private const Shape NotTracked = Shape.IcmpError | Shape.LaterFragment | Shape.NeighbourDiscovery | Shape.Arp;

    public static void Run<TEngine>(PacketBurst burst, PipelineState state, in TEngine engine)
        where TEngine : struct, IServiceEngine
    {
        if (TEngine.FollowsConnections) Follow(burst, state, in engine);
        if (!burst.HasStrangers) return;

        burst.HasSourceWork = true;
        LookAhead(burst, state, in engine);
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

    private static void Follow<TEngine>(PacketBurst burst, PipelineState state, in TEngine engine)
        where TEngine : struct, IServiceEngine
    {
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Connection == 0 || lane.Status != LaneStatus.Live || lane.Is(NotTracked)) continue;

            ref Connection connection = ref state.Connections[lane.Connection >> 1];
            if (connection.Service == 0) continue;

            var query = new ServiceQuery(in connection.Original) { Entry = lane.Entry, TcpFlags = lane.TcpFlags, Length = lane.NetworkLength };
            engine.Follow(in query, lane.IsReply, new ServiceState(lane.Timestamp, state.Affinity));
        }
    }

    // A first packet's look-ups are a chain of cache misses, one behind the other: each loop takes the burst one link on.
    private static void LookAhead<TEngine>(PacketBurst burst, PipelineState state, in TEngine engine)
        where TEngine : struct, IServiceEngine
    {
        Topology topology = state.Topology;
        Lane* lanes = burst.Lanes;
        int count = Math.Min(burst.Count, PacketBurst.MaxRecords);
        uint* foreseen = stackalloc uint[PacketBurst.MaxRecords];
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Connection != 0) continue;
            if (lane.Destination.Kind == PlaceKind.Service) engine.Prefetch(in lane.Key);
            if (lane.Source.Kind == PlaceKind.Unlisted) topology.SeenUnlisted.Prefetch(lane.Key.Source, lane.Key.Family);
        }

        Draw draw = state.Draw;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            bool isAsked = lane.Connection == 0 && lane.Destination.Kind == PlaceKind.Service && !lane.Is(Shape.V6);
            foreseen[index] = isAsked ? engine.Foresee(in lane.Key, new ServiceState(lane.Timestamp, state.Affinity), ref draw) : 0;
        }

        for (int index = 0; index < count; index++)
        {
            if (foreseen[index] == 0) continue;
            foreseen[index] = engine.AddressOf(foreseen[index]);
            topology.Map.PrefetchV4(foreseen[index]);
        }

        for (int index = 0; index < count; index++)
        {
            if (foreseen[index] != 0) topology.PrefetchEndpoint(foreseen[index]);
        }
    }

    /// <summary>Makes the connection that a reply belongs to, whose beginning nobody saw; gives its reference, or 0.</summary>
    internal static uint Guess<TEngine>(ref Lane lane, in FlowKey original, PipelineState state, in TEngine engine)
        where TEngine : struct, IServiceEngine
    {
        var service = new ServiceState(lane.Timestamp, state.Affinity);
        var query = new ServiceQuery(in original) { Source = lane.Destination, Destination = lane.Source, Length = lane.NetworkLength };
        ServiceVerdict verdict = engine.Lookup(in query, in service, ref state.Draw);
        if (verdict.Outcome != ServiceOutcome.Backend) return 0;

        Connection connection = Translate(in original, in verdict, state);
        connection.Created = lane.Timestamp;
        connection.State = original.Protocol == IpProtocol.Tcp ? TcpState.Established : TcpState.None;
        connection.Flags |= ConnectionFlags.Confirmed | ConnectionFlags.SeenReply;
        connection.Expires = lane.Timestamp
            + state.Options.Timeouts.NanosecondsFor(original.Protocol, connection.State, seenReply: true, assured: false);
        return state.Connections.TryAdd(in connection, lane.Timestamp, out uint entry) ? entry << 1 : 0;
    }

    private static void Begin<TEngine>(PacketBurst burst, ref Lane lane, PipelineState state, in TEngine engine)
        where TEngine : struct, IServiceEngine
    {
        if (!lane.Is(Shape.Invalid) && TryJoin(ref lane, state)) return;
        if (state.Topology.DirectReturn is not null && TryReturnDirectly(burst, ref lane, state)) return;
        if (Reorigination.TryToChosenBackend(burst, ref lane, state))
        {
            if (lane.Status == LaneStatus.Live) TryJoin(ref lane, state);
            if (lane.Connection != 0 || lane.Status != LaneStatus.Live) return;
        }

        if (!lane.Is(Shape.Invalid) && !MayBegin(in lane, state)) lane.Shape |= Shape.Invalid;
        if (lane.Is(Shape.Invalid))
        {
            // conntrack lets it pass untranslated; a cluster IP alone leads nowhere
            if (lane.Destination.Kind == PlaceKind.Service && lane.Destination.Index == 0) burst.Drop(ref lane, DropReason.InvalidState, Stage.Track);
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
                Refuse(burst, ref lane, in verdict, state);
                return;
            }

            Override(in lane.Key, ref verdict, state.Options.Choice);
            if (verdict.AffinityTimeout > 0)
            {
                state.Affinity.Remember(in lane.Key, verdict.Service, verdict.Backend, lane.Timestamp, verdict.AffinityTimeout);
            }
        }

        Enter(burst, ref lane, in lane.Key, in verdict, state);
        if (isAsked && lane.Connection != 0) engine.Commit(in query, in verdict, in service);
    }

    private static bool MayBeFrontend(in Lane lane, Topology topology) => lane.Destination.Kind == PlaceKind.Service
        || (lane.Destination.Kind == PlaceKind.Node && topology.NodeAddresses[lane.Destination.Index].Node == lane.Node);

    // kube-proxy rejects in the filter table, behind the routing decision: the packet has lost its TTL there.
    private static void Refuse(PacketBurst burst, ref Lane lane, in ServiceVerdict verdict, PipelineState state)
    {
        DropReason reason = verdict.Drop == DropReason.None ? DropReason.NoBackend : verdict.Drop;
        if (verdict.Outcome == ServiceOutcome.NoBackend)
        {
            bool isForwarded = lane.Destination.Kind != PlaceKind.Node && lane.Entry != Entry.LocalOutput;
            if (isForwarded && PacketEdit.Ttl(in lane) <= 1)
            {
                Answers.Refuse(burst, ref lane, DropReason.TtlExceeded, state);
                burst.Drop(ref lane, DropReason.TtlExceeded, Stage.Route);
                return;
            }

            if (isForwarded) PacketEdit.ChangeTtl(ref lane, -1);
            Answers.Refuse(burst, ref lane, reason, state);
        }

        burst.Drop(ref lane, reason, Stage.Select);
    }

    // An earlier packet of the burst may have begun the connection since the look-up.
    private static bool TryJoin(ref Lane lane, PipelineState state)
    {
        lane.Connection = state.Connections.Find(in lane.Key, lane.Hash);
        if (lane.Connection == 0) return false;

        TrackStage.Update(ref lane, ref state.Connections[lane.Connection >> 1], state);
        return lane.Connection != 0;
    }

    // As if the client had asked this node: replies leave with the frontend that another node told.
    private static bool TryReturnDirectly(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        if (!DirectReturnWay.MayArrive(in lane, state.Topology)) return false;

        bool isTold = DirectReturnWay.TryRead(ref lane, state.Topology);
        bool isKnown = DirectReturnWay.TryJoin(ref lane, isTold, state);
        if (isTold && !isKnown)
        {
            FlowKey asked = lane.Key;
            asked.Destination = lane.Frontend;
            asked.DestinationPort = lane.FrontendPort;
            var verdict = new ServiceVerdict
            {
                Outcome = ServiceOutcome.Backend,
                BackendAddress = lane.Key.Destination,
                BackendPort = lane.Key.DestinationPort,
                ReturnsDirectly = true,
            };
            Enter(burst, ref lane, in asked, in verdict, state);
        }

        lane.Frontend = 0;
        lane.Shape &= ~Shape.TellsFrontend;
        return isTold || isKnown;
    }

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

    private static void Enter(PacketBurst burst, ref Lane lane, in FlowKey original, in ServiceVerdict verdict, PipelineState state)
    {
        if (lane.Source.Kind == PlaceKind.Unlisted) state.Topology.SeenUnlisted.Add(lane.Key.Source, lane.Key.Family);
        Connection connection = Translate(in original, in verdict, state);
        if (RouteStage.IsTooLarge(ref lane, in connection, state.Topology)) return;
        if (!Masquerade.TryApply(in lane, ref connection, in verdict, state))
        {
            burst.Drop(ref lane, DropReason.NoPort, Stage.TranslateSource);
            return;
        }

        connection.Created = lane.Timestamp;
        if (lane.Key.Protocol == IpProtocol.Tcp) connection.State = TcpStates.NewState(lane.TcpFlags).State;
        if (connection.State == TcpState.None && lane.Key.Protocol == IpProtocol.Tcp) connection.State = TcpState.Established;
        connection.Expires = lane.Timestamp
            + state.Options.Timeouts.NanosecondsFor(lane.Key.Protocol, connection.State, seenReply: false, assured: false);
        if (!state.Connections.TryAdd(in connection, lane.Timestamp, out uint entry))
        {
            burst.Drop(ref lane, DropReason.TableFull, Stage.Track);
            return;
        }

        lane.Connection = entry << 1;
        lane.Shape |= Shape.NewConnection;
    }

    private static Connection Translate(in FlowKey key, in ServiceVerdict verdict, PipelineState state)
    {
        var connection = new Connection { Original = key, Reply = key.Reversed() };
        if (verdict.Outcome == ServiceOutcome.Backend)
        {
            connection.Reply.Source = verdict.BackendAddress;
            connection.Reply.SourcePort = verdict.BackendPort;
            connection.Service = verdict.Service;
            connection.Flags |= ConnectionFlags.DestinationTranslated;
        }

        Topology topology = state.Topology;
        uint destination = connection.Reply.Source;
        connection.Forward = topology.PlaceOf(destination, key.Family == 6);
        connection.ForwardNode = connection.Forward.Kind == PlaceKind.Pod
            ? topology.Endpoints[connection.Forward.Index].Node
            : Lane.UnknownNode;
        return connection;
    }
}
