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
    private const byte InheritDf = 2;

    /// <summary>What an IPv6 EtherType adds to a sum that has IPv4's in it, in memory order.</summary>
    private const uint InnerTypeDelta = 0xDD86 + (0xFFFF - 0x0008);

    public static void Run<TSink>(PacketBurst burst, PipelineState state, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        Topology topology = state.Topology;
        ref readonly TunnelParameters tunnel = ref topology.TunnelRef;
        NodeEntry* nodes = topology.Nodes.Start;
        PeerEntry* peers = topology.Peers.Start;
        IdCounters ids = state.Ids;
        bool observed = sink.Observes(ObservationPoint.Tunnel);
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        int encapsulated = 0;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            if (lane.Exit != Exit.Tunnel || lane.Status != LaneStatus.Live) continue;

            ref readonly PeerEntry to = ref peers[lane.NextNode];
            ref readonly PeerEntry from = ref peers[lane.Node];
            if (observed) Show(in lane, in from, in to, ref sink);
            if (lane.FlowPort == 0) SettleFlowPort(ref lane, topology, state.Connections);
            Encapsulate(ref lane, ref nodes[lane.Node], in to, in tunnel, ids.NextOf(from.IdPart, to.IdPart, IpProtocol.Udp));
            encapsulated++;
        }

        state.Counters.Encapsulated += encapsulated;
    }

    // It is the flow's, and so the connection's as long as every packet of it shows the same addresses and ports.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SettleFlowPort(ref Lane lane, Topology topology, ConnectionTable connections)
    {
        lane.FlowPort = FlowPort.Of(in lane, in topology.TunnelRef, topology.Seed);
        bool hasPorts = lane.Key.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;
        if (lane.Connection == 0 || lane.IsReply || !hasPorts || lane.Is(Shape.Fragment | Shape.IcmpError)) return;

        ref Connection connection = ref connections[lane.Connection >> 1];
        connection.FlowPort = lane.FlowPort;
        bool isSteady = lane.Key.Protocol != IpProtocol.Sctp && !lane.Is(Shape.V6) && connection.ForwardNode != Lane.UnknownNode
            && (connection.Flags & ConnectionFlags.SourceTranslated) == 0;
        if (isSteady) connection.Flags |= ConnectionFlags.Steady;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Encapsulate(ref Lane lane, ref NodeEntry from, in PeerEntry to, in TunnelParameters tunnel, uint identification)
    {
        byte* outer = lane.Network - TemplateSize;
        int present = Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize);
        Unsafe.CopyBlockUnaligned(outer, Unsafe.AsPointer(ref from.Template[0]), TemplateSize);
        WriteMac(outer, to.UnderlayMac);
        WriteMac(outer + InnerEthernet, to.TunnelMac);

        byte* ip = outer + OuterNetwork;
        uint network = (uint)lane.NetworkLength;
        uint address = BinaryPrimitives.ReverseEndianness(to.UnderlayV4);
        uint totalAndId = BinaryPrimitives.ReverseEndianness((network + OuterIpOverhead) << 16 | (ushort)identification);
        uint varying = tunnel.Inherits ? Inherit(in lane, in tunnel, ip) : 0;
        uint ecn = (uint)Ecn.Encapsulate(InnerTos(in lane)) << 8;
        Unsafe.WriteUnaligned(ip, (ushort)(Unsafe.ReadUnaligned<ushort>(ip) | ecn));
        Unsafe.WriteUnaligned(ip + Ipv4Header.TotalLengthOffset, totalAndId);
        Unsafe.WriteUnaligned(ip + Ipv4Header.DestinationOffset, address);
        ulong sum = (ulong)from.OuterIpSum + totalAndId + address + varying + ecn;
        Unsafe.WriteUnaligned(ip + Ipv4Header.ChecksumOffset, InternetChecksum.Finish(sum));

        byte* udp = outer + OuterTransport;
        uint port = Swap(lane.FlowPort);
        uint length = Swap((ushort)(network + (OuterIpOverhead - Ipv4Header.Size)));
        uint checksum = 0;
        if (tunnel.UdpChecksum && !lane.Is(Shape.NoSum))
        {
            ulong covered = (ulong)from.OuterUdpSum + to.OuterUdpSum + port + (2 * length) + lane.Sum;
            if (lane.Is(Shape.V6)) covered += InnerTypeDelta;
            checksum = InternetChecksum.FinishUdp(covered);
        }

        Unsafe.WriteUnaligned(udp, (ushort)port);
        Unsafe.WriteUnaligned(udp + 2 * sizeof(ushort), length | checksum << 16);
        if (lane.Is(Shape.V6)) Store16(outer + InnerEthernet + 2 * MacAddress.Size, EtherType.Ipv6);
        lane.Frame = outer;
        lane.Length = present + TemplateSize;
        lane.Missing = lane.NetworkLength - present;
        lane.LinkSize = TemplateSize;
    }

    /// <summary>What the device takes from the inner header instead of its settings; gives what that adds to the sum.</summary>
    private static uint Inherit(in Lane lane, in TunnelParameters tunnel, byte* ip)
    {
        byte tos = tunnel.TosInherit ? (byte)(InnerTos(in lane) & ~Ecn.Mask) : (byte)0;
        byte ttl = tunnel.Ttl == 0 ? PacketEdit.Ttl(in lane) : (byte)0;
        bool df = tunnel.Df == InheritDf && !lane.Is(Shape.V6) && (lane.Network[Ipv4Header.FragmentOffsetOffset] & DontFragmentInMemory) != 0;
        ip[Ipv4Header.TosOffset] |= tos;
        ip[Ipv4Header.TtlOffset] |= ttl;
        if (df) ip[Ipv4Header.FragmentOffsetOffset] = (byte)DontFragmentInMemory;
        return ((uint)tos << 8) + ttl + (df ? DontFragmentInMemory : 0u);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte InnerTos(in Lane lane)
    {
        if (!lane.Is(Shape.V6)) return lane.Network[Ipv4Header.TosOffset];

        return (byte)(lane.Network[0] << 4 | lane.Network[1] >> 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteMac(byte* to, ulong mac)
    {
        Unsafe.WriteUnaligned(to, (uint)mac);
        Unsafe.WriteUnaligned(to + sizeof(uint), (ushort)(mac >> 32));
    }

    private static void Show<TSink>(in Lane lane, in PeerEntry from, in PeerEntry to, ref TSink sink)
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
