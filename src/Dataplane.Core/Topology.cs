using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Dataplane.Core;

/// <summary>
/// The cluster as the stages need it: flat tables, compiled once and not changed but for what the capture teaches
/// (MAC addresses of pods, unlisted addresses that exist).
/// </summary>
public sealed class Topology
{
    public required AddressMap Map { get; init; }

    public required AddressNames Names { get; init; }

    public required NativeArray<NodeEntry> Nodes { get; init; }

    /// <summary>Of each node, what the others need to send to it.</summary>
    public required NativeArray<PeerEntry> Peers { get; init; }

    public required NativeArray<EndpointEntry> Endpoints { get; init; }

    /// <summary>What <see cref="PlaceKind.Node"/> places point to.</summary>
    public required NativeArray<NodeAddress> NodeAddresses { get; init; }

    /// <summary>
    /// By the index of a Service's place: the nodes that traffic from outside enters at; none for index 0.
    /// </summary>
    public ushort[][] ServiceEntries { get; init; } = [[]];

    /// <summary>The networks of all pods; masquerading is decided by them.</summary>
    public required PrefixTest ClusterNetwork { get; init; }

    /// <summary>The tunnel for IPv4 packets; null where the CNI only routes.</summary>
    public TunnelTable? Tunnel { get; init; }

    /// <summary>The tunnel for IPv6 packets, most often the same.</summary>
    public TunnelTable? TunnelV6 { get; init; }

    /// <summary>
    /// The tunnel to nodes of another kind (<see cref="NodeEntry.IsBeside"/>); null where there are none.
    /// </summary>
    public TunnelTable? Beside { get; init; }

    /// <summary>OVN's ports where all nodes share one zone, and pods' ports stand in the tunnel; else null.</summary>
    public SwitchPorts? SwitchPorts { get; init; }

    /// <summary>Pods that leave the cluster with addresses of their own; null where none does.</summary>
    public EgressTable? Egress { get; init; }

    /// <summary>
    /// Backends' nodes answer the outside by themselves; null: replies go back by the node that was asked.
    /// </summary>
    public DirectReturn? DirectReturn { get; init; }

    public bool HasTunnel => Tunnel is not null || TunnelV6 is not null;

    /// <summary>TTL that packets lose, by <see cref="HopIndex"/>.</summary>
    public byte[] Hops { get; init; } = new byte[(int)(Entry.LocalOutput + 1) << 3];

    /// <summary>TTL that packets lose between <see cref="Beside"/> and a pod.</summary>
    public int BesideToPod { get; init; }

    /// <summary>Pods hang on routed veths; otherwise on a bridge.</summary>
    public bool Routed { get; init; }

    public bool Masquerade { get; init; }

    public bool ForwardUnlisted { get; init; }

    /// <summary>Whether nodes reach each other's pods directly: the same for all pairs, or by segment.</summary>
    public DirectMode Direct { get; init; }

    /// <summary>The same for IPv6 packets.</summary>
    public DirectMode DirectV6 { get; init; }

    /// <summary>From each node to each other, IPv4 before IPv6, where real routes say it; else empty.</summary>
    public NodeWay[] Ways { get; init; } = [];

    /// <summary>More than one node is emulated: packets can meet their answers within a burst.</summary>
    public bool ManyNodes { get; init; }

    /// <summary>Feeds the hash that gives tunnels their source port, and the counters that give ids.</summary>
    public uint Seed { get; init; }

    /// <summary>
    /// Addresses without a Pod object that were seen as a source: they exist, whatever the manifests say.
    /// </summary>
    public AddressSet SeenUnlisted { get; } = new();

    /// <summary>The tunnel that packets of the family take.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TunnelTable? TunnelOf(bool v6) => v6 ? TunnelV6 : Tunnel;

    /// <summary>Where <see cref="Hops"/> has what a packet loses between two devices of a node.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int HopIndex(Entry entry, Exit exit) => (int)entry << 3 | (int)exit;

    /// <summary>
    /// TTL that the packet loses at its node, by the tunnel that it came out of: to a pod goes
    /// <see cref="Shape.Beside"/> alone what came by that one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int HopsOf(in Lane lane) =>
        lane.Exit == Exit.Pod && lane.Is(Shape.Beside) ? BesideToPod : Hops[HopIndex(lane.Entry, lane.Exit)];

