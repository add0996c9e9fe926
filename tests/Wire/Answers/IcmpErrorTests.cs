using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Dataplane.Wire.Answers;
using Xunit;
using static Dataplane.Tests.Packets.Packet;

namespace Dataplane.Tests.Wire.Answers;

public class IcmpErrorTests
{
    private const string Gateway = "10.244.1.1";

    /// <summary>The kernel's answer to a pod; hops: how often the offending packet's TTL was lowered before.</summary>
    [Theory]
    [InlineData("vxlan-flannel", "udp ttl=1", Icmpv4Type.TimeExceeded, 0, 0u, 0)]
    [InlineData("vxlan-flannel", "no route", Icmpv4Type.DestinationUnreachable, Icmpv4Type.NetUnreachable, 0u, 0)]
    [InlineData("vxlan-flannel", "to a pod on the same node via the gateway MAC (redirect)",
        Icmpv4Type.Redirect, Icmpv4Type.RedirectHost, 0x0AF4010Bu, 1)]
    [InlineData("vxlan-podmtu1500", "udp len=1423 df=1",
        Icmpv4Type.DestinationUnreachable, Icmpv4Type.FragmentationNeeded, 1450u, 0)]
    [InlineData("vxlan-podmtu1500", "udp len=1472 df=1",
        Icmpv4Type.DestinationUnreachable, Icmpv4Type.FragmentationNeeded, 1450u, 0)]
    public void The_near_node_answers_as_linux_did(
        string variant, string name, byte type, byte code, uint rest, int hops)
    {
        GoldenCase golden = GoldenOverlay.Case(variant, name);
        byte[] expected = golden.Seen["p1a"][0][EthernetHeader.Size..];

        byte[] answer = Answer(Forwarded(golden.In, hops), Gateway, type, code, rest, Id(expected));

        Assert.Equal(expected, answer);
    }

    [Theory]
    [InlineData("udp ttl=2", Icmpv4Type.TimeExceeded, 0, 1)]
    [InlineData("to an unused pod address on the other node",
        Icmpv4Type.DestinationUnreachable, Icmpv4Type.HostUnreachable, 2)]
    public void The_far_node_answers_as_linux_did(string name, byte type, byte code, int hops)
    {
        GoldenCase golden = GoldenOverlay.Case("vxlan-flannel", name);
        byte[] expected = golden.Seen["n1-vtep"][1][EthernetHeader.Size..];

        byte[] answer = Answer(Forwarded(golden.In, hops), "10.244.2.0", type, code, 0, Id(expected));

        Assert.Equal(expected, answer);
    }

    [Fact]
    public void A_port_that_nobody_listens_on_is_answered_as_linux_did()
    {
        GoldenCase golden = GoldenOverlay.Case("vxlan-flannel", "wrong udp port", "decap.json");
        byte[] expected = golden.Seen["n1-eth0"][0][EthernetHeader.Size..];

        byte[] answer = Answer(
            golden.In[EthernetHeader.Size..], "192.168.56.12", Icmpv4Type.DestinationUnreachable,
            Icmpv4Type.PortUnreachable, 0, Id(expected));

        Assert.Equal(expected, answer);
    }

    [Theory]
    [InlineData(0x00, 0xC0)]
    [InlineData(0x10, 0xD0)]
    [InlineData(0xB8, 0xD8)]
    [InlineData(0x03, 0xC2)]
    public void The_type_of_service_is_network_control_with_the_old_four_bits(byte tos, byte expected)
    {
        byte[] answer = Answer(
            Ipv4("10.244.1.5", "10.244.2.7", tos: tos).Udp(1, 2), Gateway, Icmpv4Type.TimeExceeded, 0, 0, 0);

        Assert.Equal(expected, answer[Ipv4Header.TosOffset]);
    }

    [Fact]
    public void An_error_is_never_answered_but_an_echo_is()
    {
        byte[] error = Ipv4("10.244.1.5", "10.244.2.7").Icmp(Icmpv4Type.TimeExceeded).Payload(28);
        byte[] unknown = Ipv4("10.244.1.5", "10.244.2.7").Icmp(40).Payload(28);
        byte[] echo = Ipv4("10.244.1.5", "10.244.2.7").Echo();

        Assert.Empty(Answer(error, Gateway, Icmpv4Type.TimeExceeded, 0, 0, 0));
        Assert.Empty(Answer(unknown, Gateway, Icmpv4Type.TimeExceeded, 0, 0, 0));
        Assert.NotEmpty(Answer(echo, Gateway, Icmpv4Type.TimeExceeded, 0, 0, 0));
    }

    [Theory]
    [InlineData("10.244.1.5", "224.0.0.1")]
    [InlineData("10.244.1.5", "255.255.255.255")]
    [InlineData("0.0.0.0", "10.244.2.7")]
    [InlineData("127.0.0.1", "10.244.2.7")]
    [InlineData("239.1.1.1", "10.244.2.7")]
    public void No_answer_goes_to_or_about_a_group(string source, string destination) =>
        Assert.Empty(Answer(Ipv4(source, destination).Udp(1, 2), Gateway, Icmpv4Type.TimeExceeded, 0, 0, 0));

