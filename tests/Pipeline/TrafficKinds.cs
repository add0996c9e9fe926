using Dataplane.Bench.Fixtures;
using Dataplane.Core;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using static Dataplane.Bench.Fixtures.SampleCluster;

namespace Dataplane.Tests.Pipeline;

/// <summary>What comes past a dataplane, the errors above all; in a <see cref="SampleCluster"/> of two nodes.</summary>
public static class TrafficKinds
{
    private const int Count = 64;
    private const ushort TunnelPort = 8472;
    private const ushort First = Ipv4Header.MoreFragmentsFlag;
    private const int BeyondTunnelMtu = 1460;

    public static IReadOnlyList<TrafficKind> All { get; } =
    [
        new("one flow", Many(_ => FromPod().Ipv4(Here, There).Udp(40000, 9).Payload(20)), Verdict.Forwarded),
        new("many flows", Many(i => FromPod().Ipv4(Here, There).Udp(40000 + i, 9).Payload(20)), Verdict.Forwarded),
        new("new connections", Many(i => FromPod().Ipv4(Here, There).Udp(i << 8, 9).Payload(20)), Verdict.Forwarded)
        {
            AlwaysNew = true,
        },
        new("a Service", Many(i => Syn(i, ServiceV4(1 + (i % 9)))), Verdict.Forwarded),
        new("new connections to a Service", Many(i => Syn(i << 8, ServiceV4(1))), Verdict.Forwarded)
        {
            AlwaysNew = true,
        },
        new("a Service without backends", Many(i => Syn(i, ServiceV4(0))), Verdict.Dropped)
        {
            Drop = DropReason.NoBackend,
        },
        new("a Service's replies seen at the client", Many(ReplyOfService), Verdict.Forwarded),
        new("IPv6", Many(i => FromPod().Ipv6(Here6, There6).Udp(40000 + i, 9).Payload(20)), Verdict.Forwarded),
        new("an IPv6 Service",
            Many(i => FromPod().Ipv6(Here6, ServiceV6(1)).Tcp(40000 + i, 80, TcpFlags.Syn)), Verdict.Forwarded),
        new("the internet, masqueraded",
            Many(i => FromPod().Ipv4(Here, Outside).Udp(40000 + i, 53).Payload(20)), Verdict.Forwarded),
        new("SCTP to the internet", Many(i => FromPod().Ipv4(Here, Outside).Sctp(40000 + i, 53)), Verdict.Forwarded),
        new("a pod of the same node",
            Many(i => Neighbour().Ipv4(Here, PodV4(0, 1)).Udp(40000 + i, 9)), Verdict.Forwarded),
        new("an ICMP error that quotes a translated packet", Many(QuotesTranslated), Verdict.Forwarded),
        new("an echo request to the gateway",
            Many(i => FromPod().Ipv4(Here, BridgeV4(0)).Echo((ushort)i)), Verdict.Answered),
        new("ARP for the gateway",
            Many(_ => Eth("ff:ff:ff:ff:ff:ff").ArpRequest(PodMac(0, 0), Here, BridgeV4(0))), Verdict.Answered),
        new("neighbour solicitation", Many(_ => Solicitation()), Verdict.Answered),
        new("TTL 1", Many(_ => FromPod().Ipv4(Here, There, ttl: 1).Udp(1, 9)), Verdict.Dropped)
        {
            Drop = DropReason.TtlExceeded,
        },
        new("hop limit 1", Many(_ => FromPod().Ipv6(Here6, There6, hopLimit: 1).Udp(1, 9)), Verdict.Dropped)
        {
            Drop = DropReason.TtlExceeded,
        },
        new("too large, DF set", Many(_ => TooLarge(Ipv4Header.DontFragmentFlag)), Verdict.Dropped)
        {
            Drop = DropReason.MtuExceeded,
        },
        new("too large, DF clear", Many(_ => TooLarge(0)), Verdict.Forwarded),
        new("too large, IPv6", Many(_ => FromPod().Ipv6(Here6, There6).Udp(1, 9).Payload(BeyondTunnelMtu)),
            Verdict.Dropped) { Drop = DropReason.MtuExceeded },
        new("fragments of a masqueraded packet", Fragments(), Verdict.Forwarded),
        new("a bad IPv4 checksum", Many(_ => Broken(10)), Verdict.Dropped) { Drop = DropReason.BadChecksum },
        new("a bad UDP checksum", Many(_ => Broken(26)), Verdict.Forwarded),
        new("a header that lies about its length", Many(_ => Broken(2)), Verdict.Dropped)
        {
            Drop = DropReason.Truncated,
        },
        new("an unknown IP version", Many(_ => Broken(0)), Verdict.Dropped) { Drop = DropReason.BadHeader },
        new("frames cut by the snap length", Many(_ => Cut()), Verdict.Forwarded) { Missing = 22 },
        new("IP options", Many(_ => FromPod().Ipv4(Here, There, options: [7, 7, 4, 0, 0, 0, 0]).Udp(1, 9)),
            Verdict.Forwarded),
        new("VLAN tags",
            Many(_ => new PacketBuilder().Eth(PodMac(0, 0), BridgeMac(0)).Vlan(7).Ipv4(Here, There).Udp(1, 9)),
            Verdict.Forwarded),
        new("raw IP", Many(_ => Packet.Ipv4(Here, There).Udp(1, 9)), Verdict.Forwarded) { LinkType = LinkType.Raw },
        new("unknown addresses", Many(_ => FromPod().Ipv4("203.0.113.1", "203.0.113.2").Udp(1, 9)), Verdict.Ignored)
        {
            Ignored = IgnoreReason.UnknownAddresses,
        },
        new("something that is not IP", Many(_ => new PacketBuilder().Eth(type: 0x88CC).Payload(46)), Verdict.Ignored)
        {
            Ignored = IgnoreReason.NotIp,
        },
        new("a pod that is not there", Many(_ => FromPod().Ipv4(Here, "10.244.1.250").Udp(1, 9)), Verdict.Dropped)
        {
            Drop = DropReason.HostUnreachable,
        },
        new("a TCP packet of no connection", Many(i => FromPod().Ipv4(Here, ServiceV4(2))
            .Tcp(50000 + i, 80, TcpFlags.Syn | TcpFlags.Ack)), Verdict.Dropped) { Drop = DropReason.InvalidState },
        new("tunnel packets", Many(i => Tunnel(1).Eth(TunnelMac(0), TunnelMac(1)).Ipv4(Here, There, ttl: 63).Udp(i, 9)),
            Verdict.Forwarded),
        new("tunnel packets of another VNI", Many(_ => Tunnel(2).Eth(TunnelMac(0), TunnelMac(1))
            .Ipv4(Here, There).Udp(1, 9)), Verdict.Dropped) { Drop = DropReason.UnknownVni },
        new("fragmented tunnel packets", TunnelFragments(whole: true), Verdict.Forwarded),
        new("tunnel packets that stay incomplete", TunnelFragments(whole: false), Verdict.Dropped)
        {
            Drop = DropReason.FragmentTimeout,
        },
    ];

