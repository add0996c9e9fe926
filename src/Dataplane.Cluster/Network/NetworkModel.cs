using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Network;

/// <summary>
/// What a CNI makes of a cluster: nodes with their devices and addresses, pods with their places, one tunnel. A profile
/// compiles it from a snapshot; the pipeline's tables are compiled from it. Immutable.
/// </summary>
public sealed record NetworkModel
{
    /// <summary>The profile's name, as <c>--cni</c> takes it.</summary>
    public required string Cni { get; init; }

    public required ClusterSnapshot Snapshot { get; init; }

    /// <summary>A node's position is its number everywhere else.</summary>
    public required ImmutableArray<NodeNetwork> Nodes { get; init; }

    /// <summary>Pods that have an address of their own (neither hostNetwork nor terminated), one entry a pod.</summary>
    public required ImmutableArray<PodNetwork> Pods { get; init; }

    public required PodAttachment Attachment { get; init; }

    /// <summary>The tunnel for IPv4 packets, and for IPv6 ones without one of their own; null where the CNI only routes.</summary>
    public TunnelSettings? Tunnel { get; init; }

    /// <summary>The tunnel for IPv6 packets, where it is another (flannel-v6.1).</summary>
    public TunnelSettings? TunnelV6 { get; init; }

    /// <summary>The tunnel to nodes of another kind (<see cref="NodeNetwork.IsBeside"/>): OVN-Kubernetes' hybrid overlay to Windows.</summary>
    public TunnelSettings? Beside { get; init; }

    /// <summary>How many hops a pod's packet loses, and where.</summary>
    public HopCosts Hops { get; init; } = new();

    /// <summary>When two nodes reach each other's pods by a plain route.</summary>
    public required DirectRouting Direct { get; init; }

    /// <summary>The same for IPv6, where it is another (Calico's pools have a mode each); null: as <see cref="Direct"/>.</summary>
    public DirectRouting? DirectV6 { get; init; }

    /// <summary>flanneld --ip-masq: what pods send outside <see cref="ClusterCidrs"/> leaves with the node's address.</summary>
    public required bool Masquerade { get; init; }

    /// <summary>The network of all pods (flannel's Network), of each family as many as there are pools.</summary>
    public required ImmutableArray<IpPrefix> ClusterCidrs { get; init; }

    /// <summary>Deliver to addresses in a podCIDR that no Pod object has, instead of answering host-unreachable.</summary>
    public bool ForwardUnlisted { get; init; }

    /// <summary>Pods that leave the cluster with addresses of their own.</summary>
    public ImmutableArray<EgressAssignment> EgressAddresses { get; init; } = [];

    /// <summary>What namespaces may send out of the cluster, one set for each.</summary>
    public ImmutableArray<EgressRuleSet> EgressRules { get; init; } = [];

    /// <summary>How backends' nodes come to answer the outside by themselves; null: they do not.</summary>
    public ReturnSettings? DirectReturn { get; init; }

    /// <summary>What was made up, assumed, or has no effect under this CNI: one line each, for the user.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];
}

/// <summary>How pods hang on their node.</summary>
public enum PodAttachment : byte
{
    /// <summary>veths on a bridge (cni0): same-node traffic stays at layer 2.</summary>
    Bridge,

    /// <summary>veths with a host route each: same-node traffic is routed and loses one TTL.</summary>
    Routed,
}

/// <summary>
/// TTL that a packet loses on its way: one for each router that it passes, none where the CNI switches (OpenShift SDN) or
/// leaves that to the receiving side (Cilium).
/// </summary>
public sealed record HopCosts
{
    /// <summary>From a pod into the tunnel.</summary>
    public int PodToTunnel { get; init; } = 1;

    /// <summary>From the tunnel to a pod.</summary>
    public int TunnelToPod { get; init; } = 1;

    /// <summary>From the tunnel to nodes of another kind to a pod: out of the node's port on the pod's own switch.</summary>
    public int BesideToPod { get; init; }

