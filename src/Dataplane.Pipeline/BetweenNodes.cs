using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Knows packets that a capture shows between two nodes without a tunnel around them,
/// where the sender's is behind them.
/// </summary>
internal static unsafe class BetweenNodes
{
    /// <summary>
    /// Whether a pod's packet has been routed by its own node: a TTL that systems begin with has lost one,
    /// and the frame goes to the other node's interface or tunnel device; or to nobody that a pod would send
    /// to, where nodes route directly.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Shows(in Lane lane, Topology topology) =>
        MayShow(in lane) && IsOnItsWay(in lane, topology);

    /// <summary>Whether the TTL is one that systems begin with, less one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool MayShow(in Lane lane) => PacketEdit.Ttl(in lane) is 63 or 127 or 254;

    /// <summary>Whether a node that is not emulated sends to one that is, over the wire and in no tunnel.</summary>
    public static bool IsForEmulated(in Lane lane, Topology topology)
    {
        if (topology.ManyNodes || lane.Destination.Kind is not (PlaceKind.Pod or PlaceKind.Unlisted or PlaceKind.Node))
            return false;

        int from = AdmitStage.NodeOf(lane.Source, topology);
        int to = AdmitStage.NodeOf(lane.Destination, topology);
        if (topology.Peers[from].IsEmulated || !topology.Peers[to].IsEmulated) return false;

        bool isWired = lane.Destination.Kind == PlaceKind.Node
            && topology.NodeAddresses[lane.Destination.Index].Device == NodeDevice.Underlay;
        return isWired || !topology.UsesTunnel(from, to, lane.Is(Shape.V6));
    }

    private static bool IsOnItsWay(in Lane lane, Topology topology)
    {
        if (lane.Destination.Kind is not (PlaceKind.Pod or PlaceKind.Unlisted or PlaceKind.Node)) return false;

        int from = AdmitStage.NodeOf(lane.Source, topology);
        int to = AdmitStage.NodeOf(lane.Destination, topology);
        if (from == to) return false;

        bool v6 = lane.Is(Shape.V6);
        bool isDirect = !topology.UsesTunnel(from, to, v6);
        if (lane.LinkSize == 0) return isDirect;

        ulong mac = Link.ReadMac(lane.Frame);
        if (mac == topology.Peers[to].UnderlayMac) return true;
        if (topology.TunnelOf(v6) is { Parameters.Filling: TunnelFilling.Devices } tunnel
            && mac == tunnel.Peers[to].TunnelMac)
            return true;

        return isDirect && !IsForVeth(in lane, mac, topology, from);
    }

    // The gateway that the pod knows, or the pod that it was delivered to.
    private static bool IsForVeth(in Lane lane, ulong mac, Topology topology, int from)
    {
        ref NodeEntry node = ref topology.Nodes[from];
        if ((mac & 1) != 0 || mac == node.BridgeMac) return true;
        if (lane.Source.Kind == PlaceKind.Pod && IsPods(in lane, ref topology.Endpoints[lane.Source.Index], mac))
            return true;

        return lane.Destination.Kind == PlaceKind.Pod && topology.Endpoints[lane.Destination.Index].Mac == mac;
    }

    // The pod's own MAC in front says that no router has touched the frame.
    private static bool IsPods(in Lane lane, ref EndpointEntry pod, ulong mac)
    {
        bool isUntouched = pod.MacKnown && Link.ReadMac(lane.Frame + MacAddress.Size) == pod.Mac;
        return isUntouched || mac == pod.VethMac;
    }
}
