using Dataplane.Tests.Packets;
using Dataplane.Wire;
using PacketDotNet;
using Xunit;
using static Dataplane.Tests.Packets.Packet;

namespace Dataplane.Tests.Wire;

/// <summary>Somebody else's parser reads what our builder writes, and our views read the same from it.</summary>
public class PacketDotNetTests
{
    [Fact]
    public void A_tcp_segment_over_ipv4_reads_the_same_and_its_checksums_are_good()
    {
        byte[] frame = Eth().Ipv4("10.244.1.5", "10.96.0.10", ttl: 63, id: 0x1234)
            .Tcp(40000, 80, TcpFlags.Syn | TcpFlags.Ece, sequence: 0xDEADBEEF, options: [2, 4, 5, 0xB4]).Payload("odd");

        EthernetPacket theirs = Theirs(frame);
        var ip = theirs.Extract<IPv4Packet>();
        var tcp = theirs.Extract<TcpPacket>();

        Assert.Equal("020000000001", theirs.SourceHardwareAddress.ToString());
        Assert.Equal(("10.244.1.5", "10.96.0.10"), (ip.SourceAddress.ToString(), ip.DestinationAddress.ToString()));
        Assert.Equal((63, 0x1234), (ip.TimeToLive, ip.Id));
        Assert.True(ip.ValidIPChecksum);
        Assert.True(tcp.ValidTcpChecksum);
        Assert.Equal(
            (40000, 80, 0xDEADBEEF, 24),
            (tcp.SourcePort, tcp.DestinationPort, tcp.SequenceNumber, tcp.DataOffset * 4));
        Assert.True(tcp.Synchronize && tcp.ExplicitCongestionNotificationEcho && !tcp.Acknowledgment);
    }

    [Fact]
    public void A_udp_datagram_over_ipv6_reads_the_same_and_its_checksum_is_good()
    {
        byte[] frame = Eth().Ipv6("fd00:10:244:1::5", "fd00:10:96::a").Udp(5353, 53).Payload("seven b");

        var ip = Theirs(frame).Extract<IPv6Packet>();
        var udp = Theirs(frame).Extract<UdpPacket>();

        Assert.Equal("fd00:10:244:1::5", ip.SourceAddress.ToString());
        Assert.True(udp.ValidUdpChecksum);
        Assert.Equal((5353, 53, 15), (udp.SourcePort, udp.DestinationPort, udp.Length));
    }

    [Fact]
    public void An_arp_request_reads_the_same()
    {
        var arp = Theirs(Eth().ArpRequest("02:00:00:00:00:01", "10.244.1.5", "10.244.1.1")).Extract<ArpPacket>();

        Assert.Equal(ArpOperation.Request, arp.Operation);
        Assert.Equal(("10.244.1.5", "10.244.1.1"),
            (arp.SenderProtocolAddress.ToString(), arp.TargetProtocolAddress.ToString()));
    }

    [Fact]
    public void A_vlan_tag_reads_the_same()
    {
        EthernetPacket theirs = Theirs(Eth().Vlan(100, priority: 5).Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2));

        var tag = theirs.Extract<Ieee8021QPacket>();
        Assert.Equal(100, tag.VlanIdentifier);
        Assert.Equal(5, (int)tag.PriorityControlPoint);
        Assert.NotNull(theirs.Extract<UdpPacket>());
    }

    [Fact]
    public void An_echo_request_reads_the_same_in_both_families()
    {
        var v4 = Theirs(Eth().Ipv4("10.0.0.1", "10.0.0.2").Echo(7, 9).Payload(5)).Extract<IcmpV4Packet>();
        var v6 = Theirs(Eth().Ipv6("fd00::1", "fd00::2").Echo(7, 9).Payload(5)).Extract<IcmpV6Packet>();

        Assert.Equal((IcmpV4TypeCode.EchoRequest, 7, 9), (v4.TypeCode, v4.Id, v4.Sequence));
        Assert.True(v4.ValidIcmpChecksum);
        Assert.Equal(IcmpV6Type.EchoRequest, v6.Type);
        Assert.True(v6.ValidIcmpChecksum);
    }

    [Fact]
    public void A_vxlan_packet_has_the_bytes_of_the_kernel()
    {
        // Flannel's packet as worked out by hand from the kernel's rules: VNI 1, source port from the hash 0x12345678.
        byte[] expected = Hex(
            "45000056123400004011e4fdc0a8010ac0a8010b9d6b21180042a71b08000000000001000200000000bb0200000000aa0800"
            + "45000024abcd40003f01791f0af400020af4010308005558111100016162636465666768");

        byte[] built = Ipv4("192.168.1.10", "192.168.1.11", id: 0x1234).Udp(40299, 8472).Vxlan(1)
            .Eth("02:00:00:00:00:aa", "02:00:00:00:00:bb")
            .Ipv4("10.244.0.2", "10.244.1.3", ttl: 63, id: 0xABCD, fragment: Ipv4Header.DontFragmentFlag)
            .Echo(0x1111, 1).Payload("abcdefgh");

        Assert.Equal(expected, built);
    }

    [Fact]
    public void A_geneve_packet_has_the_bytes_of_ovn()
    {
        byte[] expected = Hex(
            "4500005e123440004011a4f5c0a8010ac0a8010b444c17c1004afba7024065580000070001028001000200050a580af40103"
            + "0a580af40101080045000024abcd40003f01791f0af400020af4010308005558111100016162636465666768");

        byte[] built = new PacketBuilder()
            .Ipv4("192.168.1.10", "192.168.1.11", id: 0x1234, fragment: Ipv4Header.DontFragmentFlag)
            .Udp(17484, 6081).Geneve(7, [1, 2, 0x80, 1, 0, 2, 0, 5], critical: true)
            .Eth("0a:58:0a:f4:01:01", "0a:58:0a:f4:01:03")
            .Ipv4("10.244.0.2", "10.244.1.3", ttl: 63, id: 0xABCD, fragment: Ipv4Header.DontFragmentFlag)
            .Echo(0x1111, 1).Payload("abcdefgh");

        Assert.Equal(expected, built);
    }

    private static EthernetPacket Theirs(byte[] frame) =>
        (EthernetPacket)PacketDotNet.Packet.ParsePacket(LinkLayers.Ethernet, frame);
}
