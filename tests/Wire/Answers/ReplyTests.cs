using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Dataplane.Wire.Answers;
using Xunit;
using static Dataplane.Tests.Packets.Packet;

namespace Dataplane.Tests.Wire.Answers;

public class ReplyTests
{
    private const string PodMac = "0a:58:0a:f4:01:0a";
    private const string GatewayMac = "0a:58:0a:f4:01:01";

    [Fact]
    public void A_node_answers_a_ping_to_its_bridge_as_linux_did()
    {
        GoldenCase golden = GoldenOverlay.Case("vxlan-flannel", "to the node's own cni0 address (echo)");
        byte[] expected = golden.Seen["p1a"][0][EthernetHeader.Size..];

        Assert.Equal(expected, Echo(golden.In[EthernetHeader.Size..], (ushort)(expected[4] << 8 | expected[5])));
    }

    [Fact]
    public void A_reply_keeps_the_type_of_service_and_the_data()
    {
        byte[] request = Ipv4("10.244.1.5", "10.244.1.1", ttl: 3, id: 9, tos: 0xB9).Echo(7, 8).Payload(33);
        byte[] reply = Ipv4("10.244.1.1", "10.244.1.5", id: 77, tos: 0xB9).Echo(7, 8, reply: true).Payload(33);

        Assert.Equal(reply, Echo(request, 77));
    }

    [Fact]
    public void A_reply_over_ipv6_keeps_the_traffic_class_and_the_data()
    {
        byte[] request = Ipv6("fd00::5", "fd00::1", hopLimit: 3, trafficClass: 0xB9).Echo(7, 8).Payload(33);
        byte[] reply = Ipv6("fd00::1", "fd00::5", trafficClass: 0xB9).Echo(7, 8, reply: true).Payload(33);

        Assert.Equal(reply, Echo(request, 77));
    }

    [Fact]
    public void Replies_broken_sums_fragments_and_groups_are_not_answered()
    {
        byte[] broken = Ipv4("10.244.1.5", "10.244.1.1").Echo().Payload(8);
        broken[^1] ^= 1;
        byte[] brokenV6 = Ipv6("fd00::5", "fd00::1").Echo().Payload(8);
        brokenV6[^1] ^= 1;
        byte[] fragment = new PacketBuilder().Ipv4("10.244.1.5", "10.244.1.1", fragment: 0x2000).Echo().Payload(8);

        Assert.Empty(Echo(broken, 0));
        Assert.Empty(Echo(brokenV6, 0));
        Assert.Empty(Echo(fragment, 0));
        Assert.Empty(Echo(Ipv4("10.244.1.5", "10.244.1.1").Echo(reply: true), 0));
        Assert.Empty(Echo(Ipv6("fd00::5", "fd00::1").Echo(reply: true), 0));
        Assert.Empty(Echo(Ipv4("10.244.1.5", "224.0.0.1").Echo(), 0));
        Assert.Empty(Echo(Ipv6("fd00::5", "ff02::1").Echo(), 0));
    }

    [Fact]
    public void The_gateway_answers_who_has_as_linux_did()
    {
        GoldenCase golden = GoldenOverlay.Case("vxlan-flannel", "ARP who-has gateway");

        Assert.Equal(golden.Seen["p1a"][0], Arp(golden.In));
    }

    [Fact]
    public void A_tagged_request_gets_a_tagged_answer_and_a_reply_gets_none()
    {
        byte[] request = Eth(PodMac, "ff:ff:ff:ff:ff:ff").Vlan(7).ArpRequest(PodMac, "10.244.1.10", "10.244.1.1");
        byte[] reply = Eth(GatewayMac, PodMac).Vlan(7).ArpReply(GatewayMac, "10.244.1.1", PodMac, "10.244.1.10");

        Assert.Equal(reply, Arp(request));
        Assert.Empty(Arp(reply));
    }

    [Fact]
    public void A_multicast_solicitation_is_advertised_with_the_mac()
    {
        byte[] asked = Eth(PodMac, "33:33:ff:00:00:01")
            .Ipv6("fd00::5", "ff02::1:ff00:1", hopLimit: 255).NeighborSolicitation("fd00::1", PodMac);
        byte[] told = Eth(GatewayMac, PodMac).Ipv6("fd00::1", "fd00::5", hopLimit: 255)
            .NeighborAdvertisement("fd00::1", GatewayMac, 0xE000_0000);

        Assert.Equal(told, Advertise(asked));
    }

    [Fact]
    public void A_probe_for_duplicates_is_answered_to_all_nodes()
    {
        byte[] probe = Eth(PodMac, "33:33:ff:00:00:01")
            .Ipv6("::", "ff02::1:ff00:1", hopLimit: 255).NeighborSolicitation("fd00::1", PodMac);
        byte[] told = Eth(GatewayMac, "33:33:00:00:00:01").Ipv6("fd00::1", "ff02::1", hopLimit: 255)
            .NeighborAdvertisement("fd00::1", GatewayMac, 0xA000_0000);

        Assert.Equal(told, Advertise(probe));
    }

    [Fact]
    public void A_unicast_solicitation_is_confirmed_without_the_mac()
    {
        byte[] asked = Eth(PodMac, GatewayMac)
            .Ipv6("fd00::5", "fd00::1", hopLimit: 255).NeighborSolicitation("fd00::1", PodMac);

        byte[] told = Advertise(asked);

        Assert.Equal(78, told.Length);
        Assert.Equal(WireError.None, NeighborDiscoveryView.TryParse(told.AsSpan(54), out NeighborDiscoveryView view));
        Assert.True(view is { IsAdvertisement: true, IsRouter: true, IsSolicited: true, IsOverride: false });
        Assert.True(view.LinkLayerAddress.IsNone);
    }

    [Fact]
    public void A_solicitation_from_beyond_the_link_is_not_answered() =>
        Assert.Empty(Advertise(Eth(PodMac, GatewayMac)
            .Ipv6("fd00::5", "fd00::1", hopLimit: 254).NeighborSolicitation("fd00::1", PodMac)));

    [Fact]
    public void Any_bytes_at_all_are_answered_or_not_without_an_exception()
    {
        Hostile.Mutations(Ipv4("10.244.1.5", "10.244.1.1").Echo().Payload(20), bytes => Echo(bytes, 1));
        Hostile.Mutations(Ipv6("fd00::5", "fd00::1").Echo().Payload(20), bytes => Echo(bytes, 1));
        Hostile.Mutations(Eth().Vlan(1).ArpRequest(PodMac, "10.244.1.10", "10.244.1.1"), bytes => Arp(bytes));
        Hostile.Mutations(
            Eth().Ipv6("fd00::5", "ff02::1:ff00:1", hopLimit: 255).NeighborSolicitation("fd00::1", PodMac),
            bytes => Advertise(bytes));
    }

    private static byte[] Echo(byte[] request, ushort id)
    {
        byte[] to = new byte[request.Length];
        return to[..EchoReply.Build(to, request, id)];
    }

    private static byte[] Arp(byte[] request)
    {
        byte[] to = new byte[ArpReply.Size + 4 * EthernetView.MaxTags];
        return to[..ArpReply.Build(to, request, Mac(GatewayMac))];
    }

    private static byte[] Advertise(byte[] solicitation)
    {
        byte[] to = new byte[NeighborAdvertisement.Size + 4 * EthernetView.MaxTags];
        return to[..NeighborAdvertisement.Build(to, solicitation, Mac(GatewayMac), isRouter: true)];
    }
}
