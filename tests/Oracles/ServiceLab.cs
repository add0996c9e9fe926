using Dataplane.Tests.Packets;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// Addresses of the services' lab: node-a with four pods on its bridge, node-b behind a flannel tunnel, and the outside
/// behind eth0. Places are named as a test's failure names them.
/// </summary>
internal static class ServiceLab
{
    public const string Outside = "outside";
    public const string Tunnel = "tunnel";
    public const string Node = "node-a";

    public const string NodeA = "172.18.0.2";
    public const string NodeB = "172.18.0.3";
    public const string Gateway = "172.18.0.1";
    public const string NodeMac = "02:00:ac:12:00:02";
    public const string OtherNodeMac = "02:00:ac:12:00:03";
    public const string GatewayMac = "02:00:ac:12:00:01";
    public const string BridgeMac = "0a:58:0a:f4:01:01";
    public const string TunnelMac = "5e:00:00:00:00:01";
    public const string OtherTunnelMac = "5e:00:00:00:00:02";

    /// <summary>Last numbers of the pods' addresses, on either node; the first is a client only.</summary>
    public static readonly int[] Pods = [5, 6, 7, 8];

    /// <summary>The place of a pod of node-a.</summary>
    public static string PodPlace(int pod) => $"p{pod}";

    public static string Bridge(int family) => PodAddress(family, node: 1, pod: 1);

    public static string TunnelAddress(int family) => family == 4 ? "10.244.1.0" : "fd00:10:244:1::";

    public static string PodAddress(int family, int node, int pod) =>
        family == 4 ? $"10.244.{node}.{pod}" : $"fd00:10:244:{node}::{pod}";

    public static string PodMac(int pod) => $"0a:58:0a:f4:01:{pod:x2}";

    /// <summary>A packet in the frame in which it reaches node-a at a place.</summary>
    public static PacketBuilder Frame(string place, byte[] packet)
    {
        (string from, string to) = place switch
        {
            Outside => (GatewayMac, NodeMac),
            Tunnel => (OtherTunnelMac, TunnelMac),
            Node => (NodeMac, GatewayMac),
            _ => (PodMac(int.Parse(place[1..], null)), NeighbourMac(packet)),
        };
        return new PacketBuilder().Eth(from, to, packet[0] >> 4 == 4 ? (ushort)0x0800 : (ushort)0x86dd).Payload(packet);
    }

    /// <summary>A pod of the same bridge is asked for directly, everything else through the bridge.</summary>
    private static string NeighbourMac(byte[] packet)
    {
        string destination = ServicePacket.Read(packet)!.Destination;
        return Pods.Where(pod => destination == PodAddress(4, 1, pod) || destination == PodAddress(6, 1, pod))
            .Select(PodMac).FirstOrDefault(BridgeMac);
    }
}

/// <summary>A packet on its way into node-a, or seen where it came out.</summary>
internal sealed record PlacedPacket(string Place, byte[] Bytes);
