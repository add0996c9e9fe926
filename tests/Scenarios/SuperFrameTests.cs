using System.Buffers.Binary;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.Scenario;
using static Dataplane.Tests.Scenarios.Shop;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// TCP super-frames, as a capture in front of the network card's segmentation shows them: <c>--gso segment|keep</c>.
/// </summary>
public sealed class SuperFrameTests
{
    private const int Data = 8000;
    private const int Inner = Ipv4Header.Size + TcpHeader.Size + Data;
    private const int VxlanHeaders = Ipv4Header.Size + UdpHeader.Size + VxlanHeader.Size + EthernetHeader.Size;

    private static readonly ReplayOptions Keep = new() { KeepSuperFrames = true };

    [Fact]
    public void Kept_whole_a_super_frame_has_its_length_in_the_outer_headers_and_arrives_as_one()
    {
        using Scenario shop = Given(Yaml, Keep);
        shop.Send(Super(From(Client), Client, Remote, ttl: 64));
        byte[] wire = Assert.Single(shop.At("node-a/eth0"));
        Assert.Equal(EthernetHeader.Size + VxlanHeaders + Inner, wire.Length);
        Assert.Equal(VxlanHeaders + Inner, BinaryPrimitives.ReadUInt16BigEndian(wire.AsSpan(16)));
        Assert.Equal(VxlanHeaders - Ipv4Header.Size + Inner, BinaryPrimitives.ReadUInt16BigEndian(wire.AsSpan(38)));
        shop.ExpectAt("default/b2", Super(To(Remote, BridgeB), Client, Remote, ttl: 62));
        Assert.Equal((1, 1), (shop.Counters[Verdict.Forwarded], shop.Counters.SuperFrames));
    }

    [Theory]
    [InlineData("flannel", "flannel.backend=host-gw", 0)]
    [InlineData("flannel", "flannel.backend=ipip", 20)]
    [InlineData("cilium", "cilium.tunnel=geneve", 50)]
    [InlineData("ovn-kubernetes", "seed=1", 58)]
    public void Every_tunnel_keeps_it(string cni, string setting, int overhead)
    {
        using Scenario shop = Given(Yaml, Keep with { Cni = cni, Settings = [setting] });
        shop.Send(Super(From(Client), Client, Remote, ttl: 64)).ExpectForwarded();
        Assert.Equal(EthernetHeader.Size + overhead + Inner, Assert.Single(shop.At("node-a/eth0")).Length);
    }

    [Fact]
    public void Segmented_it_is_counted_as_one_too()
    {
        using Scenario shop = Given(Yaml);
        shop.Send(Super(From(Client), Client, Remote, ttl: 64)).ExpectForwarded();
        Assert.Equal(6, shop.At("node-a/eth0").Count());
        Assert.Equal((1, 1), (shop.Counters[Verdict.Forwarded], shop.Counters.SuperFrames));
    }

    [Fact]
    public void Kept_or_not_what_one_wire_could_carry_is_held_to_the_tunnels_MTU()
    {
        using Scenario shop = Given(Yaml, Keep);
        shop.Send(From(Client).Ipv4(Client, Remote, fragment: Ipv4Header.DontFragmentFlag).Tcp(1, 2).Payload(1430))
            .ExpectNothing(DropReason.MtuExceeded, Stage.Route);
        Assert.Equal(0, shop.Counters.SuperFrames);
    }

    [Fact]
    public void What_no_outer_length_could_tell_is_segmented_all_the_same()
    {
        using Scenario shop = Given(Yaml, Keep);
        shop.Send(From(Client).Ipv4(Client, Remote, fragment: Ipv4Header.DontFragmentFlag).Tcp(1, 2).Payload(65_480))
            .ExpectForwarded();
        Assert.All(shop.At("node-a/eth0"), frame => Assert.InRange(frame.Length, 60, 1514));
    }

    private static PacketBuilder Super(PacketBuilder link, string from, string to, byte ttl) =>
        link.Ipv4(from, to, ttl, id: 9, fragment: Ipv4Header.DontFragmentFlag).Tcp(4000, 80).Payload(Data);
}
