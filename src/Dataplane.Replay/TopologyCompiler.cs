using System.Buffers.Binary;
using System.Collections.Immutable;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>Turns a network model into the flat tables that the stages work on.</summary>
internal static class TopologyCompiler
{
    /// <param name="model">The cluster under its CNI.</param>
    /// <param name="frontends">Addresses of Services, and where traffic to them comes in.</param>
    /// <param name="seed">Seed of hashes, ids and draws.</param>
    /// <param name="onlyNode">The one node to emulate; −1: all.</param>
    /// <param name="routes">Real nodes' routes; null: the CNI's own.</param>
    /// <param name="hasOwnMasquerade">Pods are masqueraded as the CNI does it; otherwise rules
    /// that were given do it.</param>
    /// <param name="hasOwnProxy">Services are the CNI's own, and so is the way of what they answer.</param>
    public static Topology Compile(
        NetworkModel model, ImmutableArray<ServiceFrontend> frontends, ulong seed, int onlyNode, NodeRoutes? routes,
        bool hasOwnMasquerade, bool hasOwnProxy)
    {
        var egress = new EgressCompiler(model);
        var places = new PlaceCompiler(model, frontends, egress.Groups);
        AddressMap map = places.Map();
        var names = new AddressNames(map);
        NativeArray<PeerEntry> PeersIn(NetworkModel seen, TunnelSettings of) =>
            NodeCompiler.Peers(seen, of, names, Fold(seed), onlyNode);
        NativeArray<PeerEntry> Peers(TunnelSettings of) => PeersIn(model, of);
        TunnelTable? tunnel = model.Tunnel is { } four ? TunnelCompiler.Compile(model, four, Peers(four)) : null;
        TunnelTable? tunnelV6 = model.TunnelV6 is { } six ? TunnelCompiler.Compile(model, six, Peers(six))
            : tunnel is { InnerLinkSize: 0 } ? null : tunnel;
        return new Topology
        {
            Map = map,
            Names = names,
            Nodes = NodeCompiler.Nodes(model, names),
            Peers = NodeCompiler.Peers(model, model.Tunnel, names, Fold(seed), onlyNode),
            Endpoints = places.Endpoints(names),
            NodeAddresses = places.NodeAddresses(names),
            ClusterNetwork = new PrefixTest(model.ClusterCidrs),
            Tunnel = tunnel,
            TunnelV6 = tunnelV6,
            SwitchPorts = CompilePorts(model),
            DirectReturn = hasOwnProxy && model.DirectReturn is { } way
                ? SideTunnels.OfDirectReturn(model, way, Peers)
                : null,
            Beside = SideTunnels.Beside(model, PeersIn),
            Egress = egress.Compile(names),
            Hops = CompileHops(model.Hops),
            BesideToPod = model.Hops.BesideToPod,
            Routed = model.Attachment == PodAttachment.Routed,
            ServiceEntries = places.ServiceEntries,
            Masquerade = model.Masquerade && hasOwnMasquerade,
            ForwardUnlisted = model.ForwardUnlisted,
            Direct = routes is null ? (DirectMode)model.Direct : DirectMode.ByRoutes,
            DirectV6 = routes is null ? (DirectMode)(model.DirectV6 ?? model.Direct) : DirectMode.ByRoutes,
            Ways = routes?.Ways ?? [],
            ManyNodes = onlyNode < 0 && model.Nodes.Length > 1,
            Seed = Fold(seed),
        };
    }

    /// <summary>A MAC's six bytes as they lie in memory.</summary>
    internal static ulong InMemory(MacAddress mac)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        mac.WriteTo(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    private static uint Fold(ulong seed) => (uint)(seed ^ seed >> 32);

    internal static uint Name(IpAddress address, AddressNames names) =>
        address.IsNone ? 0 : address.IsV4 ? address.V4 : names.NameOf(address);

    // Between two bridges or to the node itself nothing is lost; a node's own packets have lost nothing yet.
    private static byte[] CompileHops(HopCosts costs)
    {
        byte[] hops = new byte[Enum.GetValues<Entry>().Length << 3];
        foreach (Entry entry in new[] { Entry.PodVeth, Entry.Underlay, Entry.Tunnel })
        {
            foreach (Exit exit in new[] { Exit.Pod, Exit.Tunnel, Exit.Direct, Exit.Outside })
                hops[Topology.HopIndex(entry, exit)] = 1;
        }

        hops[Topology.HopIndex(Entry.PodVeth, Exit.Tunnel)] = (byte)costs.PodToTunnel;
        hops[Topology.HopIndex(Entry.Underlay, Exit.Tunnel)] = (byte)costs.OutsideToTunnel;
        hops[Topology.HopIndex(Entry.Tunnel, Exit.Pod)] = (byte)costs.TunnelToPod;
        hops[Topology.HopIndex(Entry.PodVeth, Exit.Pod)] = (byte)costs.PodToPod;
        return hops;
    }

    // The router has a port on each switch, wherever the switch has pods.
    private static SwitchPorts? CompilePorts(NetworkModel model)
    {
        if (model.Tunnel is not { IdSource: TunnelIdSource.LogicalSwitch }) return null;

        IEnumerable<(int, uint, ushort)> routers = model.Nodes.Select((node, at) =>
            (at, node.SwitchKey, node.RouterPortKey));
        uint join = model.Tunnel.Vni;
        IEnumerable<(int, uint, ushort)> joins =
            join == 0 ? [] : model.Nodes.Select((node, at) => (at, join, node.TransitPortKey));
        IEnumerable<(int, uint, ushort)> pods = model.Pods.SelectMany(pod =>
        {
            NodeNetwork node = model.Nodes[pod.Node];
            uint key = pod.SwitchKey ?? node.SwitchKey;
            return new (int, uint, ushort)[] { (pod.Node, key, pod.PortKey), (pod.Node, key, node.RouterPortKey) };
        });
        return new SwitchPorts(routers.Concat(joins).Concat(pods));
    }
}
