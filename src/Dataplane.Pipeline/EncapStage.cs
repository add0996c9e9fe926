using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Puts the outer headers in front of what leaves through the tunnel: a template of the node's, with lengths, id, source
/// port, checksums and the receiver's addresses filled in (drivers/net/vxlan/vxlan_core.c, vxlan_xmit_one).
/// </summary>
public static unsafe class EncapStage
{
    /// <summary>Outer Ethernet, IPv4, UDP, VXLAN, inner Ethernet.</summary>
    public const int TemplateSize = 64;

    /// <summary>What comes in front of the inner Ethernet header.</summary>
    public const int OuterSize = TemplateSize - EthernetHeader.Size;

    private const int OuterNetwork = EthernetHeader.Size;
    private const int OuterTransport = OuterNetwork + Ipv4Header.Size;
    private const int InnerEthernet = OuterSize;
    private const int OuterIpOverhead = TemplateSize - EthernetHeader.Size;
    private const ushort DontFragmentInMemory = 0x0040;

    public static void Run<TSink>(PacketBurst burst, PipelineState state, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        Topology topology = state.Topology;
        bool observed = sink.Observes(ObservationPoint.Tunnel);
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        int encapsulated = 0;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Exit != Exit.Tunnel || lane.Status != LaneStatus.Live) continue;

            ref NodeEntry from = ref topology.Nodes[lane.Node];
            ref NodeEntry to = ref topology.Nodes[lane.NextNode];
            if (observed) Show(in lane, in from, in to, ref sink);
            Encapsulate(ref lane, ref from, in to, topology, state.Ids);
            encapsulated++;
        }

        state.Counters.Encapsulated += encapsulated;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Encapsulate(ref Lane lane, ref NodeEntry from, in NodeEntry to, Topology topology, IdCounters ids)
    {
        byte* outer = lane.Network - TemplateSize;
        int present = Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize);
        Unsafe.CopyBlockUnaligned(outer, Unsafe.AsPointer(ref from.Template[0]), TemplateSize);
        WriteMac(outer, to.UnderlayMac);
        WriteMac(outer + InnerEthernet, to.TunnelMac);
        if (lane.Is(Shape.V6)) Store16(outer + InnerEthernet + 2 * MacAddress.Size, EtherType.Ipv6);

        ref readonly TunnelParameters tunnel = ref topology.TunnelRef;
        uint address = BinaryPrimitives.ReverseEndianness(to.UnderlayV4);
        uint addressSum = PacketEdit.Halves(address);
        ushort total = Swap((ushort)(lane.NetworkLength + OuterIpOverhead));
        ushort id = Swap(ids.Next(from.UnderlayV4, to.UnderlayV4, IpProtocol.Udp));
        byte* ip = outer + OuterNetwork;
        uint varying = OuterHeader(in lane, in tunnel, ip);
        Unsafe.WriteUnaligned(ip + Ipv4Header.TotalLengthOffset, total);
        Unsafe.WriteUnaligned(ip + Ipv4Header.IdOffset, id);
        Unsafe.WriteUnaligned(ip + Ipv4Header.DestinationOffset, address);
        Unsafe.WriteUnaligned(ip + Ipv4Header.ChecksumOffset, InternetChecksum.Finish((ulong)from.OuterIpSum + total + id + addressSum + varying));

        byte* udp = outer + OuterTransport;
        ushort port = Swap(FlowPort.Of(in lane, in tunnel, topology.Seed));
        ushort length = Swap((ushort)(lane.NetworkLength + OuterIpOverhead - Ipv4Header.Size));
        Unsafe.WriteUnaligned(udp, port);
        Unsafe.WriteUnaligned(udp + 2 * sizeof(ushort), length);
        if (tunnel.UdpChecksum && !lane.Is(Shape.NoSum))
        {
            ulong sum = (ulong)from.OuterUdpSum + addressSum + port + length + length + lane.Sum + InnerMacSum(in to) + InnerTypeSum(in lane);
            Unsafe.WriteUnaligned(udp + UdpHeader.ChecksumOffset, InternetChecksum.FinishUdp(sum));
        }

        lane.Frame = outer;
        lane.Length = present + TemplateSize;
        lane.Missing = lane.NetworkLength - present;
        lane.LinkSize = TemplateSize;
    }

    /// <summary>TOS, TTL and DF of the outer header; gives what they add to its sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint OuterHeader(in Lane lane, in TunnelParameters tunnel, byte* ip)
    {
        byte inner = InnerTos(in lane);
        byte tos = (byte)((tunnel.TosInherit ? inner & ~Ecn.Mask : tunnel.Tos) | Ecn.Encapsulate(inner));
        byte ttl = tunnel.Ttl != 0 ? tunnel.Ttl : PacketEdit.Ttl(in lane);
        bool df = tunnel.Df == 1 || (tunnel.Df == 2 && !lane.Is(Shape.V6) && (lane.Network[Ipv4Header.FragmentOffsetOffset] & DontFragmentInMemory) != 0);
        ip[Ipv4Header.TosOffset] = tos;
        ip[Ipv4Header.TtlOffset] = ttl;
        ushort fragment = df ? DontFragmentInMemory : (ushort)0;
        Unsafe.WriteUnaligned(ip + Ipv4Header.FragmentOffsetOffset, fragment);
        return ((uint)tos << 8) + ttl + fragment;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte InnerTos(in Lane lane)
    {
        if (!lane.Is(Shape.V6)) return lane.Network[Ipv4Header.TosOffset];

        return (byte)(lane.Network[0] << 4 | lane.Network[1] >> 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint InnerMacSum(in NodeEntry to) => PacketEdit.Halves((uint)to.TunnelMac) + (uint)(to.TunnelMac >> 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint InnerTypeSum(in Lane lane) => Swap(lane.Is(Shape.V6) ? EtherType.Ipv6 : EtherType.Ipv4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteMac(byte* to, ulong mac)
    {
        Unsafe.WriteUnaligned(to, (uint)mac);
        Unsafe.WriteUnaligned(to + sizeof(uint), (ushort)(mac >> 32));
    }

    private static void Show<TSink>(in Lane lane, in NodeEntry from, in NodeEntry to, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        byte* frame = lane.Network - EthernetHeader.Size;
        int length = EthernetHeader.Size + Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize);
        Link.WriteEthernet(frame, to.TunnelMac, from.TunnelMac, lane.Is(Shape.V6));
        sink.Take(in lane, ObservationPoint.Tunnel, lane.Node, frame, length);
    }

    private static void Store16(byte* to, ushort value) => Unsafe.WriteUnaligned(to, Swap(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Swap(ushort value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
