using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>
/// Turns a tunnel's settings into the templates and addresses that <see cref="EncapStage"/> fills in.
/// </summary>
internal static unsafe class TunnelCompiler
{
    private const byte Ipv4VersionAndLength = 0x45;
    private const byte Ipv6Version = 0x60;
    private const int Ipv6NextHeaderOffset = 6;
    private const int Ipv6HopLimitOffset = 7;
    private const int Ipv6SourceOffset = 8;
    private const ushort OvnOptionClass = 0x0102;
    private const byte OvnOptionType = 0x80;
    private const int OvnOptionSize = 8;
    private const byte OvnOptionWords = 1;

    public static TunnelTable Compile(NetworkModel model, TunnelSettings tunnel, NativeArray<PeerEntry> peers)
    {
        ImmutableArray<NodeNetwork> nodes = model.Nodes;
        var senders = new NativeArray<OuterEntry>(nodes.Length);
        bool isV6 = tunnel.OuterFamily == 6;
        var addresses = new NativeArray<OuterAddress>(isV6 ? nodes.Length : 0);
        for (int node = 0; node < nodes.Length; node++)
        {
            IpAddress underlay = isV6 ? nodes[node].UnderlayV6 : nodes[node].UnderlayV4;
            if (underlay.IsNone) continue;

            Write(ref senders[node], nodes[node], MacOf(nodes[node], tunnel, model), tunnel);
            if (isV6) addresses[node] = AddressOf(underlay);
        }

        return new TunnelTable(Parameters(tunnel))
        {
            Senders = senders,
            Peers = peers,
            PeersV6 = addresses,
            HeaderSize = HeaderSize(tunnel),
            InnerLinkSize = tunnel.Kind == TunnelKind.IpInIp ? 0 : EthernetHeader.Size,
        };
    }

    /// <summary>What the receiver's address and MAC add to <see cref="OuterEntry.OuterUdpSum"/>.</summary>
    public static uint SumOfReceiver(NodeNetwork receiver, MacAddress mac, TunnelSettings tunnel)
    {
        Span<byte> bytes = stackalloc byte[16 + MacAddress.Size];
        bytes.Clear();
        IpAddress address = tunnel.OuterFamily == 6 ? receiver.UnderlayV6 : receiver.UnderlayV4;
        if (!address.IsNone) address.WriteTo(bytes);
        if (tunnel.Inner == InnerFrame.TunnelDevices) mac.WriteTo(bytes[16..]);
        return InternetChecksum.Sum(bytes);
    }

    public static MacAddress MacOf(NodeNetwork node, TunnelSettings tunnel, NetworkModel model) =>
        ReferenceEquals(tunnel, model.TunnelV6) ? node.TunnelMacV6 : node.TunnelMac;

    private static TunnelParameters Parameters(TunnelSettings tunnel) => new()
    {
        Header = (TunnelHeader)tunnel.Kind,
        Filling = FillingOf(tunnel),
        OuterV6 = tunnel.OuterFamily == 6,
        Vni = tunnel.Vni,
        Port = tunnel.Port,
        Ttl = tunnel.Ttl,
        Tos = tunnel.Tos,
        TosInherit = tunnel.TosInherit,
        Df = (byte)tunnel.Df,
        Inherits = tunnel.TosInherit || tunnel.Ttl == 0 || tunnel.Df == TunnelDf.Inherit,
        UdpChecksum = tunnel.UdpChecksum,
        IsOpenVSwitch = tunnel.IsOpenVSwitch,
        SourcePortMin = tunnel.SourcePortMin,
        SourcePortCount = (uint)(tunnel.SourcePortMax - tunnel.SourcePortMin + 1),
    };

    private static TunnelFilling FillingOf(TunnelSettings tunnel)
    {
        if (tunnel.Kind == TunnelKind.IpInIp) return TunnelFilling.None;
        if (tunnel.FrontendFamily != 0)
            return tunnel.FrontendFamily == 6 ? TunnelFilling.FrontendV6 : TunnelFilling.FrontendV4;

        return (tunnel.IdSource, tunnel.Inner) switch
        {
            (TunnelIdSource.LogicalSwitch, _) => TunnelFilling.LogicalSwitch,
            (TunnelIdSource.TransitSwitch, _) => TunnelFilling.TransitSwitch,
            (_, InnerFrame.AsSent) => TunnelFilling.Identity,
            (_, InnerFrame.PodToPod) => TunnelFilling.PodNetwork,
            _ => TunnelFilling.Devices,
        };
    }

    private static bool HasPorts(TunnelSettings tunnel) =>
        tunnel.IdSource is TunnelIdSource.LogicalSwitch or TunnelIdSource.TransitSwitch;

    private static int OptionSize(TunnelSettings tunnel) => tunnel.FrontendFamily switch
    {
        4 => FrontendOption.GeneveV4Size,
        6 => FrontendOption.GeneveV6Size,
        _ => HasPorts(tunnel) ? OvnOptionSize : 0,
    };

    private static int IpSize(TunnelSettings tunnel) => tunnel.OuterFamily == 6 ? Ipv6Header.Size : Ipv4Header.Size;

