using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline.Tunnels;

/// <summary>Looks into a tunnel packet and leaves it as it is: what a capture shows of the packet inside.</summary>
public static unsafe class InnerPacket
{
    /// <summary>
    /// Reads the packet inside of one that is between nodes; false where it is no tunnel's,
    /// or nothing to read is there.
    /// </summary>
    public static bool TryRead(in Lane lane, Topology topology, out Lane inner)
    {
        inner = default;
        if (lane.Destination.Kind != PlaceKind.Node || !TryFind(in lane, topology, out inner)) return false;

        DropReason reason = NetworkParser.Parse(ref inner, inner.Length, ushort.MaxValue, topology.Names);
        if (reason != DropReason.None) return false;

        AdmitStage.Locate(ref inner, topology);
        return true;
    }

    /// <summary>
    /// Whether an ICMP message is inside, as far as the frame alone tells: addresses are not asked for.
    /// </summary>
    public static bool HoldsIcmp(in Lane lane, Topology topology) =>
        TryFind(in lane, topology, out Lane inner)
        && NetworkParser.Parse(ref inner, inner.Length, ushort.MaxValue) == DropReason.None
        && inner.Key.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;

    private static bool TryFind(in Lane lane, Topology topology, out Lane inner)
    {
        inner = default;
        if (lane.Is(Shape.LaterFragment) || DecapStage.TunnelFor(in lane, topology) is not { } tunnel) return false;

        byte* end = lane.Network + Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize);
        byte* network = tunnel.InnerLinkSize == 0 ? BehindIp(lane.Network) : BehindHeader(in lane, tunnel, end);
        if (network == null || end - network < Ipv4Header.Size) return false;

        inner.Timestamp = lane.Timestamp;
        inner.Record = lane.Record;
        inner.Frame = network;
        inner.Network = network;
        inner.Point = lane.Point;
        inner.Length = (int)(end - network);
        return true;
    }

    private static byte* BehindIp(byte* ip) => ip + (*ip & 0x0F) * sizeof(uint);

    private static byte* BehindHeader(in Lane lane, TunnelTable tunnel, byte* end)
    {
        if (lane.Transport == null) return null;

        byte* header = lane.Transport + UdpHeader.Size;
        if (end - header < VxlanHeader.Size) return null;

        int size = VxlanHeader.Size;
        if (tunnel.Parameters.Header == TunnelHeader.Geneve)
        {
            var bytes = new ReadOnlySpan<byte>(header, (int)(end - header));
            if (GeneveView.TryParse(bytes, out GeneveView geneve) != WireError.None) return null;
            size = geneve.HeaderSize;
        }

        byte* network = header + size + EthernetHeader.Size;
        if (network > end) return null;

        int type = network[-2] << 8 | network[-1];
        return type is EtherType.Ipv4 or EtherType.Ipv6 ? network : null;
    }
}
