using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Network;

/// <summary>A real node's routes, as <c>ip route</c> or <c>birdc show route</c> printed them. Immutable.</summary>
public sealed class RouteTable
{
    /// <summary>In the order in which they are asked: longest prefix first, then the lowest metric.</summary>
    public ImmutableArray<RouteEntry> Routes { get; }

    public RouteTable(IEnumerable<RouteEntry> routes) => Routes =
        [.. routes.OrderByDescending(route => route.Destination.Length).ThenBy(route => route.Metric)];

    /// <summary>
    /// The route that the kernel would take without rules of one's own; null where none holds the address.
    /// </summary>
    public RouteEntry? Find(IpAddress address) => Routes.FirstOrDefault(route =>
        route.Destination.Contains(address) && route.Kind != RouteKind.Throw && IsAsked(route.Table));

    private static bool IsAsked(string table) =>
        table is "" or "main" or "254" or "local" or "255" or "default" or "253";
}

/// <summary>What becomes of a packet that a route holds (rtnetlink(7), rtm_type).</summary>
public enum RouteKind : byte
{
    Unicast,

    /// <summary>For the node itself.</summary>
    Local,
    Broadcast,
    Multicast,

    /// <summary>Dropped without a word.</summary>
    Blackhole,

    /// <summary>Answered with host-unreachable.</summary>
    Unreachable,

    /// <summary>Answered with administratively prohibited.</summary>
    Prohibit,

    /// <summary>As if it were not there, in this table.</summary>
    Throw,
}

/// <summary>One route.</summary>
public sealed record RouteEntry(IpPrefix Destination, SourceLine Source)
{
    public RouteKind Kind { get; init; }

    /// <summary>Several where the route is multipath; none where packets end here.</summary>
    public ImmutableArray<RouteHop> Hops { get; init; } = [];

    /// <summary>
    /// Who put it there: kernel, bird, dhcp, or BIRD's own protocol (Mesh_10_0_0_2); empty where it is not said.
    /// </summary>
    public string Protocol { get; init; } = "";

    /// <summary>The routing table's name or number; empty for main.</summary>
    public string Table { get; init; } = "";

    /// <summary>The destination is a neighbour.</summary>
    public bool IsLink => !Hops.IsEmpty && Hops.All(hop => hop.Gateway.IsNone);

    /// <summary>The source address of what the node itself sends that way; none where it is not said.</summary>
    public IpAddress PreferredSource { get; init; }

    public uint Metric { get; init; }
}

/// <summary>Where a route leads: over a device, to a gateway, where there is one.</summary>
public sealed record RouteHop
{
    /// <summary>None where the destination is a neighbour.</summary>
    public IpAddress Gateway { get; init; }

    public string Device { get; init; } = "";

    /// <summary>The gateway is taken for a neighbour, whatever its address.</summary>
    public bool OnLink { get; init; }

    public int Weight { get; init; } = 1;

    /// <summary>The device has no carrier, or the hop is dead: the kernel takes another.</summary>
    public bool IsDown { get; init; }
}
