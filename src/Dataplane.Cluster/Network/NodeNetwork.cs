using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Network;

/// <summary>One node: its devices, addresses and MTUs.</summary>
public sealed record NodeNetwork
{
    public required string Name { get; init; }

    public SourceLine Source { get; init; }

    public ImmutableArray<IpPrefix> PodCidrs { get; init; } = [];

    /// <summary>The address that tunnels and host-gw routes use; none where the node has none of that family.</summary>
    public IpAddress UnderlayV4 { get; init; }

    public IpAddress UnderlayV6 { get; init; }

    /// <summary>An address without a device of the node's that pods have as their gateway (169.254.1.1).</summary>
    public IpAddress GatewayV4 { get; init; }

    /// <summary>The same for IPv6: a link-local address (fe80::ecee:eeff:feee:eeee).</summary>
    public IpAddress GatewayV6 { get; init; }

    /// <summary>Every address that the node answers to, beside bridge and tunnel device.</summary>
    public ImmutableArray<IpAddress> OwnAddresses { get; init; } = [];

    public MacAddress UnderlayMac { get; init; }

    public MacAddress BridgeMac { get; init; }

    /// <summary>
    /// Whether the bridge's MAC is known (a setting, an annotation), so that frames to another MAC are not for it.
    /// </summary>
    public bool BridgeMacKnown { get; init; }

    /// <summary>cni0's addresses: the first address after the podCIDR's own.</summary>
    public IpAddress BridgeV4 { get; init; }

    public IpAddress BridgeV6 { get; init; }

    /// <summary>
    /// The tunnel device's addresses (flannel.1: the podCIDR's own): what is masqueraded into the tunnel has them.
    /// </summary>
    public IpAddress TunnelV4 { get; init; }

    public IpAddress TunnelV6 { get; init; }

    public MacAddress TunnelMac { get; init; }

    /// <summary>
    /// The MAC of the tunnel device for IPv6 packets, where that is another (flannel-v6.1, vxlan-v6.calico).
    /// </summary>
    public MacAddress TunnelMacV6 { get; init; }

    /// <summary>
    /// Identity or NetID of what the node itself sends, where <see cref="TunnelIdSource.Sender"/> asks for it.
    /// </summary>
    public uint TunnelId { get; init; }

    /// <summary>Key of the node's logical switch (OVN's datapath key).</summary>
    public uint SwitchKey { get; init; }

    /// <summary>Key of the logical router's port on that switch.</summary>
    public ushort RouterPortKey { get; init; }

    /// <summary>
    /// Key of the node's port on the switch that all nodes share: the transit switch (OVN interconnect), or in one zone
    /// the join switch; its MAC there is <see cref="TunnelMac"/>, the switch's key <see cref="TunnelSettings.Vni"/>.
    /// </summary>
    public ushort TransitPortKey { get; init; }

    /// <summary>
    /// MAC of the router's port on the node's switch, or of whatever else pods have as their gateway.
    /// </summary>
    public MacAddress RouterMac { get; init; }

    public int UnderlayMtu { get; init; } = 1500;

    public int TunnelMtu { get; init; } = 1450;

    public int PodMtu { get; init; } = 1450;

    /// <summary>
    /// A node of another kind, reached by <see cref="NetworkModel.Beside"/>; what it does itself is not emulated.
    /// </summary>
    public bool IsBeside { get; init; }

    /// <summary>
    /// The MAC that frames through that tunnel have as their destination at this node; none: it has no end of it.
    /// </summary>
    public MacAddress? BesideMac { get; init; }

    /// <summary>Nodes with the same number reach each other at layer 2.</summary>
    public int Segment { get; init; }

    /// <summary>The next hop's MAC for everything outside the cluster.</summary>
    public MacAddress GatewayMac { get; init; }

    /// <summary>Without a default route, what is outside the cluster is answered with net-unreachable.</summary>
    public bool HasDefaultRoute { get; init; } = true;
}