    /// <summary>TTL that a pod's packet loses on its way into the tunnel.</summary>
    public uint TunnelHops
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Hops[HopIndex(Entry.PodVeth, Exit.Tunnel)];
    }

    /// <summary>TTL that a packet loses between a pod of one node and a pod of the other.</summary>
    public int HopsBetween(int from, int to, bool v6)
    {
        if (from == to) return Routed ? Hops[HopIndex(Entry.PodVeth, Exit.Pod)] : 0;
        if (UsesTunnel(from, to, v6))
            return Hops[HopIndex(Entry.PodVeth, Exit.Tunnel)] + Hops[HopIndex(Entry.Tunnel, Exit.Pod)];

        return Hops[HopIndex(Entry.PodVeth, Exit.Direct)] + Hops[HopIndex(Entry.Underlay, Exit.Pod)];
    }

    /// <summary>Where an address (a name) leads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Place PlaceOf(uint name, bool v6) => v6 ? Names.PlaceOf(name) : Map.FindV4(name);

    /// <summary>Sends for the endpoint that has the IPv4 address, if one has.</summary>
    public unsafe void PrefetchEndpoint(uint address)
    {
        Place place = Map.FindV4(address);
        if (place.Kind == PlaceKind.Pod && Sse.IsSupported) Sse.Prefetch0(Endpoints.Start + place.Index);
    }

    /// <summary>The way that the node's routes have; there are <see cref="Ways"/>.</summary>
    public NodeWay WayTo(int from, int to, bool v6) => Ways[((((v6 ? Count : 0) + from) * Count) + to)];

    private int Count => (int)Nodes.Length;

    /// <summary>Whether a tunnel leads from one node to the other; a plain route does otherwise.</summary>
    public bool UsesTunnel(int from, int to, bool v6) => (v6 ? DirectV6 : Direct) switch
    {
        DirectMode.Always => false,
        DirectMode.Never => true,
        DirectMode.ByRoutes => WayTo(from, to, v6) == NodeWay.Tunnel,
        _ => Peers[from].Segment != Peers[to].Segment,
    };
}

public enum DirectMode : byte
{
    Never,
    SameSegment,
    Always,

    /// <summary>As <see cref="Topology.Ways"/> say.</summary>
    ByRoutes,
}

/// <summary>How a node's routes lead to the pods of another.</summary>
public enum NodeWay : byte
{
    Tunnel,
    Direct,

    /// <summary>By the default route, to the fabric's gateway.</summary>
    Outside,

    /// <summary>Refused, and the sender is told.</summary>
    Unreachable,

    /// <summary>Refused without a word.</summary>
    Blackhole,

    /// <summary>No route holds them.</summary>
    None,
}

/// <summary>One node: MACs as their six bytes lie in memory, addresses as names (0: none).</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public struct NodeEntry
{
    /// <summary>A cache line.</summary>
    public const int Size = 64;

    public uint UnderlayV6;

    /// <summary>Of the device for IPv6 packets, where that is another.</summary>
    public ushort TunnelMtuV6;

    /// <summary>Reached by <see cref="Topology.Beside"/>.</summary>
    public bool IsBeside;
    public ulong BridgeMac;
    public ulong GatewayMac;
    public uint BridgeV4;
    public uint BridgeV6;
    public ushort UnderlayMtu;
    public ushort TunnelMtu;
    public ushort PodMtu;
    public bool HasDefaultRoute;
    public bool BridgeMacKnown;

    public uint TunnelV4;
    public uint TunnelV6;

    /// <summary>An address that no device has, and that pods have as their gateway (169.254.1.1); 0: none.</summary>
    public uint GatewayV4;

    /// <summary>What stands as the sender's id in a tunnel for what the node itself sends.</summary>
    public uint TunnelId;

    /// <summary>OVN: key of the node's logical switch.</summary>
    public uint SwitchKey;

    /// <summary>OVN: key of the router's port on that switch.</summary>
    public ushort RouterPortKey;

    /// <summary>OVN: key of the node's port on the transit switch, or the join switch.</summary>
    public ushort TransitPortKey;
}

/// <summary>
/// What a sender needs of a receiving node: half a cache line, for every packet may go to another node. MACs as their
/// six bytes lie in memory, the address as a name (0: none).
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public struct PeerEntry
{
    public const int Size = 32;

    public ulong UnderlayMac;
    public ulong TunnelMac;
    public uint UnderlayV4;

    /// <summary>What address and tunnel MAC add to the sum that the outer UDP checksum covers.</summary>
    public uint OuterUdpSum;

    /// <summary>The address's part in the choice of the counter that gives ids.</summary>
    public uint IdPart;

    public ushort Segment;
    public bool IsEmulated;

    /// <summary>There is a tunnel, and the node has an address for it.</summary>
    public bool HasTunnel;
}

/// <summary>One pod, or one endpoint that no Pod object has.</summary>
public struct EndpointEntry
{
    /// <summary>Six bytes as they lie in memory.</summary>
    public ulong Mac;

    /// <summary>The veth's other end, on the node: where pods are routed, frames reach the pod from it.</summary>
    public ulong VethMac;

    public uint V4;
    public uint V6;

    /// <summary>Number in the model's list of pods; −1 for an endpoint without a Pod object.</summary>
    public int Pod;

    public ushort Node;

    /// <summary>OVN: key of its port on the logical switch.</summary>
    public ushort PortKey;

    /// <summary>OVN: key of that switch.</summary>
    public uint SwitchKey;

    /// <summary>What stands as the sender's id in a tunnel: a security identity, a network's id.</summary>
    public uint TunnelId;

    /// <summary>Its group in <see cref="Topology.Egress"/>; 0: none.</summary>
    public ushort Egress;

    /// <summary>Given by a setting, or seen in the capture; a made-up MAC gives way to either.</summary>
    public bool MacKnown;

    /// <summary>As <see cref="MacKnown"/>, of <see cref="VethMac"/>.</summary>
    public bool VethMacKnown;
}

/// <summary>One address of a node, and the device that has it.</summary>
public readonly record struct NodeAddress(ushort Node, NodeDevice Device, uint Name, byte Family);

public enum NodeDevice : byte
{
    Underlay,
    Bridge,
    Tunnel,
}
