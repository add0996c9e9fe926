using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Pipeline.Tunnels;
using Dataplane.Wire;
using Dataplane.Wire.Answers;

namespace Dataplane.Pipeline;

/// <summary>
/// ARP and neighbour discovery: the gateway's address is answered for by the node; a pod's question for its neighbour
/// stays on the bridge. Both teach MACs.
/// </summary>
public static unsafe class Neighbours
{
    public static void Admit(PacketBurst burst, ref Lane lane, Topology topology)
    {
        if (lane.Is(Shape.Arp)) AdmitArp(burst, ref lane, topology);
        else AdmitDiscovery(burst, ref lane, topology);
    }

    private static void AdmitArp(PacketBurst burst, ref Lane lane, Topology topology)
    {
        var bytes = new ReadOnlySpan<byte>(lane.Network, lane.Length - lane.LinkSize);
        if (ArpView.TryParse(bytes, out ArpView arp) != WireError.None)
        {
            burst.Ignore(ref lane, IgnoreReason.NotIp);
            return;
        }

        lane.Key = new FlowKey { Source = arp.SenderAddress, Destination = arp.TargetAddress, Family = 4 };
        AdmitStage.Locate(ref lane, topology);
        if (!TryEnter(burst, ref lane, topology)) return;

        Learn(in lane, topology);
        bool isAnswered = arp.IsRequest && IsGateway(in lane, topology);
        if (isAnswered) AnswerArp(burst, ref lane, topology);
        else if (arp.IsReply && lane.Source.Kind == PlaceKind.Node) burst.Ignore(ref lane, IgnoreReason.OwnAnswer);
        else Pass(burst, ref lane, topology);
    }

    private static void AdmitDiscovery(PacketBurst burst, ref Lane lane, Topology topology)
    {
        var bytes = new ReadOnlySpan<byte>(lane.Transport, lane.Length - (int)(lane.Transport - lane.Frame));
        bool isNeighbour = NeighborDiscoveryView.TryParse(bytes, out NeighborDiscoveryView view) == WireError.None
            && (view.IsSolicitation || view.IsAdvertisement);
        if (!isNeighbour)
        {
            burst.Ignore(ref lane, IgnoreReason.Multicast);
            return;
        }

        if (view.IsSolicitation) lane.Key.Destination = topology.Names.NameOf(IpAddress.FromV6(view.Target));
        AdmitStage.Locate(ref lane, topology);
        if (!TryEnter(burst, ref lane, topology)) return;

        Learn(in lane, topology);
        if (view.IsSolicitation && IsGateway(in lane, topology)) AnswerSolicitation(burst, ref lane, topology);
        else if (view.IsAdvertisement && lane.Source.Kind == PlaceKind.Node)
            burst.Ignore(ref lane, IgnoreReason.OwnAnswer);
        else Pass(burst, ref lane, topology);
    }

    private static bool TryEnter(PacketBurst burst, ref Lane lane, Topology topology)
    {
        Place known = lane.Source.Kind is PlaceKind.Pod or PlaceKind.Unlisted or PlaceKind.Node
            ? lane.Source
            : lane.Destination;
        if (known.Kind is not (PlaceKind.Pod or PlaceKind.Unlisted or PlaceKind.Node))
        {
            burst.Ignore(ref lane, IgnoreReason.UnknownAddresses);
            return false;
        }

        bool fromPod = lane.Source.Kind is PlaceKind.Pod or PlaceKind.Unlisted;
        AdmitStage.EnterAt(
            burst, ref lane, topology, fromPod ? Entry.PodVeth : Entry.LocalOutput, AdmitStage.NodeOf(known, topology));
        return lane.Status == LaneStatus.Live;
    }

    // The sender's MAC in the frame: neighbours speak for themselves.
    private static void Learn(in Lane lane, Topology topology)
    {
        if (lane.LinkSize == 0) return;

        ulong mac = Link.ReadMac(lane.Frame + MacAddress.Size);
        if (lane.Source.Kind != PlaceKind.Pod) return;

        ref EndpointEntry endpoint = ref topology.Endpoints[lane.Source.Index];
        if (endpoint.MacKnown) return;
        endpoint.Mac = mac;
        endpoint.MacKnown = true;
    }

