using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline.Tunnels;

/// <summary>
/// OVN with one zone: the packet has passed the logical router, and goes from its port on the receiver's switch to the
/// pod's; between pods of one switch from the one's port to the other's (controller/physical.c, put_encapsulation;
/// ovn-architecture(7), Tunnel Encapsulations).
/// </summary>
internal readonly unsafe struct LogicalSwitchFilling : ITunnelFilling
{
    /// <summary>0a:58 and 100.64.0.1, the six bytes as they lie in memory.</summary>
    private const ulong ClusterRouterMac = 0x0100_4064_580A;

    /// <summary>The first port that ovn-kubernetes makes on the join switch.</summary>
    private const uint ClusterRouterPort = 1;

    public static int Size => UdpHeader.Size + GeneveHeader.Size + LogicalPorts.OptionSize + EthernetHeader.Size;

    public static bool KeepsFrame => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Fill(in Lane lane, byte* header, byte* ethernet, Topology topology, in PeerEntry to)
    {
        if (lane.Is(Shape.Arp)) return FillFlood(in lane, header, ethernet, topology);
        if (lane.Destination.Kind == PlaceKind.Outside) return FillJoin(in lane, header, ethernet, topology, in to);

        ref NodeEntry node = ref topology.Nodes[lane.NextNode];
        uint egress = node.RouterPortKey;
        uint ingress = node.RouterPortKey;
        uint key = node.SwitchKey;
        ulong sender = node.BridgeMac;
        ulong receiver;
        if (lane.Destination.Kind == PlaceKind.Pod)
        {
            ref EndpointEntry pod = ref topology.Endpoints[lane.Destination.Index];
            egress = pod.PortKey;
            key = pod.SwitchKey;
            receiver = pod.Mac;
            if (lane.Source.Kind == PlaceKind.Pod && topology.Endpoints[lane.Source.Index].SwitchKey == key)
            {
                ingress = topology.Endpoints[lane.Source.Index].PortKey;
                sender = topology.Endpoints[lane.Source.Index].Mac;
            }
        }
        else
        {
            receiver = Link.MadeUpMac(lane.Key.Destination);
        }

        uint sum = SenderId.WriteVni(header, key) + LogicalPorts.Write(header, ingress, egress);
        return sum + PodMac.Write(ethernet, receiver, sender);
    }

    // To an egress node's gateway router: from the cluster router's port on the join switch to that router's.
    private static uint FillJoin(in Lane lane, byte* header, byte* ethernet, Topology topology, in PeerEntry to)
    {
        return SenderId.WriteVni(header, topology.Tunnel!.Parameters.Vni)
            + LogicalPorts.Write(header, ClusterRouterPort, topology.Nodes[lane.NextNode].TransitPortKey)
            + PodMac.Write(ethernet, to.TunnelMac, ClusterRouterMac);
    }

    // From the pod's port to the switch's multicast group.
    private static uint FillFlood(in Lane lane, byte* header, byte* ethernet, Topology topology)
    {
        ref EndpointEntry pod = ref topology.Endpoints[lane.Source.Index];
        return SenderId.WriteVni(header, pod.SwitchKey) + LogicalPorts.Write(header, pod.PortKey, Floods.GroupKey)
            + PodMac.Write(ethernet, Floods.Broadcast, pod.Mac);
    }
}

/// <summary>OVN interconnect: from the sending node's port on the transit switch to the receiving node's.</summary>
internal readonly unsafe struct TransitSwitchFilling : ITunnelFilling
{
    public static int Size => LogicalSwitchFilling.Size;

    public static bool KeepsFrame => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Fill(in Lane lane, byte* header, byte* ethernet, Topology topology, in PeerEntry to)
    {
        Link.WriteMac(ethernet, to.TunnelMac);
        return LogicalPorts.Write(
            header, topology.Nodes[lane.Node].TransitPortKey, topology.Nodes[lane.NextNode].TransitPortKey);
    }
}

/// <summary>OVN's Geneve option: class 0x0102, type 0x80, ingress and egress port of the logical datapath.</summary>
internal static unsafe class LogicalPorts
{
    public const int OptionSize = 8;

    private const int DataOffset = GeneveHeader.Size + 4;

    /// <summary>Writes both keys; gives what they add to a sum, in memory order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Write(byte* header, uint ingress, uint egress)
    {
        uint word = BinaryPrimitives.ReverseEndianness(ingress << 16 | egress);
        Unsafe.WriteUnaligned(header + DataOffset, word);
        return (word & 0xFFFF) + (word >> 16);
    }
}
