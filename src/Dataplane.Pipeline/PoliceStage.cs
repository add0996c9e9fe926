using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>
/// NetworkPolicies, behind the routing decision and in front of masquerading, where netfilter's FORWARD
/// is: what a pod of this node sends is judged for egress, what one receives for ingress. Replies and
/// errors pass with their connection.
/// </summary>
public static unsafe class PoliceStage
{
    public static void Run(PacketBurst burst, PipelineState state) => state.Police?.Run(burst, state);

    /// <summary>The same with one engine; see <see cref="Police{TPolicy}"/>.</summary>
    public static void Judge<TPolicy>(PacketBurst burst, PipelineState state, in TPolicy policy)
        where TPolicy : struct, IPolicyEngine
    {
        Connection* connections = state.Connections.Entries;
        ushort mark = state.PolicyMark;
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Status != LaneStatus.Live || lane.Connection == 0 || lane.IsReply || lane.Is(Shape.IcmpError))
                continue;

            ref Connection connection = ref connections[lane.Connection >> 1];
            // a connection that the burst's earlier packet began, and lost here: this one would have begun it again
            bool isNew = lane.Is(Shape.NewConnection) || connection.IsRemoved;
            if (!isNew && connection.Judged == mark) continue;
            if (!isNew && !TPolicy.JudgesEstablished && (connection.Flags & ConnectionFlags.SeenReply) != 0)
            {
                connection.Judged = mark;
                continue;
            }

            bool isToService = (connection.Flags & ConnectionFlags.DestinationTranslated) != 0;
            if (MayPass(burst, ref lane, in policy, isToService)) connection.Judged = mark;
            else if (isNew) Forget(ref lane, state.Connections);
        }
    }

    private static bool MayPass<TPolicy>(PacketBurst burst, ref Lane lane, in TPolicy policy, bool isToService)
        where TPolicy : struct, IPolicyEngine
    {
        if (lane.Entry == Entry.PodVeth && lane.Source.Kind == PlaceKind.Pod)
        {
            PolicyVerdict egress = policy.Judge(new PolicyQuery(in lane.Key)
            {
                Direction = PolicyDirection.Egress,
                Endpoint = lane.Source.Index,
                Peer = lane.Destination,
                IsToService = isToService,
            });
            if (!egress.IsAllowed) return Deny(burst, ref lane, egress.Rule, PolicyDirection.Egress, lane.Source.Index);
        }

        bool isDelivered = lane.Exit is Exit.Pod or Exit.Bridge && lane.Destination.Kind == PlaceKind.Pod;
        if (!isDelivered) return true;

        PolicyVerdict ingress = policy.Judge(new PolicyQuery(in lane.Key)
        {
            Direction = PolicyDirection.Ingress,
            Endpoint = lane.Destination.Index,
            Peer = lane.Source,
            IsToService = isToService,
        });
        return ingress.IsAllowed
            || Deny(burst, ref lane, ingress.Rule, PolicyDirection.Ingress, lane.Destination.Index);
    }

    private static bool Deny(PacketBurst burst, ref Lane lane, int rule, PolicyDirection direction, int endpoint)
    {
        DropReason reason = rule switch
        {
            >= 0 => DropReason.DeniedByRule,
            PolicyVerdict.OtherNetwork => DropReason.OtherNetwork,
            _ => DropReason.PolicyDenied,
        };
        burst.Drop(ref lane, reason, Stage.Police);
        if (lane.Role == LaneRole.Answer) return false;

        ref RecordState record = ref burst.Records[lane.Record];
        record.Rule = rule;
        record.Direction = direction;
        record.Judged = endpoint;
        return false;
    }

    private static void Forget(ref Lane lane, ConnectionTable connections)
    {
        connections.Forget(lane.Connection >> 1);
        lane.Connection = 0;
        lane.Shape &= ~Shape.NewConnection;
    }
}