    private static int HeaderSize(TunnelSettings tunnel)
    {
        int outer = EthernetHeader.Size + IpSize(tunnel);
        if (tunnel.Kind == TunnelKind.IpInIp) return outer;

        return outer + UdpHeader.Size + VxlanHeader.Size + OptionSize(tunnel) + EthernetHeader.Size;
    }

    private static void Write(ref OuterEntry entry, NodeNetwork node, MacAddress mac, TunnelSettings tunnel)
    {
        Span<byte> bytes = MemoryMarshal.CreateSpan(ref entry.Template[0], OuterEntry.MaxHeaders)[..HeaderSize(tunnel)];
        node.UnderlayMac.WriteTo(bytes[MacAddress.Size..]);
        bool isV6 = tunnel.OuterFamily == 6;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[(2 * MacAddress.Size)..], isV6 ? EtherType.Ipv6 : EtherType.Ipv4);

        Span<byte> ip = bytes.Slice(EthernetHeader.Size, IpSize(tunnel));
        if (isV6) WriteIpv6(ip, node, tunnel);
        else WriteIpv4(ip, node, tunnel);

        entry.OuterIpSum = InternetChecksum.Sum(ip);
        if (tunnel.Kind == TunnelKind.IpInIp) return;

        Span<byte> udp = bytes[(EthernetHeader.Size + ip.Length)..];
        BinaryPrimitives.WriteUInt16BigEndian(udp[sizeof(ushort)..], tunnel.Port);
        WriteHeader(udp[UdpHeader.Size..], tunnel);
        Span<byte> inner = udp[^EthernetHeader.Size..];
        if (tunnel.Inner == InnerFrame.TunnelDevices) mac.WriteTo(inner[MacAddress.Size..]);
        if (tunnel.Inner != InnerFrame.AsSent)
            BinaryPrimitives.WriteUInt16BigEndian(inner[(2 * MacAddress.Size)..], EtherType.Ipv4);
        entry.OuterUdpSum = InternetChecksum.Fold((ulong)PseudoHeader(node, isV6) + InternetChecksum.Sum(udp));
    }

    // The receiver's half and the length are added for each packet.
    private static uint PseudoHeader(NodeNetwork node, bool isV6) => isV6
        ? InternetChecksum.PseudoHeaderV6(node.UnderlayV6.Value, 0, IpProtocol.Udp, 0)
        : InternetChecksum.PseudoHeaderV4(node.UnderlayV4.V4, 0, IpProtocol.Udp, 0);

    private static void WriteIpv4(Span<byte> ip, NodeNetwork node, TunnelSettings tunnel)
    {
        ip[0] = Ipv4VersionAndLength;
        ip[Ipv4Header.ProtocolOffset] = tunnel.Kind == TunnelKind.IpInIp ? IpProtocol.IpInIp : IpProtocol.Udp;
        ip[Ipv4Header.TtlOffset] = tunnel.Ttl;
        if (!tunnel.TosInherit) ip[Ipv4Header.TosOffset] = (byte)(tunnel.Tos & ~Ecn.Mask);
        if (tunnel.Df == TunnelDf.Set) ip[Ipv4Header.FragmentOffsetOffset] = Ipv4Header.DontFragmentFlag >> 8;
        node.UnderlayV4.WriteTo(ip[Ipv4Header.SourceOffset..]);
    }

    private static void WriteIpv6(Span<byte> ip, NodeNetwork node, TunnelSettings tunnel)
    {
        int tos = tunnel.TosInherit ? 0 : tunnel.Tos & ~Ecn.Mask;
        ip[0] = (byte)(Ipv6Version | tos >> 4);
        ip[1] = (byte)(tos << 4);
        ip[Ipv6NextHeaderOffset] = IpProtocol.Udp;
        ip[Ipv6HopLimitOffset] = tunnel.Ttl;
        node.UnderlayV6.WriteTo(ip[Ipv6SourceOffset..]);
    }

    // Ids that are a packet's own are left at zero: they are added with what fills them in.
    private static void WriteHeader(Span<byte> header, TunnelSettings tunnel)
    {
        uint vni = tunnel.IdSource is TunnelIdSource.Fixed or TunnelIdSource.TransitSwitch ? tunnel.Vni : 0;
        if (tunnel.Kind == TunnelKind.Vxlan)
        {
            MemoryMarshal.Write(header, new VxlanHeader(vni));
            return;
        }

        int size = OptionSize(tunnel);
        MemoryMarshal.Write(
            header, new GeneveHeader(vni, EtherType.TransparentEthernetBridging, size, critical: size != 0));
        if (size == 0) return;

        Span<byte> option = header.Slice(GeneveHeader.Size, size);
        if (tunnel.FrontendFamily != 0)
        {
            FrontendOption.WriteGeneveHeader(option, size);
            return;
        }

        BinaryPrimitives.WriteUInt16BigEndian(option, OvnOptionClass);
        option[2] = OvnOptionType;
        option[3] = OvnOptionWords;
    }

    private static OuterAddress AddressOf(IpAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.WriteTo(bytes);
        return MemoryMarshal.Read<OuterAddress>(bytes);
    }
}
