using System.Buffers.Binary;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Tests.Golden;
using Dataplane.Wire;
using PacketDotNet;
using Xunit;

namespace Dataplane.Tests.Oracles;

/// <summary>What the pipeline's own parser takes a packet for, and what PacketDotNet does: the same flow.</summary>
public sealed unsafe class PacketDotNetKeyTests
{
    private const int EthernetSize = 14;

    [Theory]
    [InlineData("vxlan-flannel")]
    [InlineData("vxlan-v6inner")]
    [InlineData("hostgw")]
    public void Keys_of_a_kernel_s_frames_are_the_same(string variant)
    {
        using var names = new AddressNames(AddressMap.Build([]));
        int compared = 0;
        foreach (byte[] frame in OverlayVariant.Load(variant).Encap
            .SelectMany(one => one.N1Eth0.Concat(one.P2a).Append(one.In)))
        {
            var theirs = (EthernetPacket)Packet.ParsePacket(LinkLayers.Ethernet, frame);
            if (theirs.PayloadPacket is not IPPacket ip || !TryParse(frame, names, out Lane lane)) continue;
            if (lane.Is(Shape.Fragment)) continue; // PacketDotNet reads no ports in the first one

            Assert.Equal(ip.SourceAddress.ToString(), Text(lane.Key.Source, lane.Key.Family, names));
            Assert.Equal(ip.DestinationAddress.ToString(), Text(lane.Key.Destination, lane.Key.Family, names));
            Assert.Equal((byte)ip.Protocol, lane.Key.Protocol);
            Assert.Equal(PortsOf(ip) ?? (lane.Key.SourcePort, lane.Key.DestinationPort),
                (lane.Key.SourcePort, lane.Key.DestinationPort));
            compared++;
        }

        Assert.True(compared > 100, $"only {compared} frames");
    }

    private static bool TryParse(byte[] frame, AddressNames names, out Lane lane)
    {
        lane = default;
        fixed (byte* bytes = frame)
        {
            lane.Frame = bytes;
            lane.Network = bytes + EthernetSize;
            lane.Length = frame.Length;
            lane.LinkSize = EthernetSize;
            return NetworkParser.Parse(ref lane, frame.Length - EthernetSize, 0, names) is DropReason.None;
        }
    }

    // ICMP queries carry their id in both ports, as in conntrack; of SCTP PacketDotNet knows nothing.
    private static (ushort Source, ushort Destination)? PortsOf(IPPacket ip)
    {
        return ip.PayloadPacket switch
        {
            TcpPacket tcp => (tcp.SourcePort, tcp.DestinationPort),
            UdpPacket udp => (udp.SourcePort, udp.DestinationPort),
            IcmpV4Packet { TypeCode: IcmpV4TypeCode.EchoRequest or IcmpV4TypeCode.EchoReply } icmp =>
                (icmp.Id, icmp.Id),
            IcmpV6Packet { Type: IcmpV6Type.EchoRequest or IcmpV6Type.EchoReply } icmp => (IdOf(icmp), IdOf(icmp)),
            _ when (byte)ip.Protocol == IpProtocol.Sctp => null,
            _ => (0, 0),
        };
    }

    private static ushort IdOf(IcmpV6Packet icmp) =>
        BinaryPrimitives.ReadUInt16BigEndian(icmp.HeaderSegment.ActualBytes().AsSpan(4));

    private static string Text(uint name, byte family, AddressNames names) =>
        (family == 4 ? IpAddress.FromV4(name) : names.AddressOf(name)).ToString();
}
