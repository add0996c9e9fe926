using System.Buffers.Binary;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Replay.Tracing;

/// <summary>
/// The Ethernet header that a packet has where it enters the cluster: its pod's MAC, and the one it sends to.
/// </summary>
internal sealed class SyntheticLink(Topology topology)
{
    /// <summary>The frame of an IP packet, as its sender's veth (or the node's underlay) shows it.</summary>
    public byte[] Frame(SyntheticPacket packet)
    {
        Place from = PlaceOf(packet.Source);
        Place to = PlaceOf(packet.Destination);
        (ulong sender, ulong receiver) = from.Kind == PlaceKind.Pod ? VethOf(from, to) : UnderlayOf(to);
        byte[] frame = new byte[EthernetHeader.Size];
        Write(frame, receiver);
        Write(frame.AsSpan(MacAddress.Size), sender);
        BinaryPrimitives.WriteUInt16BigEndian(
            frame.AsSpan(2 * MacAddress.Size), packet.Source.IsV6 ? EtherType.Ipv6 : EtherType.Ipv4);
        return [.. frame, .. packet.Build()];
    }

    private static void Write(Span<byte> to, ulong mac)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, mac);
        bytes[..MacAddress.Size].CopyTo(to);
    }

    private (ulong Sender, ulong Receiver) VethOf(Place from, Place to)
    {
        EndpointEntry pod = topology.Endpoints[from.Index];
        if (topology.Routed) return (pod.Mac, pod.VethMac);

        bool isNeighbour = to.Kind == PlaceKind.Pod && topology.Endpoints[to.Index].Node == pod.Node;
        return (pod.Mac, isNeighbour ? topology.Endpoints[to.Index].Mac : topology.Nodes[pod.Node].BridgeMac);
    }

    private (ulong Sender, ulong Receiver) UnderlayOf(Place to)
    {
        int node = to.Kind switch
        {
            PlaceKind.Pod => topology.Endpoints[to.Index].Node,
            PlaceKind.Node => topology.NodeAddresses[to.Index].Node,
            PlaceKind.Unlisted => to.Index,
            _ => 0,
        };
        return (topology.Nodes[node].GatewayMac, topology.Peers[node].UnderlayMac);
    }

    private Place PlaceOf(IpAddress address) => address.IsV6
        ? topology.Names.PlaceOf(topology.Names.NameOf(address))
        : topology.Map.FindV4(address.V4);
}
