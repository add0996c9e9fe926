using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline.Tunnels;

/// <summary>
/// Cilium: the sender's security identity is the id, and the frame inside is the one that the pod sent (bpf/lib/encap.h,
/// bpf/bpf_lxc.c).
/// </summary>
internal readonly unsafe struct IdentityFilling : ITunnelFilling
{
    public static int Size => UdpHeader.Size + VxlanHeader.Size + EthernetHeader.Size;

    public static bool KeepsFrame => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Fill(in Lane lane, byte* header, byte* ethernet, Topology topology, in PeerEntry to)
    {
        bool isPod = lane.Source.Kind == PlaceKind.Pod;
        uint id = SenderId.Write(in lane, header, topology);
        bool isAsSent = lane.LinkSize == EthernetHeader.Size && lane.Entry == Entry.PodVeth && !lane.Is(Shape.Reoriginated);
        if (!isAsSent)
        {
            ulong gateway = isPod ? topology.Endpoints[lane.Source.Index].VethMac : topology.Nodes[lane.Node].BridgeMac;
            ulong sender = isPod ? topology.Endpoints[lane.Source.Index].Mac : topology.Nodes[lane.Node].BridgeMac;
            Link.WriteEthernet(ethernet, gateway, sender, lane.Is(Shape.V6));
        }

        ulong first = Unsafe.ReadUnaligned<ulong>(ethernet);
        ulong rest = (ulong)Unsafe.ReadUnaligned<uint>(ethernet + sizeof(ulong)) + Unsafe.ReadUnaligned<ushort>(ethernet + sizeof(ulong) + sizeof(uint));
        return InternetChecksum.Fold(id + (uint)first + (first >> 32) + rest);
    }
}
