using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Dataplane.Wire.Answers;
using Xunit;

namespace Dataplane.Tests.Wire.Answers;

public class Ipv4FragmenterTests
{
    [Fact]
    public void Inner_packets_over_the_tunnel_mtu_are_cut_as_linux_did()
    {
        int compared = 0;
        foreach (GoldenCase golden in GoldenOverlay.Read("vxlan-podmtu1500"))
        {
            byte[][] onTunnel = golden.Seen["n1-vtep"];
            if (onTunnel.Length != 2 || !golden.Name.EndsWith("df=0", StringComparison.Ordinal)) continue;

            byte[] routed = golden.In[EthernetHeader.Size..];
            routed[Ipv4Header.TtlOffset]--;
            Assert.Equal(onTunnel.Select(frame => frame[EthernetHeader.Size..]), Cut(routed, 1450));
            compared++;
        }

        Assert.Equal(6, compared);
    }

    [Fact]
    public void Outer_packets_over_the_underlay_mtu_are_cut_as_linux_did()
    {
        int compared = 0;
        foreach (GoldenCase golden in GoldenOverlay.Read("vxlan-misconf-frag"))
        {
            byte[][] onWire = golden.Seen["n1-eth0"];
            if (onWire.Length != 2 || !golden.Name.StartsWith("udp len", StringComparison.Ordinal)) continue;

            Assert.Equal(onWire.Select(frame => frame[EthernetHeader.Size..]), Cut(Whole(onWire), 1500));
            compared++;
        }

        Assert.True(compared >= 8, $"only {compared} cases");
    }

    [Fact]
    public void Cutting_a_cut_packet_again_keeps_offsets_and_the_flag_for_more()
    {
        byte[] middle = new PacketBuilder()
            .Ipv4("10.0.0.1", "10.0.0.2", id: 5, fragment: 0x2000 | 100, protocol: 17).Payload(104);

        byte[][] fragments = Cut(middle, 20 + 48);

        Assert.Equal(["2064", "206A", "2070"], fragments.Select(one => Convert.ToHexString(one[6..8])));
        Assert.Equal(middle[20..], fragments.SelectMany(one => one[20..]));
    }

    [Fact]
    public void Options_that_are_not_copied_become_no_operations_in_later_fragments()
    {
        byte[] options = [148, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 1];
        byte[] packet = new PacketBuilder().Ipv4("10.0.0.1", "10.0.0.2", options: options, protocol: 17).Payload(64);

        byte[][] fragments = Cut(packet, 32 + 32);

        Assert.Equal(options, fragments[0][20..32]);
        Assert.Equal([148, 4, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1], fragments[1][20..32]);
        Assert.All(fragments, one => Assert.Equal(0, InternetChecksum.Finish(InternetChecksum.Sum(one.AsSpan(0, 32)))));
    }

    [Fact]
    public void The_last_fragment_may_use_bytes_that_are_no_multiple_of_eight()
    {
        byte[] packet = new PacketBuilder().Ipv4("10.0.0.1", "10.0.0.2", protocol: 17).Payload(16 + 23);

        Assert.Equal([36, 43], Cut(packet, 20 + 23).Select(one => one.Length));
    }

    // What a link is charged for, without cutting: 1,498 leaves 1,478 bytes, of which a middle piece uses 1,472.
    [Theory, InlineData(1500), InlineData(1498), InlineData(576), InlineData(68)]
    public void As_many_fragments_are_counted_as_are_cut(int mtu)
    {
        for (int payload = 1; payload < 3100; payload++)
        {
            byte[] packet = new PacketBuilder().Ipv4("10.0.0.1", "10.0.0.2", protocol: 17).Payload(payload);

            Assert.Equal(Cut(packet, mtu).Length, Ipv4Fragmenter.CountFor(payload, mtu - Ipv4Header.Size));
        }
    }

    [Theory, InlineData(27), InlineData(20), InlineData(0)]
    public void An_mtu_without_room_for_eight_bytes_is_refused(int mtu) =>
        Assert.False(Ipv4Fragmenter.TryCreate(
            new PacketBuilder().Ipv4("10.0.0.1", "10.0.0.2", protocol: 17).Payload(64).Build(), mtu, out _));

    [Fact]
    public void Any_bytes_at_all_are_cut_or_not_without_an_exception() =>
        Hostile.Mutations(
            new PacketBuilder().Ipv4("10.0.0.1", "10.0.0.2", options: [7, 7, 4, 0, 0, 0, 0], protocol: 17).Payload(90),
            bytes => Cut(bytes, 68));

    private static byte[][] Cut(byte[] packet, int mtu)
    {
        if (!Ipv4Fragmenter.TryCreate(packet, mtu, out Ipv4Fragmenter fragmenter)) return [];

        byte[][] fragments = new byte[fragmenter.Count][];
        for (int i = 0; i < fragments.Length; i++)
        {
            fragments[i] = new byte[fragmenter.SizeOf(i)];
            Assert.Equal(fragments[i].Length, fragmenter.Build(i, fragments[i]));
        }

        return fragments;
    }

    /// <summary>The packet that two fragments were.</summary>
    private static byte[] Whole(byte[][] frames)
    {
        byte[] whole = [.. frames[0][EthernetHeader.Size..], .. frames[1][(EthernetHeader.Size + Ipv4Header.Size)..]];
        (whole[2], whole[3], whole[6], whole[7]) = ((byte)(whole.Length >> 8), (byte)whole.Length, 0, 0);
        return whole;
    }
}
