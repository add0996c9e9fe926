using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Sources that a node gives to connections: where its proxy asks for it, and flanneld's masquerading (its chain
/// FLANNEL-POSTRTG, in order): what pods send outside the cluster's network leaves with the node's address, and what
/// nodes send into it, to other nodes' pods, with the tunnel device's.
/// </summary>
public static class Masquerade
{
    private const int Attempts = 128;

    /// <summary>Gives the connection a source of the node's, if a rule says so; false where no port is left.</summary>
    public static bool TryApply(in Lane lane, ref Connection connection, in ServiceVerdict verdict, PipelineState state)
    {
        Topology topology = state.Topology;
        if (verdict.ReturnsDirectly) return true;
        if (topology.Egress is not null && EgressWay.TryFind(in lane, in connection, topology, out EgressHolder holder))
        {
            return holder.Node != lane.Node || TryTake(ref connection, holder.Address, SourcePorts.KeptIfFree, state);
        }

        if (!verdict.Masquerade && (!topology.Masquerade || !IsForwarded(in lane, in connection, topology)))
            return true;

        uint address = verdict.MasqueradeAddress != 0
            ? verdict.MasqueradeAddress
            : AddressFor(in lane, in connection, topology);
        return address == 0 || TryTake(ref connection, address, verdict.SourcePorts, state);
    }

    private static bool TryTake(ref Connection connection, uint address, SourcePorts ports, PipelineState state)
    {
        // even where the address stays, --random-fully draws a port (net/netfilter/nf_nat_core.c, get_unique_tuple)
        connection.Reply.Destination = address;
        connection.Flags |= ConnectionFlags.SourceTranslated;
        bool isFree = ports != SourcePorts.Random && state.Connections.Find(in connection.Reply) == 0;
        if (isFree || ports == SourcePorts.Kept) return isFree;

        return TryTakePort(ref connection, state);
    }

    // POSTROUTING is passed by what leaves the node; the rules themselves ask for the pods' network.
    private static bool IsForwarded(in Lane lane, in Connection connection, Topology topology)
    {
        Place to = connection.Forward;
        bool isHere = to.Kind is PlaceKind.Pod or PlaceKind.Unlisted or PlaceKind.Node
            && AdmitStage.NodeOf(to, topology) == lane.Node;
        if (isHere || to.Kind is PlaceKind.Group or PlaceKind.Martian) return false;

        byte family = lane.Key.Family;
        bool fromPods = topology.ClusterNetwork.Contains(connection.Original.Source, family, topology.Names);
        bool toPods = topology.ClusterNetwork.Contains(connection.Reply.Source, family, topology.Names);
        return fromPods != toPods;
    }

    // MASQUERADE takes the address of the interface that the packet leaves by.
    private static uint AddressFor(in Lane lane, in Connection connection, Topology topology)
    {
        ref NodeEntry node = ref topology.Nodes[lane.Node];
        bool v6 = lane.Key.Family == 6;
        bool isHere = connection.Forward.Kind is PlaceKind.Pod or PlaceKind.Unlisted
            && AdmitStage.NodeOf(connection.Forward, topology) == lane.Node;
        if (isHere) return v6 ? node.BridgeV6 : node.BridgeV4;

        bool toPods = topology.ClusterNetwork.Contains(connection.Reply.Source, lane.Key.Family, topology.Names);
        bool byTunnel = toPods && topology.HasTunnel
            && topology.UsesTunnel(lane.Node, AdmitStage.NodeOf(connection.Forward, topology), v6);
        if (byTunnel) return v6 ? node.TunnelV6 : node.TunnelV4;

        return v6 ? node.UnderlayV6 : topology.Peers[lane.Node].UnderlayV4;
    }

    // Starts anywhere; a port is taken only where the reply would be ambiguous (nf_nat_core.c).
    private static bool TryTakePort(ref Connection connection, PipelineState state)
    {
        if (connection.Original.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp or IpProtocol.Icmp
            or IpProtocol.Icmpv6))
        {
            return state.Connections.Find(in connection.Reply) == 0;
        }

        bool isIcmp = connection.Original.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;
        (int first, int last) = isIcmp ? (0, ushort.MaxValue) : PortsLike(connection.Original.SourcePort);
        ushort known = 0;
        bool isKnown = state.Options.Choice is { } choice
            && choice.TryChooseSourcePort(in connection.Original, out known);
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            ushort port = isKnown ? known : (ushort)(first + (int)state.Draw.Next((uint)(last - first + 1)));
            connection.Reply.DestinationPort = port;
            if (isIcmp) connection.Reply.SourcePort = port;
            if (state.Connections.Find(in connection.Reply) == 0) return true;
        }

        return false;
    }

    // Those below 1024 say that root sent them, and stay there (nf_nat_core.c, nf_nat_l4proto_unique_tuple).
    private static (int First, int Last) PortsLike(ushort port) => port switch
    {
        < 512 => (1, 511),
        < 1024 => (600, 1023),
        _ => (1024, ushort.MaxValue),
    };
}