    private static string Here => PodV4(0, 0);

    private static string There => PodV4(1, 0);

    private static string Here6 => PodV6(0, 0);

    private static string There6 => PodV6(1, 0);

    private static byte[][] Many(Func<int, byte[]> frame) => [.. Enumerable.Range(0, Count).Select(frame)];

    private static byte[][] Many(Func<int, PacketBuilder> frame) => Many(i => frame(i).Build());

    private static PacketBuilder Eth(string destination) => new PacketBuilder().Eth(PodMac(0, 0), destination);

    private static PacketBuilder FromPod() => Eth(BridgeMac(0));

    private static PacketBuilder Neighbour() => Eth(PodMac(0, 1));

    private static PacketBuilder Syn(int port, string service) =>
        FromPod().Ipv4(Here, service).Tcp(port, ServicePort, TcpFlags.Syn);

    private static byte[] Broken(int offset)
    {
        byte[] frame = FromPod().Ipv4(Here, There).Udp(1, 9).Payload(20);
        frame[14 + offset] ^= 0x10;
        return frame;
    }

    private static byte[] Cut() => FromPod().Ipv4(Here, There).Udp(1, 9).Payload(20).Build()[..40];

    private static PacketBuilder TooLarge(ushort flags) =>
        FromPod().Ipv4(Here, There, fragment: flags).Udp(1, 9).Payload(BeyondTunnelMtu);

    private static PacketBuilder Solicitation() => Eth("33:33:ff:00:00:01").Ipv6(Here6, "ff02::1:ff00:1", hopLimit: 255)
        .NeighborSolicitation(BridgeV6(0), PodMac(0, 0));

    // One SYN, then what the backend answers, as the client saw it: from the Service's address.
    private static PacketBuilder ReplyOfService(int index) => index == 0
        ? Syn(41000, ServiceV4(3))
        : new PacketBuilder().Eth(BridgeMac(0), PodMac(0, 0)).Ipv4(ServiceV4(3), Here, ttl: 62)
            .Tcp(ServicePort, 41000, index == 1 ? TcpFlags.Syn | TcpFlags.Ack : TcpFlags.Ack);

    private static PacketBuilder QuotesTranslated(int index) => index == 0
        ? Syn(42000, ServiceV4(4))
        : FromPod().Ipv4(Here, There).Icmp(Icmpv4Type.DestinationUnreachable, 3)
            .Payload(Packet.Ipv4(There, Here).Udp(9, 42000).Payload(20));

    private static PacketBuilder Tunnel(uint vni) => new PacketBuilder().Eth(NodeMac(0), NodeMac(1))
        .Ipv4(NodeV4(0), NodeV4(1)).Udp(50000, TunnelPort).Vxlan(vni);

    private static List<byte[]> Fragments() =>
    [
        .. Enumerable.Range(0, Count / 2).SelectMany(i => new byte[][]
        {
            FromPod().Ipv4(Here, Outside, id: (ushort)i, fragment: First).Udp(43000, 53).Payload(24),
            FromPod().Ipv4(Here, Outside, id: (ushort)i, fragment: 4, protocol: IpProtocol.Udp).Payload(24),
        }),
    ];

    private static List<byte[]> TunnelFragments(bool whole)
    {
        List<byte[]> frames = [];
        for (int id = 0; id < Count / 2; id++)
        {
            byte[] packet = Tunnel(1).Eth(TunnelMac(0), TunnelMac(1)).Ipv4(Here, There, ttl: 63).Udp(1, 9).Payload(400);
            byte[] payload = packet[34..];
            frames.Add(Outer(id, First, payload[..240]));
            if (whole) frames.Add(Outer(id, 240 / 8, payload[240..]));
        }

        return frames;
    }

    private static byte[] Outer(int id, ushort fragment, byte[] payload) =>
        new PacketBuilder().Eth(NodeMac(0), NodeMac(1))
            .Ipv4(NodeV4(0), NodeV4(1), id: (ushort)id, fragment: fragment, protocol: IpProtocol.Udp).Payload(payload);
}
