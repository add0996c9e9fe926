using System.Net;
using PacketDotNet;
using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>The judge is judged: what must be forgiven is, and nothing else.</summary>
public class FairFrameTests
{
    private const string Node1 = "192.168.56.11";
    private const string Pod = "10.244.1.10";
    private const int OuterIdAt = 14 + 4;
    private const int OuterTtlAt = 14 + 8;
    private const int OuterUdpChecksumAt = 14 + 20 + 6;

    [Fact]
    public void Tunnel_packets_that_differ_in_id_and_source_port_are_equal() =>
        Assert.Equal(
            FairFrame.Normalize(Frame(Node1, 4711, 33297, 8472)),
            FairFrame.Normalize(Frame(Node1, 1, 60355, 8472)));

    [Fact]
    public void The_id_and_the_source_port_become_zero_and_checksums_stay_good()
    {
        byte[] fair = FairFrame.Normalize(Frame(Node1, 4711, 33297, 8472));
        Packet packet = Packet.ParsePacket(LinkLayers.Ethernet, fair);

        Assert.Equal(0, packet.Extract<IPv4Packet>().Id);
        Assert.True(packet.Extract<IPv4Packet>().ValidIPChecksum);
        Assert.Equal(0, packet.Extract<UdpPacket>().SourcePort);
        Assert.True(packet.Extract<UdpPacket>().ValidChecksum);
    }

    [Theory]
    [InlineData(OuterTtlAt)]
    [InlineData(OuterUdpChecksumAt)]
    [InlineData(OuterUdpChecksumAt + 1)]
    [InlineData(14 + 10)]
    [InlineData(14 + 20 + 8)]
    [InlineData(0)]
    public void Any_other_byte_that_differs_still_differs(int at)
    {
        byte[] other = Frame(Node1, 4711, 33297, 8472);
        other[at] ^= 1;

        Assert.NotEqual(FairFrame.Normalize(Frame(Node1, 4711, 33297, 8472)), FairFrame.Normalize(other));
    }

    [Fact]
    public void An_absent_udp_checksum_stays_absent()
    {
        byte[] frame = Frame(Node1, 4711, 33297, 8472);
        frame.AsSpan(OuterUdpChecksumAt, 2).Clear();

        Assert.Equal(
            0, Packet.ParsePacket(LinkLayers.Ethernet, FairFrame.Normalize(frame)).Extract<UdpPacket>().Checksum);
    }

    [Fact]
    public void What_a_pod_sends_keeps_its_id_and_its_ports_even_to_a_tunnel_port()
    {
        byte[] frame = Frame(Pod, 4711, 33297, 8472);

        Assert.Equal(frame, FairFrame.Normalize(frame));
    }

    [Fact]
    public void A_node_s_own_packet_loses_only_its_id()
    {
        byte[] fair = FairFrame.Normalize(Frame("10.244.1.1", 4711, 33297, 53));

        Assert.Equal(0, fair[OuterIdAt] | fair[OuterIdAt + 1]);
        Assert.Equal(33297, Packet.ParsePacket(LinkLayers.Ethernet, fair).Extract<UdpPacket>().SourcePort);
    }

    [Fact]
    public void The_frame_that_was_given_is_not_touched()
    {
        byte[] frame = Frame(Node1, 4711, 33297, 8472);
        byte[] before = [.. frame];
        FairFrame.Normalize(frame);

        Assert.Equal(before, frame);
    }

    [Fact]
    public void The_source_port_is_told_for_tunnel_packets_alone()
    {
        Assert.Equal((ushort)33297, FairFrame.TunnelSourcePort(Frame(Node1, 1, 33297, 8472)));
        Assert.Null(FairFrame.TunnelSourcePort(Frame(Node1, 1, 33297, 53)));
        Assert.Null(FairFrame.TunnelSourcePort(Frame(Pod, 1, 33297, 8472)));
    }

    [Theory]
    [InlineData("10-overlay/vxlan-flannel/live-n1-eth0.pcap")]
    [InlineData("10-overlay/vxlan-misconf-frag/live-n1-eth0.pcap")]
    [InlineData("10-overlay/geneve-kernel-udpcsum/live-n1-eth0.pcap")]
    public void Good_checksums_of_real_captures_stay_good(string name)
    {
        foreach (CapturedFrame frame in PcapFile.Golden(name).Frames)
        {
            Packet packet = Packet.ParsePacket(LinkLayers.Ethernet, FairFrame.Normalize(frame.Bytes));
            IPv4Packet? ip = packet.Extract<IPv4Packet>();
            if (ip is null) continue;

            Assert.True(ip.ValidIPChecksum);
            bool isWhole = (ip.FragmentFlags & 1) == 0 && ip.FragmentOffset == 0;
            if (isWhole && ip.PayloadPacket is UdpPacket { Checksum: not 0 } udp) Assert.True(udp.ValidChecksum);
        }
    }

    private static byte[] Frame(string source, ushort id, ushort sourcePort, ushort destinationPort)
    {
        byte[] payload = new byte[60];
        new Random(destinationPort).NextBytes(payload);
        payload[8 + 12] = 0x86;
        UdpPacket udp = new(sourcePort, destinationPort) { PayloadData = payload };
        IPv4Packet ip = new(IPAddress.Parse(source), IPAddress.Parse("192.168.56.12")) { Id = id, PayloadPacket = udp };
        udp.UpdateUdpChecksum();
        ip.UpdateIPChecksum();
        EthernetPacket ethernet = new(new([2, 0, 0, 0, 0, 1]), new([2, 0, 0, 0, 0, 2]), EthernetType.IPv4)
        {
            PayloadPacket = ip,
        };
        return ethernet.Bytes;
    }
}
