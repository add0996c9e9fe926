using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Wire;

namespace Dataplane.Replay.Tracing;

/// <summary>What a stage did to a packet, in words.</summary>
internal sealed unsafe class StageTexts(NetworkModel model, Topology topology, WayTeller ways)
{
    /// <summary>What differs between a lane before and behind a stage.</summary>
    public IEnumerable<(string Action, string Detail)> Changes(Stage stage, Lane was, Lane lane, PipelineState state) =>
        stage switch
        {
            Stage.Parse => [("read", $"{Text(in lane)}, {lane.NetworkLength} bytes, TTL {TtlOf(in lane)}")],
            Stage.Admit => [("enter", Entrance(in lane))],
            Stage.Decap => was.Frame == lane.Frame && was.Entry == lane.Entry
                ? []
                : [("decapsulate", $"{Text(in lane)} comes out of the tunnel")],
            Stage.Track => lane.Is(Shape.Arp) ? [] : [Tracked(in lane, state)],
            Stage.Select =>
                was.Connection == 0 && lane.Connection != 0 ? [("connect", Connection(in lane, state))] : [],
            Stage.TranslateDestination => Translation(in was, in lane),
            Stage.Route => lane.Exit == Exit.None || lane.Exit == was.Exit ? [] : [("route", Route(in lane))],
            Stage.TranslateSource => Translation(in was, in lane),
            Stage.Encap => was.Frame == lane.Frame ? [] : [("encapsulate", Tunnel(in lane))],
            _ => [],
        };

    /// <summary>Where a packet went for good; null where it goes on.</summary>
    public string? Arrival(in Lane lane) => lane.Exit switch
    {
        Exit.Pod or Exit.Bridge => $"{Text(in lane)} reaches {PlaceText(lane.Destination)}",
        Exit.LocalInput => $"{Text(in lane)} reaches node {NodeOf(in lane)} itself",
        Exit.Outside => $"{Text(in lane)} leaves the cluster",
        Exit.Tunnel or Exit.Direct => $"to {model.Nodes[lane.NextNode].Name}, which is not emulated",
        _ => null,
    };

    public string Answer(in Lane lane) => lane.Role == LaneRole.Answer
        ? $"{NodeOf(in lane)} answers: {Text(in lane)}{Icmp(in lane)}"
        : $"a piece of it: {Text(in lane)}";

    public static string Sent(TraceFrame frame, int length)
    {
        string tunnel = frame.Tunnel is null ? "" : $", {frame.Tunnel} {frame.TunnelId} to port {frame.DstPort}";
        return $"{frame.OuterSrc} > {frame.OuterDst}{tunnel}, {length} bytes on the wire";
    }

    public string? NodeOf(in Lane lane) => lane.Entry == Entry.None ? null : model.Nodes[lane.Node].Name;

    /// <summary>The device where the stage works: of entry before the routing decision, of exit behind it.</summary>
    public string? DeviceOf(in Lane lane, Stage stage)
    {
        if (stage is Stage.Parse) return null;
        if (stage < Stage.Route)
        {
            return lane.Entry switch
            {
                Entry.PodVeth => PodDevice(lane.Source),
                Entry.Underlay => "eth0",
                Entry.Tunnel => TunnelOf(in lane)?.Device,
                _ => null,
            };
        }

        return lane.Exit switch
        {
            Exit.Pod or Exit.Bridge => PodDevice(lane.Destination),
            Exit.Tunnel => TunnelOf(in lane)?.Device,
            Exit.Direct or Exit.Outside => "eth0",
            _ => null,
        };
    }

    public TraceTuple TupleOf(in Lane lane)
    {
        bool hasPorts = HasPorts(in lane);
        return new TraceTuple(
            Address(lane.Key.Source, in lane).ToString(),
            Address(lane.Key.Destination, in lane).ToString(),
            hasPorts ? lane.Key.SourcePort : (ushort)0,
            hasPorts ? lane.Key.DestinationPort : (ushort)0,
            ProtocolName(lane.Key.Protocol))
        {
            Pod = PodOf(lane.Exit is Exit.Pod or Exit.Bridge ? lane.Destination : default)?.Pod.ToString(),
        };
    }

    internal static string ProtocolName(byte protocol) => protocol switch
    {
        IpProtocol.Tcp => "tcp",
        IpProtocol.Udp => "udp",
        IpProtocol.Sctp => "sctp",
        IpProtocol.Icmp => "icmp",
        IpProtocol.Icmpv6 => "icmpv6",
        _ => $"protocol {protocol}",
    };

    private static bool HasPorts(in Lane lane) =>
        lane.Key.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp && !lane.Is(Shape.LaterFragment);

    private static int TtlOf(in Lane lane) => lane.Is(Shape.Arp) ? 0
        : lane.Network[lane.Is(Shape.V6) ? Ipv6Header.HopLimitOffset : Ipv4Header.TtlOffset];

    private static string Icmp(in Lane lane) =>
        lane.Key.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6 && lane.Transport != null
            ? $" type {lane.Transport[0]} code {lane.Transport[1]}"
            : "";

