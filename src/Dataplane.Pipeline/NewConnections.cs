using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Makes connections: both tuples, from what the engine chose and what the node masquerades
/// (net/netfilter/nf_nat_core.c).
/// </summary>
internal static class NewConnections
{
    public static void Enter(
        PacketBurst burst, ref Lane lane, in FlowKey original, in ServiceVerdict verdict, PipelineState state)
    {
        if (lane.Source.Kind == PlaceKind.Unlisted) state.Topology.SeenUnlisted.Add(lane.Key.Source, lane.Key.Family);
        Connection connection = Translate(in original, in verdict, state);
        if (Oversize.IsRefused(ref lane, in connection, state.Topology)) return;
        if (!Masquerade.TryApply(in lane, ref connection, in verdict, state))
        {
            burst.Drop(ref lane, DropReason.NoPort, Stage.TranslateSource);
            return;
        }

        connection.Created = lane.Timestamp;
        if (lane.Key.Protocol == IpProtocol.Tcp) connection.State = TcpStates.NewState(lane.TcpFlags).State;
        if (connection.State == TcpState.None && lane.Key.Protocol == IpProtocol.Tcp)
            connection.State = TcpState.Established;
        connection.Expires = lane.Timestamp
            + state.Options.Timeouts.NanosecondsFor(
                lane.Key.Protocol, connection.State, seenReply: false, assured: false);
        if (!state.Connections.TryAdd(in connection, lane.Timestamp, out uint entry))
        {
            burst.Drop(ref lane, DropReason.TableFull, Stage.Track);
            return;
        }

        lane.Connection = entry << 1;
        lane.Shape |= Shape.NewConnection;
    }

    /// <summary>An earlier packet of the burst may have begun the connection since the look-up.</summary>
    public static bool TryJoin(ref Lane lane, PipelineState state)
    {
        lane.Connection = state.Connections.Find(in lane.Key, lane.Hash);
        if (lane.Connection == 0) return false;

        TrackStage.Update(ref lane, ref state.Connections[lane.Connection >> 1], state);
        return lane.Connection != 0;
    }

    /// <summary>
    /// Makes the connection that a reply belongs to, whose beginning nobody saw; gives its reference, or 0.
    /// </summary>
    public static uint Guess<TEngine>(ref Lane lane, in FlowKey original, PipelineState state, in TEngine engine)
        where TEngine : struct, IServiceEngine
    {
        var service = new ServiceState(lane.Timestamp, state.Affinity);
        var query = new ServiceQuery(in original)
        {
            Source = lane.Destination,
            Destination = lane.Source,
            Length = lane.NetworkLength,
        };
        ServiceVerdict verdict = engine.Lookup(in query, in service, ref state.Draw);
        if (verdict.Outcome != ServiceOutcome.Backend) return 0;

        Connection connection = Translate(in original, in verdict, state);
        connection.Created = lane.Timestamp;
        connection.State = original.Protocol == IpProtocol.Tcp ? TcpState.Established : TcpState.None;
        connection.Flags |= ConnectionFlags.Confirmed | ConnectionFlags.SeenReply;
        connection.Expires = lane.Timestamp
            + state.Options.Timeouts.NanosecondsFor(
                original.Protocol, connection.State, seenReply: true, assured: false);
        return state.Connections.TryAdd(in connection, lane.Timestamp, out uint entry) ? entry << 1 : 0;
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
