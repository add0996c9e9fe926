using System.Buffers.Binary;
using Dataplane.Cluster.Network;
using Dataplane.Wire;

namespace Dataplane.Tests.Golden;

/// <summary>Why a frame of <c>50-three-tier</c> reached no pod, as the lab's README tells it.</summary>
internal static class ThreeTierFrame
{
    public const string Arp = "ARP";
    public const string ToNode = "to a node's address";
    public const string Outside = "sent outside";
    public const string OutsideClient = "reply to a client outside, which was masqueraded";
    public const string WithoutEndpoint = "no endpoint: rejected by the lab";
    public const string ByPolicy = "policies dropped it in the lab";

    private static readonly IpAddress Internet = IpAddress.Parse("198.51.100.23");
    private static readonly IpAddress ServiceWithoutEndpoint = IpAddress.Parse("10.96.15.1");

    /// <summary>Null where a pod received it.</summary>
    public static string? WhyNotDelivered(FrameMapRow row, ThreeTier lab, NetworkModel model)
    {
        byte[] sent = lab.Sent[row.Sent].Bytes;
        if (!IsIpv4(sent)) return Arp;
        if (row.Delivered is not null) return null;

        IpAddress to = Destination(sent);
        if (model.Nodes.Any(node => node.UnderlayV4 == to)) return ToNode;
        if (model.Nodes.Any(node => node.BridgeV4 == to || node.TunnelV4 == to)) return OutsideClient;
        if (to == Internet) return Outside;
        return to == ServiceWithoutEndpoint ? WithoutEndpoint : ByPolicy;
    }

    public static IpAddress Source(byte[] frame) =>
        IpAddress.FromBytes(frame.AsSpan(EthernetHeader.Size + Ipv4Header.SourceOffset, 4));

    public static IpAddress Destination(byte[] frame) =>
        IpAddress.FromBytes(frame.AsSpan(EthernetHeader.Size + Ipv4Header.DestinationOffset, 4));

    public static bool IsIpv4(byte[] frame) => BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12)) == EtherType.Ipv4;
}
