using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Finds each packet's connection on its node: one pass that sends for the entries, one that compares and moves their
/// state. Packets without one are the next stage's, and those that follow another packet's: fragments and ICMP errors.
/// </summary>
public static unsafe class TrackStage
{
    private const byte StateChangingFlags = TcpStates.Syn | TcpStates.Fin | TcpStates.Rst;
    private const Shape NotTracked = Shape.IcmpError | Shape.Fragment | Shape.Invalid | Shape.NeighbourDiscovery
        | Shape.Arp;

    public static void Run(PacketBurst burst, PipelineState state)
    {
        ConnectionTable connections = state.Connections;
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Status == LaneStatus.Live) lane.Connection = connections.FindCandidate(lane.Hash);
        }

        Connection* entries = connections.Entries;
        bool strangers = false;
        bool sourceWork = false;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Status != LaneStatus.Live) continue;

            sourceWork |= Match(ref lane, entries, state);
            strangers |= lane.Connection == 0;
        }

        burst.HasStrangers = strangers;
        burst.HasSourceWork = sourceWork;
    }

    /// <summary>Gives whether the packet's source may have to be translated.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Match(ref Lane lane, Connection* entries, PipelineState state)
    {
        if (lane.Is(NotTracked))
        {
            lane.Connection = 0;
            return false;
        }

        if (lane.Connection == 0) return false;
        if (!state.Connections.Matches(lane.Connection, in lane.Key))
            lane.Connection = state.Connections.Find(in lane.Key, lane.Hash);
        if (lane.Connection == 0) return false;

        ref Connection connection = ref entries[lane.Connection >> 1];
        bool sourceWork = lane.IsReply | (connection.Flags & ConnectionFlags.SourceTranslated) != 0;
        lane.FlowPort = (ushort)(connection.FlowPort & (int)((lane.Connection & 1) - 1));      // not a reply's
        Update(ref lane, ref connection, state);
        return sourceWork;
    }

    /// <summary>Moves the state of the connection that was found; a packet that does not fit loses it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Update(ref Lane lane, ref Connection connection, PipelineState state)
    {
        if (!TryProlong(in lane, ref connection, state)) UpdateSlowly(ref lane, ref connection, state);
    }

    /// <summary>
    /// All that is to be done for a packet that changes nothing of its connection but its time; false for others.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryProlong(in Lane lane, ref Connection connection, PipelineState state)
    {
        bool seenReply = (connection.Flags & ConnectionFlags.SeenReply) != 0;
        bool assured = (connection.Flags & ConnectionFlags.Assured) != 0;
        bool isSteadyTcp = (connection.State == TcpState.Established) & ((lane.TcpFlags & StateChangingFlags) == 0);
        bool isSteadyUdp = (lane.Key.Protocol == IpProtocol.Udp) & (!seenReply | assured);
        if (!(isSteadyTcp | isSteadyUdp) || !(seenReply | !lane.IsReply) || connection.Expires < lane.Timestamp)
            return false;

        connection.Expires = lane.Timestamp
            + state.Timeouts.NanosecondsFor(lane.Key.Protocol, connection.State, seenReply, assured: seenReply);
        return true;
    }

    private static void UpdateSlowly(ref Lane lane, ref Connection connection, PipelineState state)
    {
        if (connection.Expires < lane.Timestamp)
        {
            state.Connections.Remove(lane.Connection >> 1);
            lane.Connection = 0;
            return;
        }

        if (lane.Key.Protocol == IpProtocol.Tcp && !MoveTcp(ref lane, ref connection, state)) return;

        if (lane.IsReply) connection.Flags |= ConnectionFlags.SeenReply;
        bool seenReply = (connection.Flags & ConnectionFlags.SeenReply) != 0;
        if (lane.Key.Protocol != IpProtocol.Udp
            ? seenReply
            : ConnectionTimeouts.IsUdpStream(seenReply, lane.Timestamp - connection.Created))
        {
            connection.Flags |= ConnectionFlags.Assured;
        }

        bool assured = (connection.Flags & ConnectionFlags.Assured) != 0;
        connection.Expires = lane.Timestamp
            + state.Options.Timeouts.NanosecondsFor(lane.Key.Protocol, connection.State, seenReply, assured);
    }

    // False where the packet is not to change the connection any further.
    private static bool MoveTcp(ref Lane lane, ref Connection connection, PipelineState state)
    {
        TcpTransition transition = state.Options.CiliumStates
            ? TcpStates.NextInCilium(connection.State, lane.IsReply, lane.TcpFlags)
            : TcpStates.Next(connection.State, lane.IsReply, lane.TcpFlags);
        switch (transition.Outcome)
        {
            case TcpOutcome.Advance:
                connection.State = transition.State;
                return true;
            case TcpOutcome.Ignore:
                return false;
            case TcpOutcome.Reopen:
                state.Connections.Remove(lane.Connection >> 1);
                lane.Connection = 0;
                return false;
            default:
                bool hasReply = TryAssumeReply(in lane, ref connection, state.Topology);
                if (hasReply) return MoveTcp(ref lane, ref connection, state);
                lane.Connection = 0;
                lane.Shape |= Shape.Invalid;
                return false;
        }
    }

    // With one node of several emulated, what an endpoint elsewhere answered is not in the run; and answers to a
    // masqueraded connection carry the port that the capture's own cluster drew; by direct server return they pass this
    // node by. Who goes on has had an answer.
    private static bool TryAssumeReply(in Lane lane, ref Connection connection, Topology topology)
    {
        bool isOpening = connection.State == TcpState.SynSent && !lane.IsReply
            && (lane.TcpFlags & (TcpStates.Syn | TcpStates.Ack | TcpStates.Rst)) == TcpStates.Ack;
        bool isMasqueraded = (connection.Flags & ConnectionFlags.SourceTranslated) != 0;
        bool isPartial = !topology.ManyNodes && topology.Nodes.Length > 1 || topology.DirectReturn is not null;
        if (!isOpening || !(isPartial | isMasqueraded) || connection.ForwardNode == Lane.UnknownNode) return false;

        bool mayBeElsewhere = isMasqueraded || (connection.Flags & ConnectionFlags.DestinationTranslated) != 0
            || !topology.Peers[connection.ForwardNode].IsEmulated;
        if (!mayBeElsewhere) return false;

        connection.State = TcpState.SynReceived;
        connection.Flags |= ConnectionFlags.SeenReply;
        return true;
    }
}
