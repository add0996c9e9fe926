using System.Collections.Immutable;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>
/// Real nodes' routes (<c>--routes</c>): how each node's packets get to each other's pods, asked of the route that the
/// kernel would take for these pods' addresses.
/// </summary>
internal sealed class NodeRoutes
{
    /// <summary>How devices are called that are tunnels, whichever CNI's.</summary>
    private static readonly string[] TunnelNames =
        ["tunl", "flannel", "vxlan", "wireguard", "geneve", "genev_sys", "cilium_"];

    private readonly NetworkModel _model;
    private readonly List<string> _notes = [];
    private readonly RouteEntry?[] _routes;

    private NodeRoutes(NetworkModel model)
    {
        _model = model;
        int count = model.Nodes.Length;
        Ways = new NodeWay[2 * count * count];
        _routes = new RouteEntry?[Ways.Length];
        for (int from = 0; from < count; from++)
        {
            for (int to = 0; to < count; to++)
            {
                Ways[Index(from, to, 4)] = Computed(model.Direct, from, to);
                Ways[Index(from, to, 6)] = Computed(model.DirectV6 ?? model.Direct, from, to);
            }
        }
    }

    /// <summary>As <see cref="Topology.Ways"/> has them.</summary>
    public NodeWay[] Ways { get; }

    public IReadOnlyList<string> Notes => _notes;

    /// <summary>The route that says the way; null where the CNI's own does, or none holds the other's pods.</summary>
    public RouteEntry? RouteOf(int from, int to, int family) => _routes[Index(from, to, family)];

    /// <summary>Nodes without a file go by their CNI's routes.</summary>
    /// <exception cref="InvalidDataException">A route leads where the emulation has nothing: file,
    /// line, what is wrong.</exception>
    public static NodeRoutes Compile(NetworkModel model, IEnumerable<(int Node, string Path)> files)
    {
        var routes = new NodeRoutes(model);
        HashSet<int> read = [];
        foreach ((int node, string path) in files)
        {
            RouteTable table = RouteTableReader.Read(path);
            if (!read.Add(node))
                throw new InvalidDataException(
                    $"--routes {model.Nodes[node].Name}={path}: this node's routes are given twice");

            if (AsksNodes(model)) routes.Read(node, table, path);
        }

        if (!AsksNodes(model))
            routes._notes.Add(
                $"--routes has no effect under {model.Cni}: what its pods send does not pass the node's routes");
        return routes;
    }

    // Open vSwitch and Cilium's programs send into their tunnels by tables of their own.
    private static bool AsksNodes(NetworkModel model) =>
        model.Tunnel is null or { Kind: TunnelKind.IpInIp }
            or { IdSource: TunnelIdSource.Fixed, Inner: InnerFrame.TunnelDevices };

    private NodeWay Computed(DirectRouting direct, int from, int to)
    {
        bool isDirect = direct == DirectRouting.Always
            || (direct == DirectRouting.SameSegment && _model.Nodes[from].Segment == _model.Nodes[to].Segment);
        return isDirect ? NodeWay.Direct : NodeWay.Tunnel;
    }

    private int Index(int from, int to, int family) =>
        ((((family == 6 ? _model.Nodes.Length : 0) + from) * _model.Nodes.Length) + to);

    private void Read(int from, RouteTable table, string path)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (int to = 0; to < _model.Nodes.Length; to++)
        {
            if (to == from) continue;

            foreach (int family in (ReadOnlySpan<int>)[4, 6])
            {
                if (Judge(from, to, family, table) is not { Way: var way, Route: var route }) continue;

                Ways[Index(from, to, family)] = way;
                _routes[Index(from, to, family)] = route;
                string word = way switch
                {
                    NodeWay.Tunnel => DeviceOf(family)!,
                    NodeWay.Direct => "direct",
                    NodeWay.Outside => "by the default route",
                    NodeWay.None => "no route",
                    _ => "refused",
                };
                counts[word] = counts.GetValueOrDefault(word) + 1;
            }
        }

