using Dataplane.Core;
using Dataplane.Wire;
using Dataplane.Wire.Answers;

namespace Dataplane.Pipeline;

/// <summary>Packets larger than the MTU of the device that they leave by: refused with DF or over IPv6, else fragmented.</summary>
internal static unsafe class Oversize
{
    private const byte DontFragment = Ipv4Header.DontFragmentFlag >> 8;

    public static bool MayFragment(in Lane lane) => !lane.Is(Shape.V6 | Shape.Cut)
        && (lane.Entry == Entry.LocalOutput || (lane.Network[Ipv4Header.FragmentOffsetOffset] & DontFragment) == 0);

    /// <summary>
    /// Gives the reason to drop the packet; or none, where fragments of it go on in lanes of their own and the lane itself
    /// is done.
    /// </summary>
    public static DropReason Split(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        int mtu = RouteStage.Mtu(in lane, state.Topology);
        var packet = new ReadOnlySpan<byte>(lane.Network, lane.NetworkLength);
        if (!Ipv4Fragmenter.TryCreate(packet, mtu, out Ipv4Fragmenter fragmenter)) return DropReason.NoBuffer;

        for (int index = 0; index < fragmenter.Count; index++)
        {
            byte* to = burst.Allocate(mtu);
            Lane* fragment = to == null ? null : burst.TryAddLane(in lane);
            if (fragment == null) return DropReason.NoBuffer;

            int length = fragmenter.BuildFragment(index, new Span<byte>(to, mtu));
            fragment->Network = to;
            fragment->Frame = to;
            fragment->Length = length;
            fragment->NetworkLength = length;
            fragment->LinkSize = 0;
            fragment->Transport = index == 0 && lane.Transport != null ? to + (lane.Transport - lane.Network) : null;
            fragment->Shape |= index == 0 ? Shape.Fragment : Shape.Fragment | Shape.LaterFragment;
            fragment->Sum = InternetChecksum.Sum(new ReadOnlySpan<byte>(to, length));
            if (lane.Entry != Entry.LocalOutput) PacketEdit.ChangeTtl(ref *fragment, -1);
        }

        lane.Status = LaneStatus.Done;
        return DropReason.None;
    }
}