    private static bool IsGateway(in Lane lane, Topology topology)
    {
        if (lane.Entry != Entry.PodVeth) return false;
        if (lane.Destination.Kind == PlaceKind.Node)
            return topology.NodeAddresses[lane.Destination.Index].Node == lane.Node;

        uint gateway = topology.Nodes[lane.Node].GatewayV4;
        return gateway != 0 && lane.Is(Shape.Arp) && lane.Key.Destination == gateway;
    }

    private static void AnswerArp(PacketBurst burst, ref Lane lane, Topology topology)
    {
        int size = lane.LinkSize + ArpHeader.Size;
        byte* to = lane.LinkSize == 0 ? null : burst.Allocate(size);
        if (to == null)
        {
            burst.Settle(ref lane, Verdict.Forwarded);
            return;
        }

        var frame = new ReadOnlySpan<byte>(lane.Frame, lane.Length);
        int length = ArpReply.Build(new Span<byte>(to, size), frame, GatewayMac(in lane, topology));
        if (length > 0) Leave(burst, ref lane, to, length);
        else Pass(burst, ref lane, topology);
    }

    private static void AnswerSolicitation(PacketBurst burst, ref Lane lane, Topology topology)
    {
        int size = lane.LinkSize + NeighborAdvertisement.Size - EthernetHeader.Size;
        byte* to = lane.LinkSize == 0 ? null : burst.Allocate(size);
        if (to == null)
        {
            burst.Settle(ref lane, Verdict.Forwarded);
            return;
        }

        var frame = new ReadOnlySpan<byte>(lane.Frame, lane.Length);
        MacAddress mac = GatewayMac(in lane, topology);
        int length = NeighborAdvertisement.Build(new Span<byte>(to, size), frame, mac, isRouter: true);
        if (length > 0) Leave(burst, ref lane, to, length);
        else Pass(burst, ref lane, topology);
    }

    // The answer is a whole frame, tagged as the question was, for the pod that asked: nothing is left to route.
    private static void Leave(PacketBurst burst, ref Lane lane, byte* frame, int length)
    {
        Lane* answer = burst.TryAddLane(in lane);
        if (answer != null)
        {
            answer->Role = LaneRole.Answer;
            answer->Shape |= Shape.Arp;
            answer->Frame = frame;
            answer->Network = frame + lane.LinkSize;
            answer->Length = length;
            answer->NetworkLength = length - lane.LinkSize;
            answer->Destination = lane.Source;
            answer->Exit = Exit.Bridge;
        }

        burst.Settle(ref lane, Verdict.Answered);
    }

    // To the pod that has the address, over the bridge, or to all of a switch; to anybody else nothing comes of it.
    private static void Pass(PacketBurst burst, ref Lane lane, Topology topology)
    {
        bool isNeighbour = lane.Destination.Kind is PlaceKind.Pod && !topology.Routed
            && AdmitStage.NodeOf(lane.Destination, topology) == lane.Node && lane.Destination != lane.Source
            && lane.LinkSize != 0;
        if (isNeighbour)
        {
            lane.Shape |= Shape.Arp;
            lane.Exit = Exit.Bridge;
            return;
        }

        if (!Floods.TrySend(burst, ref lane, topology)) burst.Ignore(ref lane, IgnoreReason.Multicast);
    }

    private static MacAddress GatewayMac(in Lane lane, Topology topology)
    {
        bool isVeth = topology.Routed && lane.Source.Kind == PlaceKind.Pod;
        ulong memory = isVeth ? topology.Endpoints[lane.Source.Index].VethMac : topology.Nodes[lane.Node].BridgeMac;
        return MacAddress.FromBytes(new ReadOnlySpan<byte>(&memory, MacAddress.Size));
    }
}