    private string Text(in Lane lane)
    {
        if (lane.Is(Shape.Arp)) return "ARP";

        string source = End(lane.Key.Source, lane.Key.SourcePort, in lane);
        string destination = End(lane.Key.Destination, lane.Key.DestinationPort, in lane);
        return $"{ProtocolName(lane.Key.Protocol)} {source} > {destination}";
    }

    private string End(uint name, ushort port, in Lane lane)
    {
        IpAddress address = Address(name, in lane);
        if (!HasPorts(in lane)) return address.ToString();

        return address.IsV6 ? $"[{address}]:{port}" : $"{address}:{port}";
    }

    private IpAddress Address(uint name, in Lane lane) =>
        lane.Key.Family == 6 ? topology.Names.AddressOf(name) : IpAddress.FromV4(name);

    private string Entrance(in Lane lane) => lane.Entry switch
    {
        Entry.PodVeth => $"from {PlaceText(lane.Source)}",
        Entry.Underlay => "from the underlay",
        Entry.Tunnel => "from the tunnel",
        _ => "from the node itself",
    };

    private (string Action, string Detail) Tracked(in Lane lane, PipelineState state)
    {
        if (lane.Connection == 0) return ("track", "no connection yet");

        string way = lane.IsReply ? "its reply" : "its original direction";
        return ("track", $"{Connection(in lane, state)}; this is {way}");
    }

    private string Connection(in Lane lane, PipelineState state)
    {
        ref Connection connection = ref state.Connections[lane.Connection >> 1];
        Lane first = lane;
        first.Key = connection.Original;
        Lane second = lane;
        second.Key = connection.Reply;
        return $"connection {Text(in first)}, replies are {Text(in second)}";
    }

    private IEnumerable<(string Action, string Detail)> Translation(in Lane was, in Lane lane)
    {
        List<(string Action, string Detail)> changes = [];
        if (was.Key.Destination != lane.Key.Destination || was.Key.DestinationPort != lane.Key.DestinationPort)
        {
            changes.Add(("dnat", $"{End(was.Key.Destination, was.Key.DestinationPort, in was)} becomes "
                + End(lane.Key.Destination, lane.Key.DestinationPort, in lane)));
        }

        if (lane.Frontend != 0 && was.Frontend == 0) changes.Add(("tell", Told(in lane)));

        if (was.Key.Source != lane.Key.Source || was.Key.SourcePort != lane.Key.SourcePort)
        {
            changes.Add(("snat", $"{End(was.Key.Source, was.Key.SourcePort, in was)} becomes "
                + End(lane.Key.Source, lane.Key.SourcePort, in lane)));
        }

        return changes;
    }

    private string Told(in Lane lane)
    {
        string option = topology.DirectReturn!.Dispatch == ReturnDispatch.Geneve ? "a Geneve option"
            : lane.Is(Shape.V6) ? "a destination option" : "an IPv4 option";
        string what = lane.Is(Shape.TellsFrontend)
            ? $"{End(lane.Frontend, lane.FrontendPort, in lane)} goes along in {option}"
            : "the frontend has been told";
        return $"{what}, and the source stays: the backend's node answers, "
            + $"as cilium-config has it ({model.DirectReturn!.Source})";
    }

    private string Route(in Lane lane)
    {
        string way = lane.Exit switch
        {
            Exit.Pod => $"to {PlaceText(lane.Destination)} on this node",
            Exit.Bridge => $"over the bridge to {PlaceText(lane.Destination)}",
            Exit.LocalInput => "to the node itself",
            Exit.Tunnel => $"to {model.Nodes[lane.NextNode].Name} through {TunnelOf(in lane)?.Device}",
            Exit.Direct => $"to {model.Nodes[lane.NextNode].Name} over eth0",
            _ => "outside, by the default route",
        };
        string reason = ways.ReasonOf(in lane) is { } told ? $", {told.Text}" : "";
        return $"{way}, TTL {TtlOf(in lane)}{reason}";
    }

    private string Tunnel(in Lane lane)
    {
        TraceFrame outer = OuterHeaders.Read(model, lane.Node, new ReadOnlySpan<byte>(lane.Frame, lane.Length));
        return $"{outer.Tunnel} {outer.TunnelId}: {outer.OuterSrc}:{lane.FlowPort} > {outer.OuterDst}:{outer.DstPort}";
    }

    private TunnelSettings? TunnelOf(in Lane lane) => lane.Is(Shape.Beside) ? model.Beside : model.Tunnel;

    private string? PodDevice(Place place) => PodOf(place) is { } pod ? $"pod:{pod.Pod}" : null;

    private PodNetwork? PodOf(Place place) =>
        place.Kind == PlaceKind.Pod && topology.Endpoints[place.Index].Pod is >= 0 and int pod ? model.Pods[pod] : null;

    private string PlaceText(Place place) => PodOf(place) is { } pod ? $"pod {pod.Pod}" : place.Kind switch
    {
        PlaceKind.Pod or PlaceKind.Unlisted => "an address without a Pod object",
        PlaceKind.Node => "a node's address",
        _ => "outside",
    };
}