    /// <summary>From outside into the tunnel.</summary>
    public int OutsideToTunnel { get; init; } = 1;

    /// <summary>Between two pods of one node, where they are not on a bridge.</summary>
    public int PodToPod { get; init; } = 1;
}

/// <summary>When pod traffic between two nodes goes without a tunnel.</summary>
public enum DirectRouting : byte
{
    Never,

    /// <summary>Where both nodes share a layer-2 segment (<see cref="NodeNetwork.Segment"/>).</summary>
    SameSegment,

    Always,
}

public enum TunnelKind : byte
{
    Vxlan,
    Geneve,
    IpInIp,
}

/// <summary>A tunnel device's settings in <c>ip link</c>'s words.</summary>
public sealed record TunnelSettings
{
    public required TunnelKind Kind { get; init; }

    /// <summary>The device's name, as an observation point shows it (<c>flannel.1</c>).</summary>
    public required string Device { get; init; }

    public uint Vni { get; init; } = 1;

    /// <summary>What stands in the header's VNI field.</summary>
    public TunnelIdSource IdSource { get; init; }

    /// <summary>Whose MACs the inner frame carries.</summary>
    public InnerFrame Inner { get; init; }

    /// <summary>4 or 6: the family of the outer header.</summary>
    public int OuterFamily { get; init; } = 4;

    public ushort Port { get; init; } = 8472;

    /// <summary>Outer TTL; 0 inherits the inner one.</summary>
    public byte Ttl { get; init; } = 64;

    /// <summary>Outer DS field; ECN is added from the inner packet in any case.</summary>
    public byte Tos { get; init; }

    public bool TosInherit { get; init; }

    public TunnelDf Df { get; init; }

    public bool UdpChecksum { get; init; } = true;

    /// <summary>Open vSwitch's userspace datapath sends: outer IP ids are 0, source ports are its hash of the inner flow.</summary>
    public bool IsOpenVSwitch { get; init; }

    /// <summary>First and last source port that the flow hash can give; equal for a fixed port.</summary>
    public ushort SourcePortMin { get; init; } = 32768;

    public ushort SourcePortMax { get; init; } = 60998;

    /// <summary>4 or 6: with room for Cilium's Geneve option that tells a frontend of this family; 0: without.</summary>
    public int FrontendFamily { get; init; }

    /// <summary>Bytes that the tunnel adds, counted against the MTU (50 for VXLAN over IPv4).</summary>
    public int Overhead { get; init; } = 50;
}

/// <summary>What a sender writes into the VNI field.</summary>
public enum TunnelIdSource : byte
{
    /// <summary><see cref="TunnelSettings.Vni"/> (flannel, Calico).</summary>
    Fixed,

    /// <summary><see cref="PodNetwork.TunnelId"/> of the sending pod, else <see cref="NodeNetwork.TunnelId"/> of the sending
    /// node: Cilium's security identity, OpenShift SDN's NetID.</summary>
    Sender,

    /// <summary>
    /// <see cref="NodeNetwork.SwitchKey"/> of the receiving node, and the option with the keys of the router's port there
    /// and of the pod's (OVN, one zone for all nodes).
    /// </summary>
    LogicalSwitch,

    /// <summary>
    /// <see cref="TunnelSettings.Vni"/>, the transit switch's key, and the option with both nodes'
    /// <see cref="NodeNetwork.TransitPortKey"/> (OVN interconnect).
    /// </summary>
    TransitSwitch,
}

/// <summary>The Ethernet header inside a tunnel.</summary>
public enum InnerFrame : byte
{
    /// <summary>From one node's tunnel device to the other's: the packet was routed into the tunnel.</summary>
    TunnelDevices,

    /// <summary>As the pod sent it, to the MAC of its gateway (Cilium).</summary>
    AsSent,

    /// <summary>From the pod's MAC to the other pod's: one layer 2 over all nodes (OpenShift SDN).</summary>
    PodToPod,

