using Dataplane.Core;
using Dataplane.Wire;
using Dataplane.Wire.Answers;

namespace Dataplane.Pipeline;

/// <summary>
/// What a node's own kernel says because of a packet: ICMP errors, redirects, echo replies. Each becomes a lane of its
/// own that leaves from the node's output in the burst's next round.
/// </summary>
public static unsafe class Answers
{
    /// <summary>ICMP errors quote so much that they stay within it (RFC 1812 §4.3.2.3; RFC 4443 §2.4 c).</summary>
    private const int MaxErrorV4 = 576;
    private const int MaxErrorV6 = 1280;
    private const byte Icmpv6HopLimitExceeded = 0;

    /// <summary>
    /// The ICMP error that belongs to a drop, where there is one. It quotes the packet as it is here; on its way out of
    /// the node it is translated back like any other error of the connection.
    /// </summary>
    public static void Refuse(PacketBurst burst, ref Lane lane, DropReason reason, PipelineState state)
    {
        if (lane.Role == LaneRole.Answer || lane.Entry == Entry.LocalOutput) return;
        // a cut packet: the kernel had fragmented it
        if (reason == DropReason.MtuExceeded && Oversize.MayFragment(in lane)) return;

        bool v6 = lane.Is(Shape.V6);
        (int type, int code) = reason switch
        {
            DropReason.TtlExceeded =>
                v6 ? (Icmpv6Type.TimeExceeded, Icmpv6HopLimitExceeded) : (Icmpv4Type.TimeExceeded, 0),
            DropReason.NoRoute => v6
                ? (Icmpv6Type.DestinationUnreachable, Icmpv6Type.NoRoute)
                : (Icmpv4Type.DestinationUnreachable, Icmpv4Type.NetUnreachable),
            DropReason.HostUnreachable => v6
                ? (Icmpv6Type.DestinationUnreachable, Icmpv6Type.AddressUnreachable)
                : (Icmpv4Type.DestinationUnreachable, Icmpv4Type.HostUnreachable),
            DropReason.MtuExceeded =>
                v6 ? (Icmpv6Type.PacketTooBig, 0) : (Icmpv4Type.DestinationUnreachable, Icmpv4Type.FragmentationNeeded),
            DropReason.PortClosed or DropReason.NoBackend or DropReason.RejectedByRule => v6
                ? (Icmpv6Type.DestinationUnreachable, Icmpv6Type.PortUnreachable)
                : (Icmpv4Type.DestinationUnreachable, Icmpv4Type.PortUnreachable),
            _ => ((int, int))(-1, 0),
        };
        if (type < 0) return;

        if (lane.Is(Shape.IpOptions) && reason != DropReason.HostUnreachable) RecordArrival(in lane, state.Topology);
        uint rest = reason == DropReason.MtuExceeded ? (uint)Oversize.Mtu(in lane, state.Topology) : 0;
        if (TrySendError(burst, ref lane, state, (byte)type, (byte)code, rest))
            burst.Records[lane.Record].Flags |= RecordFlags.Answered;
    }

    /// <summary>
    /// The sender could have reached the pod by itself: ICMP redirect, beside forwarding (net/ipv4/route.c).
    /// </summary>
    public static void Redirect(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        if (state.Topology.Routed || lane.Is(Shape.V6 | Shape.Translated) || lane.LinkSize == 0) return;

        TrySendError(burst, ref lane, state, Icmpv4Type.Redirect, Icmpv4Type.RedirectHost, lane.Key.Destination);
    }

    /// <summary>Answers an echo request to the node; false where the packet is none.</summary>
    public static bool TryEcho(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        if (lane.Transport == null || lane.Is(Shape.Fragment | Shape.Cut)) return false;

        byte request = lane.Is(Shape.V6) ? Icmpv6Type.EchoRequest : Icmpv4Type.EchoRequest;
        bool isIcmp = lane.Key.Protocol == (lane.Is(Shape.V6) ? IpProtocol.Icmpv6 : IpProtocol.Icmp);
        if (!isIcmp || *lane.Transport != request) return false;

        byte* to = burst.Allocate(lane.NetworkLength);
        if (to == null) return false;

        ushort id = state.Ids.Next(lane.Key.Destination, lane.Key.Source, lane.Key.Protocol);
        int length = EchoReply.Build(new Span<byte>(to, lane.NetworkLength), Packet(in lane), id);
        return length > 0 && TryLeave(burst, in lane, to, length, state);
    }