    [Fact]
    public void Only_the_first_fragment_is_answered()
    {
        byte[] first = new PacketBuilder().Ipv4("10.244.1.5", "10.244.2.7", fragment: 0x2000).Udp(1, 2).Payload(8);
        byte[] later = new PacketBuilder().Ipv4("10.244.1.5", "10.244.2.7", fragment: 0x2002, protocol: 17).Payload(16);

        Assert.NotEmpty(Answer(first, Gateway, Icmpv4Type.TimeExceeded, 0, 0, 0));
        Assert.Empty(Answer(later, Gateway, Icmpv4Type.TimeExceeded, 0, 0, 0));
    }

    [Fact]
    public void Padding_behind_the_packet_is_not_quoted()
    {
        byte[] packet = Ipv4("10.244.1.5", "10.244.2.7").Udp(1, 2).Payload(2);

        byte[] answer = Answer([.. packet, 0, 0, 0, 0], Gateway, Icmpv4Type.TimeExceeded, 0, 0, 0);

        Assert.Equal(packet, answer[28..]);
    }

    [Fact]
    public void A_packet_too_big_for_ipv6_quotes_up_to_1280_bytes()
    {
        byte[] offending = Ipv6("fd00:1::5", "fd00:2::7").Udp(1, 2).Payload(1440);
        byte[] expected = Ipv6("fd00:1::1", "fd00:1::5")
            .Icmp(Icmpv6Type.PacketTooBig, rest: 1430).Payload(offending[..(1280 - 48)]);

        Assert.Equal(expected, AnswerV6(offending, Icmpv6Type.PacketTooBig, 0, 1430));
        Assert.Equal(1280, expected.Length);
    }

    [Fact]
    public void Ipv6_errors_are_not_answered_and_multicast_only_with_too_big()
    {
        byte[] error = Ipv6("fd00:1::5", "fd00:2::7").Icmp(Icmpv6Type.TimeExceeded).Payload(48);
        byte[] multicast = Ipv6("fd00:1::5", "ff0e::1").Udp(1, 2).Payload(8);
        byte[] nobody = Ipv6("::", "fd00:2::7").Udp(1, 2).Payload(8);

        Assert.Empty(AnswerV6(error, Icmpv6Type.TimeExceeded, 0, 0));
        Assert.Empty(AnswerV6(nobody, Icmpv6Type.TimeExceeded, 0, 0));
        Assert.Empty(AnswerV6(multicast, Icmpv6Type.TimeExceeded, 0, 0));
        Assert.NotEmpty(AnswerV6(multicast, Icmpv6Type.PacketTooBig, 0, 1280));
    }

    [Fact]
    public void Any_bytes_at_all_are_answered_or_not_without_an_exception()
    {
        byte[] v4 = Ipv4("10.244.1.5", "10.244.2.7").Icmp(Icmpv4Type.EchoRequest).Payload(30);
        byte[] v6 = Ipv6("fd00:1::5", "fd00:2::7").Icmp(Icmpv6Type.EchoRequest).Payload(30);
        Hostile.Mutations(v4, bytes => Answer(bytes, Gateway, Icmpv4Type.TimeExceeded, 0, 0, 0));
        Hostile.Mutations(v6, bytes => AnswerV6(bytes, Icmpv6Type.TimeExceeded, 0, 0));
    }

    private static byte[] Answer(byte[] offending, string source, byte type, byte code, uint rest, ushort id)
    {
        byte[] to = new byte[IcmpError.MaxSizeV4];
        return to[..IcmpError.BuildV4(to, offending, V4(source), type, code, rest, id)];
    }

    private static byte[] AnswerV6(byte[] offending, byte type, byte code, uint rest)
    {
        byte[] to = new byte[IcmpError.MaxSizeV6];
        return to[..IcmpError.BuildV6(to, offending, V6("fd00:1::1"), type, code, rest)];
    }

    private static ushort Id(byte[] ipPacket) => (ushort)(ipPacket[4] << 8 | ipPacket[5]);

    /// <summary>The IP packet of a frame after some routers, checksum put right.</summary>
    private static byte[] Forwarded(byte[] frame, int hops)
    {
        byte[] packet = frame[EthernetHeader.Size..];
        ushort old = (ushort)(packet[8] << 8 | packet[9]);
        packet[Ipv4Header.TtlOffset] -= (byte)hops;
        ushort changed = (ushort)(packet[8] << 8 | packet[9]);
        ushort checksum = InternetChecksum.Update((ushort)(packet[10] << 8 | packet[11]), old, changed);
        (packet[10], packet[11]) = ((byte)(checksum >> 8), (byte)checksum);
        return packet;
    }
}