    /// <summary>From the logical router's port on the receiver's switch to the pod (OVN).</summary>
    RouterToPod,
}

public enum TunnelDf : byte
{
    Unset,
    Set,
    Inherit,
}

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

    /// <summary>Whether the bridge's MAC is known (a setting, an annotation), so that frames to another MAC are not for it.</summary>
    public bool BridgeMacKnown { get; init; }

    /// <summary>cni0's addresses: the first address after the podCIDR's own.</summary>
    public IpAddress BridgeV4 { get; init; }

    public IpAddress BridgeV6 { get; init; }

    /// <summary>The tunnel device's addresses (flannel.1: the podCIDR's own): what is masqueraded into the tunnel has them.</summary>
    public IpAddress TunnelV4 { get; init; }

    public IpAddress TunnelV6 { get; init; }

    public MacAddress TunnelMac { get; init; }

    /// <summary>The MAC of the tunnel device for IPv6 packets, where that is another (flannel-v6.1, vxlan-v6.calico).</summary>
    public MacAddress TunnelMacV6 { get; init; }

    /// <summary>Identity or NetID of what the node itself sends, where <see cref="TunnelIdSource.Sender"/> asks for it.</summary>
    public uint TunnelId { get; init; }

    /// <summary>Key of the node's logical switch (OVN's datapath key).</summary>
    public uint SwitchKey { get; init; }

    /// <summary>Key of the logical router's port on that switch.</summary>
    public ushort RouterPortKey { get; init; }

    /// <summary>
    /// Key of the node's port on the switch that all nodes share: the transit switch (OVN interconnect), or in one zone the
    /// join switch; its MAC there is <see cref="TunnelMac"/>, the switch's key <see cref="TunnelSettings.Vni"/>.
    /// </summary>
    public ushort TransitPortKey { get; init; }

    /// <summary>MAC of the router's port on the node's switch, or of whatever else pods have as their gateway.</summary>
    public MacAddress RouterMac { get; init; }

    public int UnderlayMtu { get; init; } = 1500;

    public int TunnelMtu { get; init; } = 1450;

    public int PodMtu { get; init; } = 1450;

    /// <summary>A node of another kind, reached by <see cref="NetworkModel.Beside"/>; what it does itself is not emulated.</summary>
    public bool IsBeside { get; init; }

    /// <summary>The MAC that frames through that tunnel have as their destination at this node; none: it has no end of it.</summary>
    public MacAddress? BesideMac { get; init; }

    /// <summary>Nodes with the same number reach each other at layer 2.</summary>
    public int Segment { get; init; }

    /// <summary>The next hop's MAC for everything outside the cluster.</summary>
    public MacAddress GatewayMac { get; init; }

    /// <summary>Without a default route, what is outside the cluster is answered with net-unreachable.</summary>
    public bool HasDefaultRoute { get; init; } = true;
}

/// <summary>One pod on the network.</summary>
public sealed record PodNetwork
{
    public required Pod Pod { get; init; }

    /// <summary>Position in <see cref="NetworkModel.Nodes"/>.</summary>
    public required int Node { get; init; }

    public IpAddress V4 { get; init; }

    public IpAddress V6 { get; init; }

    public MacAddress Mac { get; init; }

    /// <summary>Whether the MAC is known (a setting); a made-up one gives way to what the capture shows.</summary>
    public bool MacKnown { get; init; }

    /// <summary>The pod's identity or NetID, where <see cref="TunnelIdSource.Sender"/> asks for it.</summary>
    public uint TunnelId { get; init; }

    /// <summary>Key of the pod's port on its logical switch (OVN).</summary>
    public ushort PortKey { get; init; }

    /// <summary>Key of that switch, where it is not the node's.</summary>
    public uint? SwitchKey { get; init; }

    /// <summary>MAC of the veth's end on the node, where pods are routed; null: what the capture shows, else the bridge's.</summary>
    public MacAddress? VethMac { get; init; }
}
