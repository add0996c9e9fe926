using Dataplane.Core;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Scenarios.DualStackCluster;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// Into the tunnel at one node and out at the other, each emulated alone: random packets come out as they were sent,
/// but for the TTL that the CNI's routers take; the frame's MACs stay only where both pods are on one layer 2.
/// </summary>
public sealed class TunnelRoundTripTests
{
    private const int Packets = 600;
    private const string PodMac = "0a:58:0a:f4:01:0a";

    /// <summary>CNI, family inside, manifests, settings, bytes in front of the inner IP packet, hops.</summary>
    public static TheoryData<string, int, string, string[], int, int> Tunnels => new()
    {
        { "flannel", 4, Both, [], 64, 2 },
        { "flannel", 6, Both, [], 64, 2 },
        { "flannel", 4, Both + FlannelIpv6, [], 64, 2 },
        { "flannel", 6, Both + FlannelIpv6, [], 84, 2 },
        { "flannel", 6, OnlyIpv6, [], 84, 2 },
        { "flannel", 4, Both, ["flannel.backend=ipip"], 34, 2 },
        { "calico", 4, Both, [], 34, 2 },
        { "calico", 4, Both + CalicoPools, [], 64, 2 },
        { "calico", 6, Both + CalicoPools, [], 84, 2 },
        { "cilium", 4, Both, [], 64, 1 },
        { "cilium", 6, Both, [], 64, 1 },
        { "cilium", 4, Both, ["cilium.tunnel=geneve"], 64, 1 },
        { "cilium", 6, Both, ["cilium.tunnel=geneve"], 64, 1 },
        { "openshift-sdn", 4, Both, [], 64, 0 },
        { "ovn-kubernetes", 4, Both, [], 72, 1 },
        { "ovn-kubernetes", 6, Both, [], 72, 1 },
        { "ovn-kubernetes", 6, OnlyIpv6, [], 92, 1 },
        { "ovn-kubernetes", 4, Zones, [], 72, 2 },
        { "ovn-kubernetes", 6, Zones, [], 72, 2 },
    };

    [Theory]
    [MemberData(nameof(Tunnels))]
    public void A_random_packet_comes_out_as_it_went_in(
        string cni, int family, string manifests, string[] settings, int headers, int hops)
    {
        byte[][] sent = [.. new RandomPodPackets(family, seed: 20261, PodMac, "0a:58:0a:f4:01:01").Take(Packets)];
        using var first = new CniRun(cni, "n1", manifests, settings);
        using var second = new CniRun(cni, "n2", manifests, settings);
        List<byte[]> wire = first.Run(sent, ObservationPoint.Wire);
        List<byte[]> delivered = second.Run(wire, ObservationPoint.Pod);

        Assert.Equal((sent.Length, sent.Length), (wire.Count, delivered.Count));
        for (int number = 0; number < sent.Length; number++)
        {
            byte[] packet = PacketOf(sent[number]);
            Assert.Equal(packet.Length + headers, wire[number].Length);
            Assert.Equal(HopLimit(packet) - hops, HopLimit(PacketOf(delivered[number])));
            Assert.Equal(Convert.ToHexStringLower(WithoutHops(packet)),
                Convert.ToHexStringLower(WithoutHops(PacketOf(delivered[number]))));
        }
    }

    [Fact]
    public void On_one_layer_2_the_sender_s_mac_arrives_too()
    {
        byte[][] sent = [.. new RandomPodPackets(4, seed: 7, PodMac, "0a:58:0a:f4:01:01").Take(Packets)];
        string[] settings = ["pod.default/a.mac=" + PodMac];
        using var first = new CniRun("openshift-sdn", "n1", Both, settings);
        using var second = new CniRun("openshift-sdn", "n2", Both, settings);

        List<byte[]> delivered = second.Run(first.Run(sent, ObservationPoint.Wire), ObservationPoint.Pod);

        Assert.Equal(Packets, delivered.Count);
        Assert.All(delivered,
            frame => Assert.Equal("0a580af402140a580af4010a", Convert.ToHexStringLower(frame.AsSpan(0, 12))));
    }

    /// <summary>flannel-v6.1 has 1430 where flannel.1 has 1450: 20 bytes more are around its packets.</summary>
    [Theory]
    [InlineData("flannel")]
    [InlineData("calico")]
    public void A_device_with_ipv6_outside_says_its_own_mtu_when_a_packet_is_too_big(string cni)
    {
        const int room = 1430;
        string manifests = Both + (cni == "calico" ? CalicoPools : FlannelIpv6);
        PacketBuilder From(int size) =>
            new PacketBuilder().Eth(PodMac, "0a:58:0a:f4:01:01").Ipv6(PodA6, PodB6).Udp(4000, 9).Payload(size - 48);
        using var fits = new CniRun(cni, null, manifests, []);
        using var isTooBig = new CniRun(cni, null, manifests, []);

        Assert.Equal(room + 84, Assert.Single(fits.Run([From(room)], ObservationPoint.Wire)).Length);
        byte[] error = Assert.Single(isTooBig.Run([From(room + 1)], ObservationPoint.Pod));
        Assert.Equal(
            (Icmpv6Type.PacketTooBig, 0, room), (error[54], error[58] << 8 | error[59], error[60] << 8 | error[61]));
    }

    private static byte[] PacketOf(byte[] frame)
    {
        int at = 12;
        while (frame[at] == 0x81) at += 4;
        return frame[(at + 2)..];
    }

    private static int HopLimit(byte[] packet) =>
        packet[packet[0] >> 4 == 4 ? Ipv4Header.TtlOffset : Ipv6Header.HopLimitOffset];

    private static byte[] WithoutHops(byte[] packet)
    {
        byte[] bytes = [.. packet];
        if (bytes[0] >> 4 == 6)
        {
            bytes[Ipv6Header.HopLimitOffset] = 0;
            return bytes;
        }

        Assert.True(Ipv4View.TryParse(packet, out Ipv4View view) == WireError.None && view.HasGoodChecksum,
            "the inner header's checksum");
        bytes[Ipv4Header.TtlOffset] = bytes[Ipv4Header.ChecksumOffset] = bytes[Ipv4Header.ChecksumOffset + 1] = 0;
        return bytes;
    }
}
