using Dataplane.Core;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.DualStackCluster;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// What no tunnel of a CNI takes: each is one drop, named, counted once, and no pod sees anything of it.
/// </summary>
public sealed class BadTunnelTests
{
    private const string N1 = "192.168.56.11";
    private const string N2 = "192.168.56.12";
    private const string N1Six = "fd00:56::1";
    private const string N2Six = "fd00:56::2";
    private const int UdpPayload = 42;
    private const int OuterIp = 14;
    private const int OuterUdp = 34;

    private static readonly string[] Vteps = ["vtep.n1.mac=5e:00:00:00:00:01", "vtep.n2.mac=5e:00:00:00:00:02"];

    private static readonly Row[] Rows =
    [
        new("flannel: the I flag clear", "flannel", Both,
            With(Flannel(), UdpPayload, 0x00), DropReason.BadTunnelHeader),
        new("flannel: group policy", "flannel", Both, With(Flannel(), UdpPayload, 0x88), DropReason.BadTunnelHeader),
        new("flannel: a VNI of nobody's", "flannel", Both, Vxlan(8472, 2), DropReason.UnknownVni),
        new("calico: a VNI of nobody's", "calico", Both + CalicoPools, Vxlan(4789, 1), DropReason.UnknownVni),
        new("ovn: a switch of nobody's", "ovn-kubernetes", Both, Ovn(99, 1, 2), DropReason.UnknownVni),
        new("ovn: another transit switch", "ovn-kubernetes", Zones, Ovn(16711684, 2, 3), DropReason.UnknownVni),
        new("ovn: another node's port", "ovn-kubernetes", Zones, Ovn(16711683, 2, 9), DropReason.UnknownPort),
        new("openshift: an address of no node", "openshift-sdn", Both, Eth().Ipv4("203.0.113.9", N2)
            .Udp(40000, 4789, false).Vxlan(0).Payload(Inner()), DropReason.UnknownTunnelPeer),
        new("cilium: the identity of the host", "cilium", Both, Vxlan(8472, 1), DropReason.InvalidIdentity),
        new("cilium: a bad checksum", "cilium", Both, Summed(Vxlan(8472, 300)), DropReason.TunnelChecksum),
        new("flannel: no checksum over IPv6", "flannel", Both + FlannelIpv6, Six(), DropReason.TunnelChecksum),
        new("cilium: Geneve of version 1", "cilium geneve", Both,
            With(Geneve(300), UdpPayload, 0x40), DropReason.BadTunnelHeader),
        new("ovn: Geneve of version 3", "ovn-kubernetes", Both,
            With(Ovn(1, 1, 2), UdpPayload, 0xC2), DropReason.BadTunnelHeader),
        new("cilium: options past the end", "cilium geneve", Both,
            With(Geneve(300), UdpPayload, 0x3F), DropReason.BadTunnelHeader),
        new("ovn: an option past the options", "ovn-kubernetes", Zones,
            With(Ovn(16711683, 2, 3), UdpPayload + 11, 5), DropReason.BadTunnelHeader),
        new("ovn: no option", "ovn-kubernetes", Zones, Geneve(16711683), DropReason.BadTunnelHeader),
        new("ovn: an unknown critical option", "ovn-kubernetes", Zones,
            With(Ovn(16711683, 2, 3), UdpPayload + 9, 3), DropReason.CriticalOption),
        new("cilium: IPv4 where a frame must be", "cilium geneve", Both,
            With(With(Geneve(300), UdpPayload + 2, 0x08), UdpPayload + 3, 0x00), DropReason.UnsupportedInner),
        new("flannel: ARP inside", "flannel", Both, Eth().Ipv4(N1, N2).Udp(40000, 8472, false)
            .Vxlan(1).ArpRequest("5e:00:00:00:00:01", PodA4, PodB4), DropReason.UnsupportedInner),
        new("flannel: for another device", "flannel", Both,
            With(Flannel(), UdpPayload + 8 + 5, 9), DropReason.WrongMac),
        new("flannel: an inner header that lies", "flannel", Both,
            With(Flannel(), UdpPayload + 8 + 14, 0x44), DropReason.BadHeader),
        new("flannel: IPv6 announced, IPv4 inside", "flannel", Both,
            With(With(Flannel(size: 60), UdpPayload + 8 + 12, 0x86), UdpPayload + 8 + 13, 0xDD), DropReason.BadHeader),
        new("flannel: an inner checksum that is wrong", "flannel", Both,
            With(Flannel(), UdpPayload + 8 + 24, 0xAA), DropReason.BadChecksum),
        new("calico: IPv6 in IPIP", "calico", Both, Eth().Ipv4(N1, N2, protocol: IpProtocol.IpInIp)
            .Payload(Ipv6(PodA6, PodB6).Udp(1, 2)), DropReason.BadHeader),
        new("calico: half an inner packet in IPIP", "calico", Both, Eth().Ipv4(N1, N2).Payload(Ipv4(PodA4, PodB4)
            .Udp(1, 2).Payload(40).Build()[..40]).Build().AsProtocol(IpProtocol.IpInIp), DropReason.Truncated),
        new("flannel: a tunnel in a tunnel in a tunnel", "flannel", Both, Nested(8472, 1), DropReason.UnsupportedInner),
        new("cilium: a tunnel in a tunnel in a tunnel", "cilium", Both, Nested(8472, 300), DropReason.UnsupportedInner),
        new("openshift: a tunnel in a tunnel in a tunnel", "openshift-sdn",
            Both, Nested(4789, 0), DropReason.UnsupportedInner),
        new("calico: IPIP in IPIP in IPIP", "calico", Both,
            Eth().Ipv4(N1, N2).Ipv4(N1, N2).Ipv4(N1, N2).Ipv4(PodA4, PodB4).Udp(1, 2), DropReason.UnsupportedInner),
        new("ovn: a tunnel in a tunnel", "ovn-kubernetes", Zones, NestedOvn(), DropReason.UnsupportedInner),
    ];

