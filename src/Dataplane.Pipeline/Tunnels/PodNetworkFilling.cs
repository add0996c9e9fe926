using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline.Tunnels;

/// <summary>
/// OpenShift SDN: one layer 2 over all nodes, from the sending pod's MAC to the receiving pod's, with the sender's
/// NetID (pkg/network/node/ovscontroller.go, tables 60 and 90).
/// </summary>
internal readonly unsafe struct PodNetworkFilling : ITunnelFilling
{
    public static int Size => UdpHeader.Size + VxlanHeader.Size + EthernetHeader.Size;

    public static bool KeepsFrame => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Fill(in Lane lane, byte* header, byte* ethernet, Topology topology, in PeerEntry to)
    {
        uint id = SenderId.Write(in lane, header, topology);
        ulong sender = lane.Source.Kind switch
        {
            PlaceKind.Pod => topology.Endpoints[lane.Source.Index].Mac,
            PlaceKind.Unlisted => Link.MadeUpMac(lane.Key.Source),
            _ => topology.Nodes[lane.Node].BridgeMac,
        };
        return id + PodMac.Write(ethernet, PodMac.OfReceiver(in lane, topology), sender);
    }
}

/// <summary>MACs that tunnels take from pods.</summary>
internal static unsafe class PodMac
{
    /// <summary>
    /// Writes both; gives what they add to a sum, in memory order: from registers, for bytes just
    /// written in parts read badly.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Write(byte* ethernet, ulong receiver, ulong sender)
    {
        Link.WriteMac(ethernet, receiver);
        Link.WriteMac(ethernet + MacAddress.Size, sender);
        return InternetChecksum.Fold((uint)receiver + (receiver >> 32) + (uint)sender + (sender >> 32));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong OfReceiver(in Lane lane, Topology topology) => lane.Destination.Kind switch
    {
        PlaceKind.Pod => topology.Endpoints[lane.Destination.Index].Mac,
        // to its gateway's, as the pod sent it: an egress address
        PlaceKind.Outside => topology.Nodes[lane.Node].BridgeMac,
        _ => Link.MadeUpMac(lane.Key.Destination),
    };
}
