using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// IPv4 options that a router writes into: the address is that of the device that the packet leaves by
/// (net/ipv4/ip_options.c, ip_forward_options).
/// </summary>
internal static unsafe class ForwardedOptions
{
    public static void Record(ref Lane lane, Topology topology)
    {
        ref NodeEntry node = ref topology.Nodes[lane.Node];
        uint address = lane.Exit switch
        {
            Exit.Tunnel => node.TunnelV4,
            Exit.Pod => node.BridgeV4,
            _ => topology.Peers[lane.Node].UnderlayV4,
        };
        int size = (*lane.Network & 0x0F) * sizeof(uint);
        if (Wire.Answers.RecordRoute.Apply(new Span<byte>(lane.Network, size), address))
        {
            lane.Sum = InternetChecksum.Sum(
                new ReadOnlySpan<byte>(lane.Network, Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize)));
        }
    }
}
