using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// What the MACs of a frame at a pod's veth tell: whom it is for, whether it has already been delivered, and which MAC
/// the pod has.
/// </summary>
internal static unsafe class VethFrames
{
    public static void Check(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        Topology topology = state.Topology;
        bool isLocal = lane.Destination.Kind is PlaceKind.Pod or PlaceKind.Unlisted
            && AdmitStage.NodeOf(lane.Destination, topology) == lane.Node;
        if (isLocal && !topology.Routed) lane.Exit = Exit.Bridge;
        if (lane.LinkSize == 0) return;

        ulong to = Link.ReadMac(lane.Frame);
        if ((to & 1) != 0)
        {
            if (lane.Destination.Kind != PlaceKind.Group) burst.Drop(ref lane, DropReason.WrongMac, Stage.Admit);
            return;
        }

        bool isStretched = topology.Tunnel is { Parameters.Filling: TunnelFilling.PodNetwork };
        if (lane.Destination.Kind == PlaceKind.Pod && (!isLocal || topology.Routed) && !isStretched
            && topology.Endpoints[lane.Destination.Index].Mac == to)
        {
            Reorigination.Rewind(burst, ref lane, topology);
            Reorigination.Untranslate(ref lane, state);
            return;
        }

        ref NodeEntry node = ref topology.Nodes[lane.Node];
        if (node.BridgeMacKnown) CheckBridge(burst, ref lane, topology, to, isLocal);
        if (lane.Source.Kind == PlaceKind.Pod)
            Learn(in lane, ref topology.Endpoints[lane.Source.Index], to, topology.Routed);
    }

    private static void CheckBridge(PacketBurst burst, ref Lane lane, Topology topology, ulong to, bool isLocal)
    {
        if (to == topology.Nodes[lane.Node].BridgeMac)
        {
            lane.Exit = Exit.None;
            return;
        }

        bool isPods = isLocal && lane.Destination.Kind == PlaceKind.Pod
            && topology.Endpoints[lane.Destination.Index].Mac == to;
        if (!isPods) burst.Drop(ref lane, DropReason.WrongMac, Stage.Admit);
    }

    // Only a packet that no router has touched carries its pod's MAC: its TTL is one that systems begin with.
    private static void Learn(in Lane lane, ref EndpointEntry endpoint, ulong to, bool routed)
    {
        if (endpoint.MacKnown && (endpoint.VethMacKnown || !routed)) return;

        bool isUntouched = PacketEdit.Ttl(in lane) is 64 or 128 or 255;
        if (!isUntouched) return;

        if (!endpoint.MacKnown) endpoint.Mac = Link.ReadMac(lane.Frame + MacAddress.Size);
        endpoint.MacKnown = true;
        if (!routed || endpoint.VethMacKnown) return;

        endpoint.VethMac = to;
        endpoint.VethMacKnown = true;
    }
}
