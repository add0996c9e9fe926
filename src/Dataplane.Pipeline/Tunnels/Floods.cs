using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline.Tunnels;

/// <summary>
/// What a logical switch floods, where it has pods on several nodes: one tunnel packet to each of the others, to the
/// key of its multicast group, and there a frame for each of its pods (controller/physical.c, consider_mc_group;
/// ovn-architecture(7), Tunnel Encapsulations). Who asks for an address that the switch does not know is flooded.
/// </summary>
internal static unsafe class Floods
{
    /// <summary>The first key that is a multicast group's, and the one that every switch's flood group has.</summary>
    public const ushort GroupKey = 0x8000;

    /// <summary>All ones, as the six bytes lie in memory.</summary>
    public const ulong Broadcast = 0xFFFF_FFFF_FFFF;

    private const int OperationOffset = 7;

    /// <summary>
    /// Sends a pod's ARP question to the switch's other nodes; false where there are none, or it asks for a pod, for
    /// which the switch answers itself.
    /// </summary>
    public static bool TrySend(PacketBurst burst, ref Lane lane, Topology topology)
    {
        bool isPlain = lane.Is(Shape.Arp) && !lane.Is(Shape.Cut | Shape.Tagged) && lane.LinkSize == EthernetHeader.Size;
        bool isUnknown = lane.Source.Kind == PlaceKind.Pod && lane.Destination.Kind != PlaceKind.Pod;
        if (!isPlain || !isUnknown || topology.SwitchPorts is not { } ports || Link.ReadMac(lane.Frame) != Broadcast)
            return false;

        lane.Key.Protocol = lane.Network[OperationOffset];
        lane.NetworkLength = lane.Length - EthernetHeader.Size;
        lane.Sum = InternetChecksum.Sum(new ReadOnlySpan<byte>(lane.Network, lane.NetworkLength));
        bool isSent = false;
        foreach (ushort node in ports.NodesOf(topology.Endpoints[lane.Source.Index].SwitchKey))
        {
            if (node == lane.Node) continue;
            if (!isSent) SendTo(ref lane, node);
            else if (Copy(burst, in lane) is var copy && copy != null) SendTo(ref *copy, node);
            isSent = true;
        }

        return isSent;
    }

    /// <summary>Reads a flooded frame that came out of the tunnel.</summary>
    public static DropReason Read(ref Lane lane, int present)
    {
        if (ArpView.TryParse(new ReadOnlySpan<byte>(lane.Network, present), out ArpView arp) != WireError.None)
            return DropReason.UnsupportedInner;

        lane.Key = new FlowKey { Source = arp.SenderAddress, Destination = arp.TargetAddress, Family = 4 };
        lane.Shape = Shape.Arp;
        lane.NetworkLength = present;
        lane.Transport = null;
        return DropReason.None;
    }

    /// <summary>Gives each pod of the switch on this node its frame.</summary>
    public static void Deliver(PacketBurst burst, ref Lane lane, Topology topology)
    {
        uint key = lane.Source.Kind == PlaceKind.Pod
            ? topology.Endpoints[lane.Source.Index].SwitchKey
            : topology.Nodes[lane.Node].SwitchKey;
        bool isDelivered = false;
        for (int endpoint = 0; endpoint < topology.Endpoints.Length; endpoint++)
        {
            ref EndpointEntry pod = ref topology.Endpoints[endpoint];
            if (pod.Node != lane.Node || pod.SwitchKey != key) continue;
            if (!isDelivered) DeliverTo(ref lane, endpoint);
            else if (Copy(burst, in lane) is var copy && copy != null) DeliverTo(ref *copy, endpoint);
            isDelivered = true;
        }

        if (!isDelivered) burst.Drop(ref lane, DropReason.UnknownPort, Stage.Decap);
    }

    private static void SendTo(ref Lane lane, ushort node)
    {
        lane.Exit = Exit.Tunnel;
        lane.NextNode = node;
    }

    private static void DeliverTo(ref Lane lane, int endpoint)
    {
        lane.Exit = Exit.Bridge;
        lane.Destination = new Place(PlaceKind.Pod, endpoint);
    }

    private static Lane* Copy(PacketBurst burst, in Lane lane)
    {
        byte* to = burst.Allocate(lane.NetworkLength);
        Lane* copy = to == null ? null : burst.TryAddLane(in lane);
        if (copy == null) return null;

        Unsafe.CopyBlockUnaligned(to - EthernetHeader.Size,
            lane.Network - EthernetHeader.Size, (uint)(lane.NetworkLength + EthernetHeader.Size));
        copy->Network = to;
        copy->Frame = to - EthernetHeader.Size;
        return copy;
    }
}
