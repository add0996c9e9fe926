using Dataplane.Bench.Fixtures;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Tests.Oracles;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Bench.Fixtures.SampleCluster;

namespace Dataplane.Tests.Contracts;

/// <summary>What every tunnel must do: what goes in at one node comes out at the other.</summary>
public abstract class TunnelContract
{
    private const int EthernetSize = 14;
    private const int Frames = 300;

    /// <summary>Bytes that the tunnel puts in front of an inner IP packet, the outer Ethernet header aside.</summary>
    protected abstract int Overhead { get; }

    /// <summary>A cluster of two nodes with this tunnel; both families in the pods.</summary>
    protected abstract Emulation Compile();

    [Theory]
    [InlineData(4, 1)]
    [InlineData(4, 2)]
    [InlineData(6, 3)]
    [InlineData(6, 4)]
    public void A_packet_arrives_as_it_was_sent_but_for_two_hops(int family, int seed)
    {
        using Emulation emulation = Compile();
        List<byte[]> frames = RandomPackets(family, seed);

        SeenFrames seen = SeenFrames.Run(emulation, frames);

        List<byte[]> arrived = [.. seen.AtPod(emulation, "pod-100")];
        Assert.Equal(frames.Count, arrived.Count);
        for (int index = 0; index < frames.Count; index++)
        {
            Assert.Equal(WithoutHops(frames[index], family), arrived[index][EthernetSize..]);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Both_outer_checksums_are_good(int family)
    {
        using Emulation emulation = Compile();

        SeenFrames seen = SeenFrames.Run(emulation, RandomPackets(family, seed: 5));

        List<byte[]> wire = [.. seen.At(ObservationPoint.Wire, 0)];
        Assert.Equal(Frames, wire.Count);
        Assert.All(wire, frame =>
        {
            Assert.Equal(WireError.None, Ipv4View.TryParse(frame.AsSpan(EthernetSize), out Ipv4View ip));
            Assert.True(ip.HasGoodChecksum);
            uint pseudo = InternetChecksum.PseudoHeaderV4(ip.Source, ip.Destination, ip.Protocol, ip.Payload.Length);
            Assert.Equal(0, InternetChecksum.Finish(pseudo + InternetChecksum.Sum(ip.Payload)));
        });
    }

    [Fact]
    public void The_largest_packet_fills_the_underlay_and_one_byte_more_is_refused()
    {
        const int underlay = 1500;
        int room = underlay - Overhead;
        using Emulation emulation = Compile();

        SeenFrames fits = SeenFrames.Run(emulation, [OfSize(room)]);
        SeenFrames isTooLarge = SeenFrames.Run(emulation, [OfSize(room + 1)]);

        Assert.Equal(EthernetSize + underlay, Assert.Single(fits.At(ObservationPoint.Wire, 0)).Length);
        Assert.Empty(isTooLarge.At(ObservationPoint.Wire, 0));
        byte[] error = Assert.Single(isTooLarge.AtPod(emulation, "pod-0"));
        Assert.Equal((Icmpv4Type.DestinationUnreachable, Icmpv4Type.FragmentationNeeded), (error[34], error[35]));
        Assert.Equal(room, error[40] << 8 | error[41]);
    }

    private static byte[] OfSize(int size) =>
        FromPod().Ipv4(PodV4(0, 0), PodV4(1, 0), fragment: Ipv4Header.DontFragmentFlag)
            .Udp(4000, 9).Payload(size - Ipv4Header.Size - UdpHeader.Size);

    private static PacketBuilder FromPod() => new PacketBuilder().Eth(PodMac(0, 0), BridgeMac(0));

    private static byte[] WithoutHops(byte[] frame, int family)
    {
        byte[] packet = frame[EthernetSize..];
        packet[family == 4 ? Ipv4Header.TtlOffset : Ipv6Header.HopLimitOffset] -= 2;
        if (family == 6) return packet;

        packet[Ipv4Header.ChecksumOffset] = packet[Ipv4Header.ChecksumOffset + 1] = 0;
        ushort checksum = InternetChecksum.Finish(InternetChecksum.Sum(packet.AsSpan(0, Ipv4Header.Size)));
        BitConverter.TryWriteBytes(packet.AsSpan(Ipv4Header.ChecksumOffset), checksum);
        return packet;
    }

    private static List<byte[]> RandomPackets(int family, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Frames).Select(_ => RandomPacket(random, family))];
    }

    private static byte[] RandomPacket(Random random, int family)
    {
        (byte ttl, byte tos) = ((byte)random.Next(3, 256), (byte)random.Next(256));
        PacketBuilder packet = family == 4
            ? FromPod().Ipv4(PodV4(0, 0), PodV4(1, 0), ttl, (ushort)random.Next(65_536), tos)
            : FromPod().Ipv6(PodV6(0, 0), PodV6(1, 0), ttl, tos);
        byte[] payload = new byte[random.Next(1300)];
        random.NextBytes(payload);
        return random.Next(3) switch
        {
            0 => packet.Udp(random.Next(1, 65_536), random.Next(1, 65_536)).Payload(payload),
            1 => packet.Tcp(random.Next(1, 65_536), random.Next(1, 65_536)).Payload(payload),
            _ => packet.Echo((ushort)random.Next(65_536)).Payload(payload),
        };
    }
}

/// <summary>Flannel's VXLAN, IPv4 outside.</summary>
public sealed class VxlanTunnelTests : TunnelContract
{
    protected override int Overhead => 50;

    protected override Emulation Compile() =>
        new SampleCluster(nodes: 2, services: 0, endpoints: 0, dualStack: true).Compile();
}
