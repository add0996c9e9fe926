using Dataplane.Core;

namespace Dataplane.Engines.Iptables;

/// <summary>From a packet in the pipeline to what rules can ask about it, and back.</summary>
/// <param name="topology">Whose addresses they are.</param>
/// <param name="bridge">The number of the pods' bridge.</param>
/// <param name="underlay">The number of the nodes' interface to each other.</param>
/// <param name="tunnel">The number of the tunnel device.</param>
/// <param name="loopback">The number of lo.</param>
public sealed class RuleQuery(Topology topology, ushort bridge, ushort underlay, ushort tunnel, ushort loopback)
{
    /// <summary>The interface by which a node sends to itself.</summary>
    public ushort Loopback => loopback;

    public NetfilterPacket PacketOf(in ServiceQuery query, long now)
    {
        ref readonly FlowKey key = ref query.Key;
        NetfilterPacket packet = NetfilterPacket.FromKey(in key);
        if (key.Family == 6)
        {
            packet.OriginalSource = packet.Source = topology.Names.AddressOf(key.Source).Value;
            packet.OriginalDestination = packet.Destination = topology.Names.AddressOf(key.Destination).Value;
        }

        packet.Now = now;
        packet.Length = (uint)query.Length;
        packet.TcpFlags = query.TcpFlags;
        packet.SourceType = TypeOf(query.Source, key.Zone);
        packet.DestinationType = TypeOf(query.Destination, key.Zone);
        packet.InInterface = query.Entry switch
        {
            Entry.PodVeth => bridge,
            Entry.Underlay => underlay,
            Entry.Tunnel => tunnel,
            _ => 0,
        };
        return packet;
    }

    /// <summary>The destination is translated: it is another address, and leads elsewhere.</summary>
    public Place Translate(ref NetfilterPacket packet, in NatRequest request, int node)
    {
        bool hasAddress = (request.Options & NatOptions.HasAddress) != 0;
        if (hasAddress) packet.Destination = request.FirstAddress;
        if (request.FirstPort != 0) packet.DestinationPort = request.FirstPort;
        packet.State |= ConnectionStates.DestinationTranslated;
        Place place = PlaceOf(in packet);
        packet.DestinationType = TypeOf(place, node);
        return place;
    }

    public Place PlaceOf(in NetfilterPacket packet) =>
        topology.PlaceOf(NameOf(packet.Destination, packet.Family), packet.Family == 6);

    public uint NameOf(UInt128 address, int family) =>
        family == 6 ? topology.Names.NameOf(Wire.IpAddress.FromV6(address)) : (uint)address;

    /// <summary>What the nat table's POSTROUTING asked for: MASQUERADE, or SNAT to an address.</summary>
    public void GiveSource(ref ServiceVerdict verdict, in NatRequest request, int family)
    {
        if (request.Kind is not (NatKind.Masquerade or NatKind.Source)) return;

        verdict.Masquerade = true;
        verdict.SourcePorts = (request.Options & (NatOptions.RandomFully | NatOptions.Random)) != 0
            ? SourcePorts.Random
            : SourcePorts.KeptIfFree;
        if (request.Kind == NatKind.Source && (request.Options & NatOptions.HasAddress) != 0)
        {
            verdict.MasqueradeAddress = NameOf(request.FirstAddress, family);
        }
    }

    public UInt128 AddressOf(uint name, int family) => family == 6 ? topology.Names.AddressOf(name).Value : name;

    /// <summary>The interface that leads to a place.</summary>
    public ushort Towards(Place place, int node, bool v6)
    {
        int owner = place.Kind switch
        {
            PlaceKind.Pod => topology.Endpoints[place.Index].Node,
            PlaceKind.Unlisted => place.Index,
            _ => -1,
        };
        if (owner < 0) return underlay;
        return owner == node ? bridge : topology.UsesTunnel(node, owner, v6) ? tunnel : underlay;
    }

    private AddressTypes TypeOf(Place place, int node) => place.Kind switch
    {
        PlaceKind.Node when topology.NodeAddresses[place.Index].Node == node => AddressTypes.Local,
        PlaceKind.Group => AddressTypes.Multicast,
        _ => AddressTypes.Unicast,
    };
}
