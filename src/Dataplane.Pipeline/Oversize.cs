using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;
using Dataplane.Wire.Answers;

namespace Dataplane.Pipeline;

/// <summary>
/// Packets larger than the MTU of the device that they leave by: refused with DF or over IPv6, else fragmented. TCP
/// that no wire could have carried was captured before segmentation (GSO), and is segmented here.
/// </summary>
internal static unsafe class Oversize
{
    private const byte DontFragment = Ipv4Header.DontFragmentFlag >> 8;
    private const int TcpOffsetOffset = 12;

    /// <summary>The longest that an outer length can tell, less the headers that a tunnel adds.</summary>
    private const int LongestKept = ushort.MaxValue - PacketBurst.Headroom;

    /// <summary>Whether the packet is a super-frame that stays whole. Marks it as one in any case.</summary>
    public static bool IsKept(ref Lane lane, PipelineState state)
    {
        if (!IsSuperFrame(in lane, state.Topology)) return false;

        lane.Marks |= RecordFlags.SuperFrame;
        return state.Options.KeepsSuperFrames && lane.NetworkLength <= LongestKept;
    }

    /// <summary>Whether pieces of the packet may go on; of one that the snap length cut there are none.</summary>
    public static bool CanTakeApart(in Lane lane, Topology topology) =>
        !lane.Is(Shape.Cut)
        && ((MayFragment(in lane) && !DirectReturnWay.IsLeaving(in lane)) || IsSuperFrame(in lane, topology));

    /// <summary>Pieces go on in lanes of their own, and the lane itself is done; or the reason why not.</summary>
    public static DropReason TakeApart(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        int mtu = Mtu(in lane, state.Topology);
        int hops = state.Topology.HopsOf(in lane);
        var packet = new ReadOnlySpan<byte>(lane.Network, lane.NetworkLength);
        if (IsSuperFrame(in lane, state.Topology))
        {
            int size = Math.Min(mtu, state.Topology.Nodes[lane.Node].PodMtu);
            int headers = (int)(lane.Transport - lane.Network)
                + ((lane.Transport[TcpOffsetOffset] >> 4) * sizeof(uint));
            if (!TcpSegmenter.TryCreate(packet, size - headers, out TcpSegmenter segments)) return DropReason.NoBuffer;
            return TakeApart(burst, ref lane, in segments, size, Shape.None, hops, state.Sightings);
        }

        if (!Ipv4Fragmenter.TryCreate(packet, mtu, out Ipv4Fragmenter fragments)) return DropReason.NoBuffer;

        state.Counters.Fragmented++;
        return TakeApart(burst, ref lane, in fragments, mtu, Shape.Fragment, hops, state.Sightings);
    }

    /// <summary>IPv4 without DF; what a node sends itself it may always fragment here.</summary>
    public static bool MayFragment(in Lane lane) => !lane.Is(Shape.V6)
        && (lane.Entry == Entry.LocalOutput || (lane.Network[Ipv4Header.FragmentOffsetOffset] & DontFragment) == 0);

    /// <summary>TCP over every MTU that the node has: only a capture in front of the segmentation shows that.</summary>
    public static bool IsSuperFrame(in Lane lane, Topology topology)
    {
        ref NodeEntry node = ref topology.Nodes[lane.Node];
        return lane.Key.Protocol == IpProtocol.Tcp && lane.Transport != null && !lane.Is(Shape.Fragment | Shape.Cut)
            && lane.NetworkLength > Math.Max(node.PodMtu, node.UnderlayMtu);
    }

    /// <summary>
    /// Whether the first packet of a connection will be refused for its size: such a connection never comes to be, and
    /// the packet goes to its refusal untranslated, as it must be quoted.
    /// </summary>
    public static bool IsRefused(ref Lane lane, in Connection connection, Topology topology)
    {
        ref NodeEntry node = ref topology.Nodes[lane.Node];
        int smallest = Math.Min(
            lane.Is(Shape.V6) ? node.TunnelMtuV6 : node.TunnelMtu, Math.Min(node.PodMtu, node.UnderlayMtu));
        if (lane.NetworkLength <= smallest || MayFragment(in lane) || IsSuperFrame(in lane, topology)) return false;
        if (lane.Entry != Entry.LocalOutput && PacketEdit.Ttl(in lane) <= 1) return false;

        Place destination = lane.Destination;
        lane.Destination = connection.Forward;
        lane.Owner = connection.ForwardNode;
        bool isTooLarge = lane.Exit != Exit.Bridge && RoutingDecision.Decide(ref lane, topology) == DropReason.None
            && lane.NetworkLength > Mtu(in lane, topology);
        if (lane.Exit != Exit.Bridge) lane.Exit = Exit.None;      // it was a question; the decision is the stage's
        if (isTooLarge) return true;

        lane.Destination = destination;
        lane.Owner = Lane.UnknownNode;
        return false;
    }

    /// <summary>The MTU of the device that the packet leaves by.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Mtu(in Lane lane, Topology topology)
    {
        ref NodeEntry node = ref topology.Nodes[lane.Node];
        int mtu = lane.Exit switch
        {
            Exit.Tunnel => lane.Is(Shape.V6) ? node.TunnelMtuV6 : node.TunnelMtu,
            Exit.Pod => node.PodMtu,
            _ => node.UnderlayMtu,
        };
        return DirectReturnWay.IsLeaving(in lane) ? DirectReturnWay.Mtu(in lane, topology, mtu) : mtu;
    }

    private static DropReason TakeApart<TPieces>(
        PacketBurst burst, ref Lane lane, in TPieces pieces, int mtu, Shape shape, int hops, Sightings? sightings)
        where TPieces : struct, IPieces, allows ref struct
    {
        for (int index = 0; index < pieces.Count; index++)
        {
            byte* to = burst.Allocate(mtu);
            Lane* piece = to == null ? null : burst.TryAddLane(in lane);
            if (piece == null) return DropReason.NoBuffer;

            int length = pieces.Build(index, new Span<byte>(to, mtu));
            bool isLater = shape != Shape.None && index > 0;
            piece->Network = to;
            piece->Frame = to;
            piece->Length = length;
            piece->NetworkLength = length;
            piece->LinkSize = 0;
            piece->FlowPort = 0;
            piece->Transport = !isLater && lane.Transport != null ? to + (lane.Transport - lane.Network) : null;
            piece->Shape |= isLater ? shape | Shape.LaterFragment : shape;
            piece->Sum = InternetChecksum.Sum(new ReadOnlySpan<byte>(to, length));
            sightings?.Made(in *piece);
            if (hops != 0) PacketEdit.ChangeTtl(ref *piece, -hops);
        }

        lane.Status = LaneStatus.Done;
        return DropReason.None;
    }
}
