using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>Whose each address is: pods', nodes', Services', nobody's that may be routed.</summary>
internal sealed class PlaceCompiler
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

    private readonly List<(IpPrefix Prefix, Place Place)> _places = [];
    private readonly List<(EndpointEntry Entry, IpAddress V4, IpAddress V6)> _endpoints = [];
    private readonly List<(NodeAddress Entry, IpAddress Address)> _addresses = [];
    private readonly List<ushort[]> _entries = [[]];

    /// <param name="model">The cluster under its CNI.</param>
    /// <param name="frontends">Addresses of Services, and where traffic to them comes in.</param>
    /// <param name="egress">The number of each pod's group of egress addresses.</param>
    public PlaceCompiler(NetworkModel model, ImmutableArray<ServiceFrontend> frontends, ushort[] egress)
    {
        foreach ((string prefix, PlaceKind kind) in Reserved) _places.Add((IpPrefix.Parse(prefix), new Place(kind)));
        for (int node = 0; node < model.Nodes.Length; node++) AddPodCidrs(model.Nodes[node], node);
        AddPods(model, egress);
        AddSliceEndpoints(model);
        for (int node = 0; node < model.Nodes.Length; node++) AddNodeAddresses(model.Nodes[node], node);
        foreach (ServiceFrontend frontend in frontends)
        {
            _places.Add((Host(frontend.Address),
                new Place(PlaceKind.Service, frontend.EntryNodes.IsEmpty ? 0 : _entries.Count)));
            if (!frontend.EntryNodes.IsEmpty) _entries.Add([.. frontend.EntryNodes]);
        }
    }

    /// <summary>Nodes where traffic to a Service's address comes in, by the place's number.</summary>
    public ushort[][] ServiceEntries => [.. _entries];

    public AddressMap Map() => AddressMap.Build(_places);

    public NativeArray<EndpointEntry> Endpoints(AddressNames names)
    {
        var compiled = new NativeArray<EndpointEntry>(_endpoints.Count);
        for (int index = 0; index < _endpoints.Count; index++)
        {
            (EndpointEntry entry, IpAddress v4, IpAddress v6) = _endpoints[index];
            compiled[index] = entry with
            {
                V4 = TopologyCompiler.Name(v4, names),
                V6 = TopologyCompiler.Name(v6, names),
            };
        }

        return compiled;
    }

    public NativeArray<NodeAddress> NodeAddresses(AddressNames names)
    {
        var compiled = new NativeArray<NodeAddress>(_addresses.Count);
        for (int index = 0; index < _addresses.Count; index++)
        {
            compiled[index] =
                _addresses[index].Entry with { Name = TopologyCompiler.Name(_addresses[index].Address, names) };
        }

        return compiled;
    }

    private static IpPrefix Host(IpAddress address) => new(address, address.Bits);

    private void AddPodCidrs(NodeNetwork node, int index)
    {
        foreach (IpPrefix cidr in node.PodCidrs)
        {
            _places.Add((cidr, new Place(PlaceKind.Unlisted, index)));
            if (cidr.Address.IsV4 && cidr.Length is > 0 and < 31)
            {
                _places.Add((Host(cidr.Address.Plus((1u << (32 - cidr.Length)) - 1)), new Place(PlaceKind.Group)));
            }
        }
    }

    private void AddPods(NetworkModel model, ushort[] egress)
    {
        for (int index = 0; index < model.Pods.Length; index++)
        {
            PodNetwork pod = model.Pods[index];
            var place = new Place(PlaceKind.Pod, _endpoints.Count);
            if (!pod.V4.IsNone) _places.Add((Host(pod.V4), place));
            if (!pod.V6.IsNone) _places.Add((Host(pod.V6), place));
            var entry = new EndpointEntry
            {
                Mac = TopologyCompiler.InMemory(pod.Mac),
                MacKnown = pod.MacKnown,
                VethMac = TopologyCompiler.InMemory(pod.VethMac ?? model.Nodes[pod.Node].BridgeMac),
                VethMacKnown = pod.VethMac is not null,
                Node = (ushort)pod.Node,
                Pod = index,
                TunnelId = pod.TunnelId,
                PortKey = pod.PortKey,
                Egress = egress[index],
                SwitchKey = pod.SwitchKey ?? model.Nodes[pod.Node].SwitchKey,
            };
            _endpoints.Add((entry, pod.V4, pod.V6));
        }
    }

    // Endpoints that no Pod object has exist, too: the manifests name their node, or their address does.
    private void AddSliceEndpoints(NetworkModel model)
    {
        var known = new HashSet<IpAddress>();
        foreach (PodNetwork pod in model.Pods)
        {
            known.Add(pod.V4);
            known.Add(pod.V6);
        }

        foreach (NodeNetwork node in model.Nodes)
            known.UnionWith(node.OwnAddresses.Append(node.UnderlayV4).Append(node.UnderlayV6));
        Dictionary<string, int> nodes = model.Nodes.Select((node, index) => (node.Name, index))
            .ToDictionary(pair => pair.Name, pair => pair.index);
        foreach (Endpoint endpoint in model.Snapshot.EndpointSlices.SelectMany(slice => slice.Endpoints))
        {
            foreach (IpAddress address in endpoint.Addresses)
            {
                if (!known.Add(address)) continue;
                if (!nodes.TryGetValue(endpoint.NodeName, out int node)) continue;

                _places.Add((Host(address), new Place(PlaceKind.Pod, _endpoints.Count)));
                ulong mac = address.IsV4 ? Link.MadeUpMac(address.V4) : Link.MadeUpMac((uint)address.Value);
                var entry = new EndpointEntry
                {
                    Mac = mac,
                    VethMac = TopologyCompiler.InMemory(model.Nodes[node].BridgeMac),
                    Node = (ushort)node,
                    Pod = -1,
                };
                _endpoints.Add((entry, address.IsV4 ? address : default, address.IsV6 ? address : default));
            }
        }
    }

    private void AddNodeAddresses(NodeNetwork node, int index)
    {
        IEnumerable<(IpAddress Address, NodeDevice Device)> all = node.OwnAddresses
            .Append(node.UnderlayV4).Append(node.UnderlayV6).Select(address => (address, NodeDevice.Underlay))
            .Concat([(node.BridgeV4, NodeDevice.Bridge), (node.BridgeV6, NodeDevice.Bridge)])
            .Concat([(node.TunnelV4, NodeDevice.Tunnel), (node.TunnelV6, NodeDevice.Tunnel)]);
        foreach ((IpAddress address, NodeDevice device) in all.DistinctBy(pair => pair.Address))
        {
            if (address.IsNone) continue;
            _places.Add((Host(address), new Place(PlaceKind.Node, _addresses.Count)));
            _addresses.Add((new NodeAddress((ushort)index, device, 0, (byte)address.Family), address));
        }
    }
}
