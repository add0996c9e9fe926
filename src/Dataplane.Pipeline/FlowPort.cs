using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Pipeline.Tunnels;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// The tunnel's source port: a hash of the inner flow, the same in both directions, scaled into the range as
/// udp_flow_src_port does (include/net/udp.h). The kernel's hash has a random key; ours has the seed.
/// </summary>
public static unsafe class FlowPort
{
    private const int EspSpiSize = 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Of(in Lane lane, in TunnelParameters tunnel, uint seed) =>
        tunnel.IsOpenVSwitch ? OpenVSwitchPort.Of(in lane, in tunnel) : Scale(Hash(in lane, seed), in tunnel);

    /// <summary>h ^= h &lt;&lt; 16, then scaled; the range's end is never reached by more than its last port.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Scale(uint hash, in TunnelParameters tunnel)
    {
        hash ^= hash << 16;
        return (ushort)(tunnel.SourcePortMin + (uint)((ulong)hash * tunnel.SourcePortCount >> 32));
    }

    // Addresses and ports in canonical order (net/core/flow_dissector.c,
    // __flow_hash_consistentify); a fragment has no ports.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(in Lane lane, uint seed)
    {
        uint low = Math.Min(lane.Key.Source, lane.Key.Destination);
        uint high = Math.Max(lane.Key.Source, lane.Key.Destination);
        uint ports = 0;
        if (!lane.Is(Shape.Fragment)) ports = Ports(in lane);

        return FlowHash.Mix((ulong)high << 32 | low, (ulong)ports << 16 ^ lane.Key.Protocol ^ (ulong)seed << 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Ports(in Lane lane)
    {
        byte protocol = lane.Key.Protocol;
        if ((protocol == IpProtocol.Tcp) | (protocol == IpProtocol.Udp) | (protocol == IpProtocol.Sctp))
        {
            uint low = Math.Min((uint)lane.Key.SourcePort, lane.Key.DestinationPort);
            uint high = Math.Max((uint)lane.Key.SourcePort, lane.Key.DestinationPort);
            return high << 16 | low;
        }

        bool hasSpi = protocol == IpProtocol.Esp && !lane.Is(Shape.V6)
            && lane.Length - lane.LinkSize >= Ipv4Header.Size + EspSpiSize;
        return hasSpi ? Unsafe.ReadUnaligned<uint>(lane.Network + Ipv4Header.Size) : 0;
    }
}
