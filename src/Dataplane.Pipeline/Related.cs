using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Packets without ports of their own that belong to a connection: ICMP errors, by the packet that they quote, and
/// later fragments, by their first.
/// </summary>
public static unsafe class Related
{
    /// <summary>What a quoted packet may have lost behind what is quoted.</summary>
    private const int AnyLength = ushort.MaxValue;

    /// <summary>Finds the connection of such a packet, if it has one.</summary>
    public static void Follow(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        if (lane.Is(Shape.LaterFragment))
        {
            uint reference = state.Fragments.Find(in lane);
            lane.Connection = state.Connections.IsBetween(reference, in lane.Key) ? reference : 0;
            if (lane.Connection == 0 && lane.Destination.Kind == PlaceKind.Service)
            {
                burst.Drop(ref lane, DropReason.FirstFragmentMissing, Stage.Track);
            }
        }
        else if (lane.Is(Shape.IcmpError))
        {
            lane.Connection = FindQuoted(in lane, state);
        }
    }

    /// <summary>
    /// Translates an ICMP error of a translated connection: its own addresses, and those of the packet that it quotes,
    /// the other way round (net/netfilter/nf_nat_core.c, nf_nat_icmp_reply_translation).
    /// </summary>
    public static void Translate(ref Lane lane, in Connection connection, AddressNames names)
    {
        if (!TryReadQuoted(in lane, names, out Lane quoted)) return;

        FlowKey before = lane.IsReply ? connection.Reply : connection.Original;
        FlowKey after = lane.IsReply ? connection.Original.Reversed() : connection.Reply.Reversed();
        if (before.Destination != after.Destination)
        {
            PacketEdit.SetDestination(ref lane, after.Destination, 0, names);
            PacketEdit.SetSource(ref quoted, after.Destination, after.DestinationPort, names);
        }

        if (before.Source != after.Source || before.SourcePort != after.SourcePort)
        {
            PacketEdit.SetSource(ref lane, after.Source, 0, names);
            PacketEdit.SetDestination(ref quoted, after.Source, after.SourcePort, names);
        }

        if (!lane.Is(Shape.Cut)) FixChecksum(ref lane);
    }

    private static uint FindQuoted(in Lane lane, PipelineState state)
    {
        if (!TryReadQuoted(in lane, state.Topology.Names, out Lane quoted)) return 0;

        FlowKey inverse = quoted.Key.Reversed();
        inverse.Zone = lane.Node;
        uint reference = state.Connections.Find(in inverse);
        return reference != 0 && inverse.Destination == lane.Key.Destination ? reference : 0;
    }

    private static bool TryReadQuoted(in Lane lane, AddressNames names, out Lane quoted)
    {
        quoted = default;
        if (lane.Transport == null) return false;

        byte* from = lane.Transport + IcmpHeader.Size;
        long there = lane.Network + Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize) - from;
        if (there <= 0) return false;

        quoted.Network = from;
        quoted.Frame = from;
        quoted.Length = (int)there;
        return NetworkParser.Parse(ref quoted, (int)there, AnyLength, names) is DropReason.None
            or DropReason.BadChecksum
            && quoted.Key.Family == lane.Key.Family;
    }

    private static void FixChecksum(ref Lane lane)
    {
        int size = lane.NetworkLength - (int)(lane.Transport - lane.Network);
        var message = new Span<byte>(lane.Transport, size);
        message[IcmpHeader.ChecksumOffset] = 0;
        message[IcmpHeader.ChecksumOffset + 1] = 0;
        ulong sum = InternetChecksum.Sum(message);
        if (lane.Is(Shape.V6))
        {
            var addresses = new ReadOnlySpan<byte>(lane.Network + Ipv6Header.SourceOffset, 2 * sizeof(ulong) * 2);
            sum += InternetChecksum.PseudoHeader(addresses, IpProtocol.Icmpv6, size);
        }

        System.Runtime.CompilerServices.Unsafe.WriteUnaligned(
            lane.Transport + IcmpHeader.ChecksumOffset, InternetChecksum.Finish(sum));
        lane.Sum = InternetChecksum.Sum(new ReadOnlySpan<byte>(lane.Network, lane.NetworkLength));
    }
}