    public static TheoryData<string> Names => [.. Rows.Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_bad_tunnel_packet_is_one_named_drop(string name)
    {
        Row row = Rows.Single(row => row.Name == name);
        using Scenario scenario = Given(row.Cni, row.Manifests);
        scenario.Send(row.Frame).ExpectNothing(row.Reason, Stage.Decap).ExpectAt("default/b");
        Assert.Equal((1L, 1L), (scenario.Counters.Records, scenario.Counters[Verdict.Dropped]));
        Assert.Contains(scenario.Counters.Drops(), drop => drop.Reason == row.Reason && drop.Tally.Packets == 1);
    }

    [Theory]
    [InlineData("flannel", 8472, 1, 0)]
    [InlineData("calico", 4789, 4096, 0)]
    [InlineData("cilium", 8472, 300, 0)]
    [InlineData("openshift-sdn", 4789, 0, 0)]
    public void Vxlan_with_any_reserved_bit_is_refused(string cni, int port, int vni, int accepted)
    {
        using Scenario scenario = Given(cni, cni == "calico" ? Both + CalicoPools : Both);
        int reserved = 0;
        for (int bit = 0; bit < 64; bit++)
        {
            if (bit == 4 || bit is >= 32 and < 56) continue;      // the I flag, the VNI

            byte[] frame = Vxlan(port, (uint)vni);
            frame[UdpPayload + (bit / 8)] ^= (byte)(0x80 >> (bit % 8));
            scenario.Send(frame).ExpectNothing(DropReason.BadTunnelHeader, Stage.Decap);
            reserved++;
        }

        Assert.Equal((39, accepted), (reserved, (int)scenario.Counters[Verdict.Forwarded]));
    }

    [Theory]
    [InlineData("flannel")]
    [InlineData("calico")]
    [InlineData("cilium")]
    [InlineData("cilium geneve")]
    [InlineData("openshift-sdn")]
    [InlineData("ovn-kubernetes")]
    public void Cut_off_anywhere_it_is_dropped_where_the_tunnel_ends(string cni)
    {
        using Scenario scenario = Given(cni, cni == "ovn-kubernetes" ? Zones : Both);
        byte[] whole = cni switch
        {
            "flannel" => Flannel(),
            "calico" => Eth().Ipv4(N1, N2).Ipv4(PodA4, PodB4).Udp(1, 2),
            "cilium" => Vxlan(8472, 300),
            "cilium geneve" => Geneve(300),
            "openshift-sdn" => Vxlan(4789, 0),
            _ => Ovn(16711683, 2, 3),
        };
        int inner = cni == "calico" ? OuterUdp : OuterUdp + 8 + 8 + (cni == "ovn-kubernetes" ? 8 : 0) + 14;
        for (int length = cni == "calico" ? OuterUdp : UdpPayload; length < inner + 28; length++)
        {
            scenario.Send(Shortened(whole[..length], cni != "calico"));
            Assert.Equal((length, Verdict.Dropped, Stage.Decap), (length, scenario.Last.Verdict, scenario.Last.Stage));
            Assert.Equal(length < inner + 20 ? DropReason.BadTunnelHeader : DropReason.Truncated, scenario.Last.Drop);
        }

        scenario.Send(whole).ExpectForwarded();
    }

    /// <summary>
    /// RFC 8926 §3.4: reserved bits are ignored on receipt, and O is no business of the packet's way.
    /// </summary>
    [Theory]
    [InlineData(1, 0x80)]
    [InlineData(1, 0x3F)]
    [InlineData(7, 0xFF)]
    public void Geneve_with_reserved_bits_is_taken(int offset, byte bits)
    {
        byte[] frame = Geneve(300);
        frame[UdpPayload + offset] |= bits;
        using Scenario scenario = Given("cilium geneve", Both);
        scenario.Send(frame).ExpectForwarded();
        Assert.Single(scenario.At("default/b"));
    }

    [Fact]
    public void An_unknown_option_that_is_not_critical_is_passed_over()
    {
        byte[] options = [0x01, 0x03, 0x01, 1, 9, 9, 9, 9, 0x01, 0x02, 0x80, 1, 0, 2, 0, 3];
        using Scenario scenario = Given("ovn-kubernetes", Zones);
        scenario.Send(Eth().Ipv4(N1, N2).Udp(40000, 6081, false).Geneve(16711683, options, critical: true)
            .Payload(Inner("0a:58:64:58:00:02", "0a:58:64:58:00:03"))).ExpectForwarded();
        Assert.Single(scenario.At("default/b"));
    }

    private static Scenario Given(string cni, string manifests) => cni == "cilium geneve"
        ? Scenario.GivenCni("cilium", manifests, "cilium.tunnel=geneve")
        : Scenario.GivenCni(cni, manifests, cni == "flannel" ? Vteps : []);

    private static byte[] Inner(string from = "5e:00:00:00:00:01", string to = "5e:00:00:00:00:02", int size = 0) =>
        Eth(from, to).Ipv4(PodA4, PodB4).Udp(1, 2).Payload(size);

    private static byte[] Flannel(int size = 0) =>
        Eth().Ipv4(N1, N2).Udp(40000, 8472, false).Vxlan(1).Payload(Inner(size: size));

    private static byte[] Vxlan(int port, uint vni) =>
        Eth().Ipv4(N1, N2).Udp(40000, port, false).Vxlan(vni).Payload(Inner());

    private static byte[] Geneve(uint vni) => Eth().Ipv4(N1, N2).Udp(40000, 6081, false).Geneve(vni).Payload(Inner());

    private static byte[] Ovn(uint key, byte ingress, byte egress) => Eth().Ipv4(N1, N2).Udp(40000, 6081, false)
        .Geneve(key, [0x01, 0x02, 0x80, 1, 0, ingress, 0, egress], critical: true)
        .Payload(Inner("0a:58:64:58:00:02", "0a:58:64:58:00:03"));

    private static byte[] Six() => Eth().Ipv6(N1Six, N2Six).Udp(40000, 8472, false).Vxlan(1).Payload(Inner());

    private static byte[] Nested(int port, uint vni)
    {
        const string from = "5e:00:00:00:00:01";
        const string to = "5e:00:00:00:00:02";
        PacketBuilder packet = Eth().Ipv4(N1, N2).Udp(40000, port, false).Vxlan(vni);
        for (int depth = 0; depth < 2; depth++)
            packet = packet.Eth(from, to).Ipv4(N1, N2).Udp(40000, port, false).Vxlan(vni);
        return packet.Payload(Inner());
    }

    private static byte[] NestedOvn()
    {
        byte[] options = [0x01, 0x02, 0x80, 1, 0, 2, 0, 3];
        return Eth().Ipv4(N1, N2).Udp(40000, 6081, false).Geneve(16711683, options, critical: true)
            .Eth("0a:58:64:58:00:02", "0a:58:64:58:00:03").Ipv4(N1, N2)
            .Udp(40000, 6081, false).Geneve(16711683, options, critical: true)
            .Payload(Inner("0a:58:64:58:00:02", "0a:58:64:58:00:03"));
    }

    private static byte[] With(byte[] frame, int at, byte value)
    {
        frame[at] = value;
        return frame;
    }

    private static byte[] Summed(byte[] frame) => With(With(frame, 40, 0xDE), 41, 0xAD);

    // Lengths and checksum outside are right for what is left: the sender cut it, not the capture.
    private static byte[] Shortened(byte[] frame, bool isUdp)
    {
        WriteLength(frame, OuterIp + 2, frame.Length - OuterIp);
        if (isUdp) WriteLength(frame, OuterUdp + 4, frame.Length - OuterUdp);
        return frame.AsProtocol(frame[OuterIp + 9]);
    }

    private static void WriteLength(byte[] frame, int at, int value) =>
        (frame[at], frame[at + 1]) = ((byte)(value >> 8), (byte)value);

    private sealed record Row(string Name, string Cni, string Manifests, byte[] Frame, DropReason Reason);
}

/// <summary>Changes to built frames.</summary>
internal static class FrameChanges
{
    /// <summary>The frame with another IPv4 protocol, and a header checksum that is right.</summary>
    public static byte[] AsProtocol(this byte[] frame, byte protocol)
    {
        const int ip = EthernetHeader.Size;
        frame[ip + Ipv4Header.ProtocolOffset] = protocol;
        frame[ip + Ipv4Header.ChecksumOffset] = frame[ip + Ipv4Header.ChecksumOffset + 1] = 0;
        BitConverter.TryWriteBytes(frame.AsSpan(ip + Ipv4Header.ChecksumOffset),
            InternetChecksum.Finish(InternetChecksum.Sum(frame.AsSpan(ip, Ipv4Header.Size))));
        return frame;
    }
}
