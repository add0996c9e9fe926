using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline.Tunnels;

/// <summary>
/// The source port of Open vSwitch's userspace datapath: MurmurHash3 of the frame as its port received it, scaled
/// without folding (lib/flow.c, miniflow_hash_5tuple; lib/netdev-native-tnl.c, netdev_tnl_get_src_port). It has no key.
/// </summary>
internal static unsafe class OpenVSwitchPort
{
    private const uint Finish = 42;
    private const int Ipv6Words = 4;

    public static ushort Of(in Lane lane, in TunnelParameters tunnel) =>
        (ushort)(tunnel.SourcePortMin + (uint)((ulong)Hash(in lane) * tunnel.SourcePortCount >> 32));

    private static uint Hash(in Lane lane)
    {
        uint hash = 0;
        if (lane.Is(Shape.V6))
        {
            uint* addresses = (uint*)(lane.Network + Ipv6Header.Size - 2 * Ipv6Words * sizeof(uint));
            for (int word = 0; word < 2 * Ipv6Words; word++) hash = Add(hash, addresses[word]);
        }
        else
        {
            hash = Add(hash, BinaryPrimitives.ReverseEndianness(lane.Key.Source));
            hash = Add(hash, BinaryPrimitives.ReverseEndianness(lane.Key.Destination));
        }

        hash = Add(hash, Protocol(in lane));
        bool isLaterV6 = lane.Is(Shape.V6) && lane.Is(Shape.LaterFragment);
        return Mix(HasPorts(lane.Key.Protocol) && !isLaterV6 ? Add(hash, Ports(in lane)) : hash);
    }

    // Over IPv6 it is TCP's and UDP's that IPv6's own header announces, an extension's perhaps (lib/dp-packet.h,
    // dp_packet_update_rss_hash_ipv6_tcp_udp); later fragments are nothing but that.
    private static byte Protocol(in Lane lane)
    {
        byte protocol = lane.Key.Protocol;
        if (!lane.Is(Shape.V6)) return protocol;
        if (lane.Is(Shape.LaterFragment)) return IpProtocol.Fragment;

        return protocol is IpProtocol.Tcp or IpProtocol.Udp ? lane.Network[Ipv6Header.NextHeaderOffset] : protocol;
    }

    private static bool HasPorts(byte protocol) =>
        protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp or IpProtocol.Icmp or IpProtocol.Icmpv6;

    // As they lie in memory; ICMP has its type and code there, each in two bytes; later fragments have nothing.
    private static uint Ports(in Lane lane)
    {
        if (lane.Transport == null || lane.Is(Shape.LaterFragment)) return 0;
        if (lane.Key.Protocol is not (IpProtocol.Icmp or IpProtocol.Icmpv6))
        {
            return BinaryPrimitives.ReverseEndianness((uint)lane.Key.SourcePort << 16 | lane.Key.DestinationPort);
        }

        return (uint)lane.Transport[0] << 8 | (uint)lane.Transport[1] << 24;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Add(uint hash, uint data)
    {
        data *= 0xCC9E2D51;
        data = BitOperations.RotateLeft(data, 15) * 0x1B873593;
        return BitOperations.RotateLeft(hash ^ data, 13) * 5 + 0xE6546B64;
    }

    private static uint Mix(uint hash)
    {
        hash ^= Finish;
        hash = (hash ^ hash >> 16) * 0x85EBCA6B;
        hash = (hash ^ hash >> 13) * 0xC2B2AE35;
        return hash ^ hash >> 16;
    }
}
