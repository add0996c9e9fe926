using Dataplane.Tests.Packets;
using Dataplane.Wire;
using PacketDotNet;
using Xunit;

namespace Dataplane.Tests.Wire;

/// <summary>Frames of a real kernel, read by our views and by PacketDotNet.</summary>
public class GoldenFrameTests
{
    [Theory]
    [InlineData("vxlan-flannel")]
    [InlineData("vxlan-v6inner")]
    public void Views_read_real_frames_as_packetdotnet_does(string variant)
    {
        int compared = 0;
        foreach (byte[] frame in GoldenOverlay.Read(variant).SelectMany(one => one.Seen["n1-vtep"]))
        {
            Assert.Equal(WireError.None, EthernetView.TryParse(frame, out EthernetView ethernet));
            var theirs = (EthernetPacket)PacketDotNet.Packet.ParsePacket(LinkLayers.Ethernet, frame);

            Assert.Equal(theirs.DestinationHardwareAddress.ToString(), Plain(ethernet.Destination));
            Assert.Equal(theirs.SourceHardwareAddress.ToString(), Plain(ethernet.Source));
            Assert.Equal((ushort)theirs.Type, ethernet.EtherType);
            if (ethernet.EtherType == EtherType.Ipv4) CompareIpv4(ethernet.Payload, theirs.Extract<IPv4Packet>());
            if (ethernet.EtherType == EtherType.Ipv6) CompareIpv6(ethernet.Payload, theirs.Extract<IPv6Packet>());
            compared++;
        }

        Assert.True(compared > 50, $"only {compared} frames");
    }

    [Fact]
    public void Every_frame_on_the_wire_is_vxlan_with_a_good_checksum()
    {
        int compared = 0;
        foreach (byte[] frame in GoldenOverlay.Read("vxlan-flannel").SelectMany(one => one.Seen["n1-eth0"]))
        {
            Assert.Equal(WireError.None, EthernetView.TryParse(frame, out EthernetView ethernet));
            Assert.Equal(WireError.None, Ipv4View.TryParse(ethernet.Payload, out Ipv4View ip));
            if (ip.Protocol != IpProtocol.Udp) continue;

            Assert.Equal(WireError.None, UdpView.TryParse(ip.Payload, out UdpView udp));
            Assert.Equal(WireError.None, VxlanView.TryParse(udp.Payload, out VxlanView vxlan));
            Assert.Equal(VxlanHeader.LinuxUdpPort, udp.DestinationPort);
            Assert.True(vxlan is { HasVni: true, Vni: 1, HasReservedBits: false });
            Assert.True(ip.HasGoodChecksum);
            uint pseudo = InternetChecksum.PseudoHeaderV4(ip.Source, ip.Destination, ip.Protocol, udp.Length);
            Assert.Equal(0, InternetChecksum.Finish(pseudo + InternetChecksum.Sum(ip.Payload)));
            compared++;
        }

        Assert.True(compared > 50, $"only {compared} frames");
    }

    private static void CompareIpv4(ReadOnlySpan<byte> packet, IPv4Packet theirs)
    {
        Assert.Equal(WireError.None, Ipv4View.TryParse(packet, out Ipv4View ours));
        Assert.Equal(theirs.SourceAddress.ToString(), IpAddress.FromV4(ours.Source).ToString());
        Assert.Equal(theirs.DestinationAddress.ToString(), IpAddress.FromV4(ours.Destination).ToString());
        Assert.Equal(
            (theirs.TotalLength, (int)theirs.Protocol, theirs.TimeToLive, theirs.Id, theirs.FragmentOffset * 8),
            (ours.TotalLength, ours.Protocol, ours.Ttl, ours.Id, ours.FragmentOffset));
        Assert.Equal(theirs.TypeOfService, ours.Tos);
        if (ours.Protocol != IpProtocol.Udp || ours.IsFragment) return;

        ComparePorts(ours.Payload, theirs.Extract<UdpPacket>());
    }

    private static void CompareIpv6(ReadOnlySpan<byte> packet, IPv6Packet theirs)
    {
        Assert.Equal(WireError.None, Ipv6View.TryParse(packet, out Ipv6View ours));
        Assert.Equal(theirs.SourceAddress.ToString(), IpAddress.FromV6(ours.Source).ToString());
        Assert.Equal(theirs.DestinationAddress.ToString(), IpAddress.FromV6(ours.Destination).ToString());
        Assert.Equal(
            (theirs.PayloadLength, theirs.HopLimit, theirs.TrafficClass, theirs.FlowLabel),
            (ours.PayloadLength, ours.HopLimit, ours.TrafficClass, (int)ours.FlowLabel));
    }

    private static void ComparePorts(ReadOnlySpan<byte> datagram, UdpPacket theirs)
    {
        Assert.Equal(WireError.None, UdpView.TryParse(datagram, out UdpView ours));
        Assert.Equal(
            (theirs.SourcePort, theirs.DestinationPort, theirs.Length, theirs.Checksum),
            (ours.SourcePort, ours.DestinationPort, ours.Length, ours.Checksum.Host));
    }

    private static string Plain(MacAddress mac) => mac.Value.ToString("X12", null);
}
