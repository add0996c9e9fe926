using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline.Tunnels;

/// <summary>
/// Cilium: the sender's security identity is the id, and the frame inside is the one that the pod sent
/// (bpf/lib/encap.h, bpf/bpf_lxc.c).
/// </summary>
internal readonly unsafe struct IdentityFilling : ITunnelFilling
{
    public static int Size => UdpHeader.Size + VxlanHeader.Size + EthernetHeader.Size;

    public static bool KeepsFrame => true;

    /// <summary>What comes from outside (pkg/identity, ReservedIdentityWorld).</summary>
    private const uint World = 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Fill(in Lane lane, byte* header, byte* ethernet, Topology topology, in PeerEntry to)
    {
        bool isFromOutside = lane.Entry == Entry.Underlay;
        uint id = isFromOutside ? SenderId.WriteVni(header, World) : SenderId.Write(in lane, header, topology);
        bool isAsSent = lane.LinkSize == EthernetHeader.Size && isFromOutside | lane.Entry == Entry.PodVeth
            && !lane.Is(Shape.Reoriginated);
        if (!isAsSent) WriteEthernet(in lane, ethernet, topology);

        ulong first = Unsafe.ReadUnaligned<ulong>(ethernet);
        ulong rest = (ulong)Unsafe.ReadUnaligned<uint>(ethernet + sizeof(ulong))
            + Unsafe.ReadUnaligned<ushort>(ethernet + sizeof(ulong) + sizeof(uint));
        return InternetChecksum.Fold(id + (uint)first + (first >> 32) + rest);
    }

    // From the pod, the fabric's gateway, or the node itself.
    private static void WriteEthernet(in Lane lane, byte* ethernet, Topology topology)
    {
        bool isPod = lane.Source.Kind == PlaceKind.Pod;
        ref NodeEntry node = ref topology.Nodes[lane.Node];
        bool isFromOutside = lane.Entry == Entry.Underlay;
        ulong gateway = isPod ? topology.Endpoints[lane.Source.Index].VethMac
            : isFromOutside ? topology.Peers[lane.Node].UnderlayMac
            : node.BridgeMac;
        ulong sender = isPod ? topology.Endpoints[lane.Source.Index].Mac : isFromOutside ? node.GatewayMac
            : node.BridgeMac;
        Link.WriteEthernet(ethernet, gateway, sender, lane.Is(Shape.V6));
    }
}
