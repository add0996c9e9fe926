using Dataplane.Core;
using Dataplane.Pipeline.Tunnels;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// A packet that a record shows, inside of a tunnel where it is in one, so that another
/// capture's record of it is known.
/// </summary>
/// <param name="Print">See <see cref="PacketPrint"/>.</param>
/// <param name="Ttl">As it is here; the point behind has less.</param>
/// <param name="From">The node that has its source; <see cref="Lane.UnknownNode"/> where none has.</param>
/// <param name="To">The node that has its destination.</param>
public readonly record struct CapturedPacket(ulong Print, byte Ttl, ushort From, ushort To)
{
    /// <summary>False for what cannot be told from all other packets of a capture, and for what is no packet.</summary>
    public static unsafe bool TryRead(in CaptureRecord record, Topology topology, out CapturedPacket packet)
    {
        packet = default;
        LinkLayer link = LinkLayer.Read(record.LinkType, record.Bytes);
        if (link.Ignored != IgnoreReason.None || link.EtherType == EtherType.Arp) return false;

        int present = record.CapturedLength - link.Size;
        Lane lane = default;
        lane.Frame = record.Data + link.Size;
        lane.Network = lane.Frame;
        lane.Length = present;
        DropReason reason = NetworkParser.Parse(
            ref lane, present, record.OriginalLength - record.CapturedLength, topology.Names);
        if (reason is not (DropReason.None or DropReason.BadChecksum)) return false;

        AdmitStage.Locate(ref lane, topology);
        if (InnerPacket.TryRead(in lane, topology, out Lane inner)) lane = inner;
        if (!PacketPrint.IsUnique(in lane)) return false;

        packet = new CapturedPacket(PacketPrint.Of(in lane), PacketEdit.Ttl(in lane),
            NodeOf(lane.Source, topology), NodeOf(lane.Destination, topology));
        return true;
    }

    private static ushort NodeOf(Place place, Topology topology) =>
        place.Kind is PlaceKind.Pod or PlaceKind.Unlisted or PlaceKind.Node
            ? (ushort)AdmitStage.NodeOf(place, topology)
            : Lane.UnknownNode;
}
