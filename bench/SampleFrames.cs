using Dataplane.Bench.Fixtures;
using Dataplane.Core;
using Dataplane.Tests.Packets;
using static Dataplane.Bench.Fixtures.SampleCluster;

namespace Dataplane.Bench;

/// <summary>Frames for benchmarks, of the size that is asked for.</summary>
internal static class SampleFrames
{
    public const int Small = 60;
    public const int Large = 1464;

    private const int UdpHeaders = 42;
    private const int TunnelHeaders = 92;
    private const int TunnelPort = 8472;

    /// <summary>From pods of node 0 to pods of node 1, a source port each.</summary>
    public static List<byte[]> AcrossNodes(int flows, int size) =>
    [
        .. Enumerable.Range(0, flows)
            .Select(flow => ((byte[])new PacketBuilder().Eth(PodMac(0, Pod(flow)), BridgeMac(0))
                .Ipv4(PodV4(0, Pod(flow)), PodV4(1, Pod(flow / 7)))
                .Udp(1024 + (flow / PodsPerNode % 60_000), 9).Payload(size - UdpHeaders))),
    ];

    /// <summary>One flow, a burst of it.</summary>
    public static List<byte[]> OneFlow(int size) =>
        [.. Enumerable.Repeat(AcrossNodes(1, size)[0], PacketBurst.MaxRecords)];

    /// <summary>What node 0 has sent to node 1 through the tunnel.</summary>
    public static List<byte[]> Tunnelled(int size) =>
    [
        .. Enumerable.Range(0, PacketBurst.MaxRecords)
            .Select(flow => ((byte[])new PacketBuilder().Eth(NodeMac(0), NodeMac(1))
                .Ipv4(NodeV4(0), NodeV4(1)).Udp(40_000 + flow, TunnelPort).Vxlan(1).Eth(TunnelMac(0), TunnelMac(1))
                .Ipv4(PodV4(0, flow), PodV4(1, flow), ttl: 63).Udp(1024, 9)
                .Payload(Math.Max(0, size - TunnelHeaders)))),
    ];

    private static int Pod(int flow) => flow % PodsPerNode;
}
