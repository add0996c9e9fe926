using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>
/// Tells what of the user's own files decided a packet's way: the line of a real node's route (<c>--routes</c>), or of
/// the object that gives a pod an address to leave the cluster with.
/// </summary>
public sealed class WayTeller
{
    private readonly NetworkModel _model;
    private readonly Topology _topology;
    private readonly NodeRoutes? _routes;

    internal WayTeller(NetworkModel model, Topology topology, NodeRoutes? routes)
    {
        _model = model;
        _topology = topology;
        _routes = routes;
    }

    /// <summary>Why the packet goes this way; null where the CNI's own routing says it.</summary>
    /// <param name="lane">The packet behind its routing decision, or as it was dropped there.</param>
    public WayReason? ReasonOf(in Lane lane)
    {
        if (RouteOf(in lane) is { } route)
        {
            string via =
                route.Kind == RouteKind.Unicast ? "by" : $"by the {route.Kind.ToString().ToLowerInvariant()} route";
            return new WayReason($"{via} {route.Destination} ({route.Source})", route.Source);
        }

        return AssignmentOf(in lane) is { } assignment
            ? new WayReason($"as {assignment.Owner} has it ({assignment.Source})", assignment.Source)
            : null;
    }

    /// <summary>One sentence for a packet that was dropped; null where the drop's own sentence says all.</summary>
    public WayReason? RefusalOf(DropReason drop, Stage stage, in Lane lane)
    {
        if (stage != Stage.Route) return null;
        if (drop == DropReason.NoEgressGateway && AssignmentOf(in lane) is { } policy)
            return new WayReason(
                $"{policy.Owner} ({policy.Source}) has it leave by a gateway, and no node matches its nodeSelector",
                policy.Source);
        if (drop == DropReason.NoEgressAddress && AssignmentOf(in lane) is { } assignment)
            return new WayReason(
                $"{assignment.Owner} ({assignment.Source}) gives the pod egress addresses, and no node holds one",
                assignment.Source);

        bool isByRoute = drop is DropReason.HostUnreachable or DropReason.NoRoute && RouteOf(in lane) is not null;
        return isByRoute && ReasonOf(in lane) is { } reason
            ? reason with { Text = $"{_model.Nodes[lane.Node].Name} refuses it {reason.Text}" }
            : null;
    }

    private RouteEntry? RouteOf(in Lane lane)
    {
        if (_routes is null) return null;

        int owner = lane.Destination.Kind switch
        {
            PlaceKind.Pod => _topology.Endpoints[lane.Destination.Index].Node,
            PlaceKind.Unlisted => lane.Destination.Index,
            _ => lane.Node,
        };
        return owner == lane.Node ? null : _routes.RouteOf(lane.Node, owner, lane.Is(Shape.V6) ? 6 : 4);
    }

    private EgressAssignment? AssignmentOf(in Lane lane)
    {
        bool isLeaving = lane.Destination.Kind == PlaceKind.Outside && lane.Source.Kind == PlaceKind.Pod
            && !lane.IsReply
            && lane.Entry is Entry.PodVeth or Entry.Tunnel;
        int group = isLeaving ? _topology.Endpoints[lane.Source.Index].Egress : 0;
        if (group != 0) group = _topology.Egress!.GroupFor(group, in lane.Key);
        return group == 0 ? null : _model.EgressAddresses[group - 1];
    }
}

/// <summary>In words, and where that stands.</summary>
public sealed record WayReason(string Text, SourceLine Source);