        string summary = string.Join(", ", counts.Select(count => $"{count.Key} {count.Value}"));
        _notes.Add(
            $"{_model.Nodes[from].Name}'s routes are those of {path}; ways to other nodes' pods: "
            + $"{(counts.Count == 0 ? "none asked" : summary)}");
    }

    /// <summary>Null where the other node has no addresses of the family, or the file no routes of it.</summary>
    private (NodeWay Way, RouteEntry? Route)? Judge(int from, int to, int family, RouteTable table)
    {
        if (!table.Routes.Any(route => route.Destination.Address.Family == family)) return null;

        (NodeWay Way, RouteEntry? Route)? first = null;
        foreach (IpAddress address in AddressesOf(to, family))
        {
            RouteEntry? route = table.Find(address);
            (NodeWay Way, RouteEntry? Route) found = (route is null ? NodeWay.None : WayOf(route, from, to, family),
                route);
            if (first is { } other && other.Way != found.Way)
                throw new InvalidDataException(
                    $"{(found.Route ?? other.Route)!.Source}: pods of node {_model.Nodes[to].Name} go another way here "
                    + $"than by {(other.Route is { } its ? its.Destination.ToString() : "no route")}: "
                    + "one way for each pair of nodes is emulated");

            first ??= found;
        }

        return first;
    }

    // Its pods' addresses; without pods, the first of each of its networks.
    private IEnumerable<IpAddress> AddressesOf(int node, int family)
    {
        IpAddress[] pods =
        [
            .. _model.Pods.Where(pod => pod.Node == node)
                .Select(pod => family == 4 ? pod.V4 : pod.V6).Where(address => !address.IsNone),
        ];
        return pods.Length > 0 ? pods
            : _model.Nodes[node].PodCidrs.Where(cidr => cidr.Address.Family == family)
                .Select(cidr => cidr.Address.Plus(1));
    }

    private NodeWay WayOf(RouteEntry route, int from, int to, int family)
    {
        switch (route.Kind)
        {
            case RouteKind.Blackhole: return NodeWay.Blackhole;
            case RouteKind.Unreachable: return NodeWay.Unreachable;
            case RouteKind.Unicast: break;
            default:
                throw Wrong(
                    route, $"a {Word(route.Kind)} route to pods of node {_model.Nodes[to].Name} is not emulated");
        }

        RouteHop? hop = route.Hops.FirstOrDefault(hop => !hop.IsDown);
        if (hop is null) return NodeWay.Unreachable;

        bool isTunnel = hop.Device.Length > 0 && hop.Device == DeviceOf(family);
        int next = hop.Gateway.IsNone ? (isTunnel ? to : -1) : NodeAt(hop.Gateway);
        if (next < 0 && !isTunnel && route.Destination.Length == 0) return NodeWay.Outside;
        bool isOthers = !isTunnel && TunnelNames.Any(name => hop.Device.StartsWith(name, StringComparison.Ordinal));
        if (next < 0 || isOthers) throw Unknown(route, hop, isOthers, family);
        if (next == from) throw Wrong(route, $"the gateway {hop.Gateway} is this node itself");
        if (next != to)
            throw Wrong(
                route,
                $"the gateway {hop.Gateway} is node {_model.Nodes[next].Name}, "
                + $"but the pods are on {_model.Nodes[to].Name}: a way over a third node is not emulated");

        return isTunnel ? NodeWay.Tunnel : NodeWay.Direct;
    }

    private string? DeviceOf(int family) => (family == 6 ? _model.TunnelV6 ?? _model.Tunnel : _model.Tunnel)?.Device;

    private int NodeAt(IpAddress address)
    {
        for (int node = 0; node < _model.Nodes.Length; node++)
        {
            NodeNetwork at = _model.Nodes[node];
            if (at.OwnAddresses.Contains(address) || address == at.UnderlayV4 || address == at.UnderlayV6
                || address == at.TunnelV4 || address == at.TunnelV6) return node;
        }

        return -1;
    }

    private InvalidDataException Unknown(RouteEntry route, RouteHop hop, bool isDevice, int family)
    {
        if (!hop.Gateway.IsNone && !isDevice)
            return Wrong(
                route, $"the gateway {hop.Gateway} is no node's address: give the routes of this cluster's node");

        string tunnel = DeviceOf(family) is { } device ? $"the tunnel is {device}" : $"{_model.Cni} has no tunnel here";
        return Wrong(route,
            $"device {hop.Device} leads to no other node here ({tunnel}): "
            + "choose the CNI's settings as the node has them");
    }

    private static InvalidDataException Wrong(RouteEntry route, string what) =>
        new($"{route.Source}: {route.Destination}: {what}");

    private static string Word(RouteKind kind) => kind.ToString().ToLowerInvariant();
}