    /// <summary>Puts back the destination that the packet had before this node translated it.</summary>
    internal static void RestoreDestination(ref Lane lane, in Connection connection, AddressNames names)
    {
        FlowKey before = lane.IsReply ? connection.Reply : connection.Original;
        if (lane.Key.Destination == before.Destination && lane.Key.DestinationPort == before.DestinationPort) return;

        PacketEdit.SetDestination(ref lane, before.Destination, before.DestinationPort, names);
    }

    // A slot is taken when the packet comes in (net/ipv4/ip_options.c, __ip_options_compile);
    // forwarding only overwrites it.
    private static void RecordArrival(in Lane lane, Topology topology) =>
        RecordRoute.Reserve(
            new Span<byte>(lane.Network, lane.Length - lane.LinkSize), SourceTowards(in lane, topology));

    private static bool TrySendError(
        PacketBurst burst, ref Lane lane, PipelineState state, byte type, byte code, uint rest)
    {
        bool v6 = lane.Is(Shape.V6);
        uint source = SourceOfError(in lane, state.Topology);
        int room = v6 ? MaxErrorV6 : MaxErrorV4;
        byte* to = source == 0 ? null : burst.Allocate(room);
        if (to == null) return false;

        var span = new Span<byte>(to, room);
        int length = v6
            ? IcmpError.BuildV6(span, Packet(in lane), state.Topology.Names.AddressOf(source).Value, type, code, rest)
            : IcmpError.BuildV4(span, Packet(in lane), source, type, code,
                rest, state.Ids.Next(source, lane.Key.Source, IpProtocol.Icmp));
        return length > 0 && TryLeave(burst, in lane, to, length, state);
    }

    // What was sent to the node itself is refused from the address that it was sent to
    // (net/ipv4/icmp.c, icmp_route_lookup).
    private static uint SourceOfError(in Lane lane, Topology topology)
    {
        bool isOwn = lane.Destination.Kind == PlaceKind.Node
            && topology.NodeAddresses[lane.Destination.Index].Node == lane.Node;
        return isOwn ? lane.Key.Destination : SourceTowards(in lane, topology);
    }

    /// <summary>
    /// The address of the device through which the packet's sender is reached, as the kernel's icmp_send chooses it.
    /// </summary>
    private static uint SourceTowards(in Lane lane, Topology topology)
    {
        ref NodeEntry node = ref topology.Nodes[lane.Node];
        bool v6 = lane.Is(Shape.V6);
        if (lane.Source.Kind is PlaceKind.Pod or PlaceKind.Unlisted)
        {
            int owner = AdmitStage.NodeOf(lane.Source, topology);
            if (owner == lane.Node) return v6 ? node.BridgeV6 : node.BridgeV4;
            if (topology.UsesTunnel(lane.Node, owner, v6)) return v6 ? node.TunnelV6 : node.TunnelV4;
        }

        return v6 ? node.UnderlayV6 : topology.Peers[lane.Node].UnderlayV4;
    }

    /// <summary>A packet that the node itself sends because of this one: a lane in the next round.</summary>
    internal static bool TryLeave(PacketBurst burst, in Lane from, byte* packet, int length, PipelineState state)
    {
        Lane* answer = burst.TryAddLane(in from);
        if (answer == null) return false;

        *answer = new Lane
        {
            Timestamp = from.Timestamp,
            Record = from.Record,
            Node = from.Node,
            Network = packet,
            Frame = packet,
            Length = length,
            Entry = Entry.LocalOutput,
            Role = LaneRole.Answer,
            Status = LaneStatus.Waiting,
        };
        NetworkParser.Parse(ref *answer, length, 0, state.Topology.Names);
        state.Answers.Remember(in *answer);
        AdmitStage.Locate(ref *answer, state.Topology);
        bool staysHere = answer->Destination.Kind is PlaceKind.Pod or PlaceKind.Unlisted
            && AdmitStage.NodeOf(answer->Destination, state.Topology) == from.Node;
        if (!staysHere) answer->Sum = InternetChecksum.Sum(new ReadOnlySpan<byte>(packet, length));
        AdmitStage.Register(ref *answer, state.Connections);
        burst.HasWaiting = true;
        return true;
    }

    internal static ReadOnlySpan<byte> Packet(in Lane lane) =>
        new(lane.Network, Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize));
}
