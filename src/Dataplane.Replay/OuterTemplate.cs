using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>The constant part of a node's outer headers, with its sums; see <see cref="EncapStage"/>.</summary>
internal static unsafe class OuterTemplate
{
    private const int OuterIp = EthernetHeader.Size;
    private const int OuterUdp = OuterIp + Ipv4Header.Size;
    private const int Vxlan = OuterUdp + UdpHeader.Size;
    private const int InnerEthernet = Vxlan + VxlanHeader.Size;
    private const byte VersionAndLength = 0x45;

    /// <summary>What the receiver's address and MAC add to <see cref="NodeEntry.OuterUdpSum"/>.</summary>
    public static uint SumOfReceiver(NodeNetwork receiver)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint) + MacAddress.Size];
        bytes.Clear();
        if (receiver.UnderlayV4.IsV4) receiver.UnderlayV4.WriteTo(bytes);
        receiver.TunnelMac.WriteTo(bytes[sizeof(uint)..]);
        return InternetChecksum.Sum(bytes);
    }

    public static void Write(ref NodeEntry entry, NodeNetwork node, TunnelSettings tunnel)
    {
        Span<byte> bytes = MemoryMarshal.CreateSpan(ref entry.Template[0], EncapStage.TemplateSize);
        node.UnderlayMac.WriteTo(bytes[MacAddress.Size..]);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[(2 * MacAddress.Size)..], EtherType.Ipv4);

        Span<byte> ip = bytes.Slice(OuterIp, Ipv4Header.Size);
        ip[0] = VersionAndLength;
        ip[Ipv4Header.ProtocolOffset] = IpProtocol.Udp;
        ip[Ipv4Header.TtlOffset] = tunnel.Ttl;
        if (!tunnel.TosInherit) ip[Ipv4Header.TosOffset] = (byte)(tunnel.Tos & ~Ecn.Mask);
        if (tunnel.Df == TunnelDf.Set) ip[Ipv4Header.FragmentOffsetOffset] = Ipv4Header.DontFragmentFlag >> 8;
        node.UnderlayV4.WriteTo(ip[Ipv4Header.SourceOffset..]);

        Span<byte> udp = bytes.Slice(OuterUdp, UdpHeader.Size);
        BinaryPrimitives.WriteUInt16BigEndian(udp[sizeof(ushort)..], tunnel.Port);
        MemoryMarshal.Write(bytes[Vxlan..], new VxlanHeader(tunnel.Vni));

        node.TunnelMac.WriteTo(bytes[(InnerEthernet + MacAddress.Size)..]);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[(InnerEthernet + 2 * MacAddress.Size)..], EtherType.Ipv4);

        entry.OuterIpSum = InternetChecksum.Sum(ip);
        uint source = InternetChecksum.PseudoHeaderV4(node.UnderlayV4.V4, 0, IpProtocol.Udp, 0);
        Span<byte> inner = bytes.Slice(InnerEthernet + MacAddress.Size, MacAddress.Size + sizeof(ushort));
        entry.OuterUdpSum = InternetChecksum.Fold(
            (ulong)source + InternetChecksum.Sum(udp) + InternetChecksum.Sum(bytes.Slice(Vxlan, VxlanHeader.Size)) + InternetChecksum.Sum(inner));
    }
}
