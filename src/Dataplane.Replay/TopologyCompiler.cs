using System.Buffers.Binary;
using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>Turns a network model into the flat tables that the stages work on.</summary>
internal static class TopologyCompiler
{
    private static readonly (string Prefix, PlaceKind Kind)[] Reserved =
    [
        ("0.0.0.0/8", PlaceKind.Martian),
        ("127.0.0.0/8", PlaceKind.Martian),
        ("224.0.0.0/4", PlaceKind.Group),
        ("240.0.0.0/4", PlaceKind.Martian),
        ("255.255.255.255/32", PlaceKind.Group),
        ("::/128", PlaceKind.Martian),
        ("::1/128", PlaceKind.Martian),
        ("ff00::/8", PlaceKind.Group),
    ];

    /// <param name="model">The cluster under its CNI.</param>
    /// <param name="frontends">Addresses of Services, and where traffic to them comes in.</param>
    /// <param name="seed">Seed of hashes, ids and draws.</param>
    /// <param name="onlyNode">The one node to emulate; −1: all.</param>
    /// <param name="routes">Real nodes' routes; null: the CNI's own.</param>
    /// <param name="hasOwnMasquerade">Pods are masqueraded as the CNI does it; otherwise rules that were given do it.</param>
    /// <param name="hasOwnProxy">Services are the CNI's own, and so is the way of what they answer.</param>
    public static Topology Compile(
        NetworkModel model, ImmutableArray<ServiceFrontend> frontends, ulong seed, int onlyNode, NodeRoutes? routes, bool hasOwnMasquerade,
        bool hasOwnProxy)
    {
        var places = new List<(IpPrefix Prefix, Place Place)>();
        foreach ((string prefix, PlaceKind kind) in Reserved) places.Add((IpPrefix.Parse(prefix), new Place(kind)));
        for (int node = 0; node < model.Nodes.Length; node++) AddPodCidrs(places, model.Nodes[node], node);

        var endpoints = new List<(EndpointEntry Entry, IpAddress V4, IpAddress V6)>();
        var egress = new EgressCompiler(model);
        AddPods(places, endpoints, model, egress.Groups);
        AddSliceEndpoints(places, endpoints, model);
        var addresses = new List<(NodeAddress Entry, IpAddress Address)>();
        for (int node = 0; node < model.Nodes.Length; node++) AddNodeAddresses(places, addresses, model.Nodes[node], node);
        List<ushort[]> entries = [[]];
        foreach (ServiceFrontend frontend in frontends)
        {
            places.Add((Host(frontend.Address), new Place(PlaceKind.Service, frontend.EntryNodes.IsEmpty ? 0 : entries.Count)));
            if (!frontend.EntryNodes.IsEmpty) entries.Add([.. frontend.EntryNodes]);
        }

        AddressMap map = AddressMap.Build(places);
        var names = new AddressNames(map);
        NativeArray<PeerEntry> PeersIn(NetworkModel seen, TunnelSettings of) => CompilePeers(seen, of, names, Fold(seed), onlyNode);
        NativeArray<PeerEntry> Peers(TunnelSettings of) => PeersIn(model, of);
        TunnelTable? tunnel = model.Tunnel is { } four ? TunnelCompiler.Compile(model, four, Peers(four)) : null;
        TunnelTable? tunnelV6 = model.TunnelV6 is { } six ? TunnelCompiler.Compile(model, six, Peers(six))
            : tunnel is { InnerLinkSize: 0 } ? null : tunnel;
        return new Topology
        {
            Map = map,
            Names = names,
            Nodes = CompileNodes(model, names),
            Peers = CompilePeers(model, model.Tunnel, names, Fold(seed), onlyNode),
            Endpoints = CompileEndpoints(endpoints, names),
            NodeAddresses = CompileAddresses(addresses, names),
            ClusterNetwork = new PrefixTest(model.ClusterCidrs),
            Tunnel = tunnel,
            TunnelV6 = tunnelV6,
            SwitchPorts = CompilePorts(model),
            DirectReturn = hasOwnProxy && model.DirectReturn is { } way ? SideTunnels.OfDirectReturn(model, way, Peers) : null,
            Beside = SideTunnels.Beside(model, PeersIn),
            Egress = egress.Compile(names),
            Hops = CompileHops(model.Hops),
            BesideToPod = model.Hops.BesideToPod,
            Routed = model.Attachment == PodAttachment.Routed,
            ServiceEntries = [.. entries],
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

    private static IpPrefix Host(IpAddress address) => new(address, address.Bits);

    private static void AddPodCidrs(List<(IpPrefix Prefix, Place Place)> places, NodeNetwork node, int index)
    {
        foreach (IpPrefix cidr in node.PodCidrs)
        {
            places.Add((cidr, new Place(PlaceKind.Unlisted, index)));
            if (cidr.Address.IsV4 && cidr.Length is > 0 and < 31)
            {
                places.Add((Host(cidr.Address.Plus((1u << (32 - cidr.Length)) - 1)), new Place(PlaceKind.Group)));
            }
        }
    }

    private static void AddPods(
        List<(IpPrefix Prefix, Place Place)> places, List<(EndpointEntry Entry, IpAddress V4, IpAddress V6)> endpoints, NetworkModel model,
        ushort[] egress)
    {
        for (int index = 0; index < model.Pods.Length; index++)
        {
            PodNetwork pod = model.Pods[index];
            var place = new Place(PlaceKind.Pod, endpoints.Count);
            if (!pod.V4.IsNone) places.Add((Host(pod.V4), place));
            if (!pod.V6.IsNone) places.Add((Host(pod.V6), place));
            var entry = new EndpointEntry
            {
                Mac = InMemory(pod.Mac),
                MacKnown = pod.MacKnown,
                VethMac = InMemory(pod.VethMac ?? model.Nodes[pod.Node].BridgeMac),
                VethMacKnown = pod.VethMac is not null,
                Node = (ushort)pod.Node,
                Pod = index,
                TunnelId = pod.TunnelId,
                PortKey = pod.PortKey,
                Egress = egress[index],
                SwitchKey = pod.SwitchKey ?? model.Nodes[pod.Node].SwitchKey,
            };
            endpoints.Add((entry, pod.V4, pod.V6));
        }
    }

    // Endpoints that no Pod object has exist, too: the manifests name their node, or their address does.
    private static void AddSliceEndpoints(
        List<(IpPrefix Prefix, Place Place)> places, List<(EndpointEntry Entry, IpAddress V4, IpAddress V6)> endpoints, NetworkModel model)
    {
        var known = new HashSet<IpAddress>();
        foreach (PodNetwork pod in model.Pods)
        {
            known.Add(pod.V4);
            known.Add(pod.V6);
        }

        foreach (NodeNetwork node in model.Nodes) known.UnionWith(node.OwnAddresses.Append(node.UnderlayV4).Append(node.UnderlayV6));
        Dictionary<string, int> nodes = model.Nodes.Select((node, index) => (node.Name, index)).ToDictionary(pair => pair.Name, pair => pair.index);
        foreach (Endpoint endpoint in model.Snapshot.EndpointSlices.SelectMany(slice => slice.Endpoints))
        {
            foreach (IpAddress address in endpoint.Addresses)
            {
                if (!known.Add(address)) continue;
                if (!nodes.TryGetValue(endpoint.NodeName, out int node)) continue;

                places.Add((Host(address), new Place(PlaceKind.Pod, endpoints.Count)));
                ulong mac = address.IsV4 ? Link.MadeUpMac(address.V4) : Link.MadeUpMac((uint)address.Value);
                var entry = new EndpointEntry { Mac = mac, VethMac = InMemory(model.Nodes[node].BridgeMac), Node = (ushort)node, Pod = -1 };
                endpoints.Add((entry, address.IsV4 ? address : default, address.IsV6 ? address : default));
            }
        }
    }

    private static void AddNodeAddresses(
        List<(IpPrefix Prefix, Place Place)> places, List<(NodeAddress Entry, IpAddress Address)> addresses, NodeNetwork node, int index)
    {
        IEnumerable<(IpAddress Address, NodeDevice Device)> all = node.OwnAddresses
            .Append(node.UnderlayV4).Append(node.UnderlayV6).Select(address => (address, NodeDevice.Underlay))
            .Concat([(node.BridgeV4, NodeDevice.Bridge), (node.BridgeV6, NodeDevice.Bridge)])
            .Concat([(node.TunnelV4, NodeDevice.Tunnel), (node.TunnelV6, NodeDevice.Tunnel)]);
        foreach ((IpAddress address, NodeDevice device) in all.DistinctBy(pair => pair.Address))
        {
            if (address.IsNone) continue;
            places.Add((Host(address), new Place(PlaceKind.Node, addresses.Count)));
            addresses.Add((new NodeAddress((ushort)index, device, 0, (byte)address.Family), address));
        }
    }

    internal static uint Name(IpAddress address, AddressNames names) =>
        address.IsNone ? 0 : address.IsV4 ? address.V4 : names.NameOf(address);

    private static NativeArray<EndpointEntry> CompileEndpoints(
        List<(EndpointEntry Entry, IpAddress V4, IpAddress V6)> endpoints, AddressNames names)
    {
        var compiled = new NativeArray<EndpointEntry>(endpoints.Count);
        for (int index = 0; index < endpoints.Count; index++)
        {
            (EndpointEntry entry, IpAddress v4, IpAddress v6) = endpoints[index];
            compiled[index] = entry with { V4 = Name(v4, names), V6 = Name(v6, names) };
        }

        return compiled;
    }

    private static NativeArray<NodeAddress> CompileAddresses(List<(NodeAddress Entry, IpAddress Address)> addresses, AddressNames names)
    {
        var compiled = new NativeArray<NodeAddress>(addresses.Count);
        for (int index = 0; index < addresses.Count; index++)
        {
            compiled[index] = addresses[index].Entry with { Name = Name(addresses[index].Address, names) };
        }

        return compiled;
    }

    // Between two bridges or to the node itself nothing is lost; a node's own packets have lost nothing yet.
    private static byte[] CompileHops(HopCosts costs)
    {
        byte[] hops = new byte[Enum.GetValues<Entry>().Length << 3];
        foreach (Entry entry in new[] { Entry.PodVeth, Entry.Underlay, Entry.Tunnel })
        {
            foreach (Exit exit in new[] { Exit.Pod, Exit.Tunnel, Exit.Direct, Exit.Outside }) hops[Topology.HopIndex(entry, exit)] = 1;
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

        IEnumerable<(int, uint, ushort)> routers = model.Nodes.Select((node, at) => (at, node.SwitchKey, node.RouterPortKey));
        uint join = model.Tunnel.Vni;
        IEnumerable<(int, uint, ushort)> joins = join == 0 ? [] : model.Nodes.Select((node, at) => (at, join, node.TransitPortKey));
        IEnumerable<(int, uint, ushort)> pods = model.Pods.SelectMany(pod =>
        {
            NodeNetwork node = model.Nodes[pod.Node];
            uint key = pod.SwitchKey ?? node.SwitchKey;
            return new (int, uint, ushort)[] { (pod.Node, key, pod.PortKey), (pod.Node, key, node.RouterPortKey) };
        });
        return new SwitchPorts(routers.Concat(joins).Concat(pods));
    }

    private static NativeArray<NodeEntry> CompileNodes(NetworkModel model, AddressNames names)
    {
        var compiled = new NativeArray<NodeEntry>(model.Nodes.Length);
        for (int index = 0; index < model.Nodes.Length; index++)
        {
            NodeNetwork node = model.Nodes[index];
            ref NodeEntry entry = ref compiled[index];
            entry.BridgeMac = InMemory(node.RouterMac == default ? node.BridgeMac : node.RouterMac);
            entry.GatewayMac = InMemory(node.GatewayMac);
            entry.UnderlayV6 = Name(node.UnderlayV6, names);
            entry.BridgeV4 = Name(node.BridgeV4, names);
            entry.BridgeV6 = Name(node.BridgeV6, names);
            entry.TunnelV4 = Name(node.TunnelV4, names);
            entry.TunnelV6 = Name(node.TunnelV6, names);
            entry.UnderlayMtu = (ushort)node.UnderlayMtu;
            entry.TunnelMtu = (ushort)node.TunnelMtu;
            entry.TunnelMtuV6 = (ushort)TunnelMtuV6(node, model);
            entry.PodMtu = (ushort)node.PodMtu;
            entry.HasDefaultRoute = node.HasDefaultRoute;
            entry.BridgeMacKnown = node.BridgeMacKnown;
            entry.IsBeside = node.IsBeside;
            entry.GatewayV4 = Name(node.GatewayV4, names);
            entry.TunnelId = node.TunnelId;
            entry.SwitchKey = node.SwitchKey;
            entry.RouterPortKey = node.RouterPortKey;
            entry.TransitPortKey = node.TransitPortKey;
        }

        return compiled;
    }

    // The kernel does not let it be more than its underlay carries (drivers/net/vxlan/vxlan_core.c, vxlan_config_apply).
    private static int TunnelMtuV6(NodeNetwork node, NetworkModel model) => model.TunnelV6 is { } own
        ? Math.Min(node.TunnelMtu, node.UnderlayMtu - own.Overhead)
        : node.TunnelMtu;

    private static NativeArray<PeerEntry> CompilePeers(
        NetworkModel model, TunnelSettings? tunnel, AddressNames names, uint seed, int onlyNode)
    {
        var compiled = new NativeArray<PeerEntry>(model.Nodes.Length);
        for (int index = 0; index < model.Nodes.Length; index++)
        {
            NodeNetwork node = model.Nodes[index];
            compiled[index] = new PeerEntry
            {
                UnderlayMac = InMemory(node.UnderlayMac),
                TunnelMac = tunnel is null ? 0 : InMemory(TunnelCompiler.MacOf(node, tunnel, model)),
                UnderlayV4 = Name(node.UnderlayV4, names),
                IdPart = IdCounters.PartOf(Name(node.UnderlayV4, names), seed),
                OuterUdpSum = tunnel is null ? 0 : TunnelCompiler.SumOfReceiver(node, TunnelCompiler.MacOf(node, tunnel, model), tunnel),
                HasTunnel = tunnel is not null && !(tunnel.OuterFamily == 6 ? node.UnderlayV6 : node.UnderlayV4).IsNone,
                Segment = (ushort)node.Segment,
                IsEmulated = (onlyNode < 0 || onlyNode == index) && !node.IsBeside,
            };
        }

        return compiled;
    }
}
