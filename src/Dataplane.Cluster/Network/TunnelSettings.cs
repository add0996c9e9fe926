namespace Dataplane.Cluster.Network;

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

    /// <summary>
    /// Open vSwitch's userspace datapath sends: outer IP ids are 0, source ports are its hash of the inner flow.
    /// </summary>
    public bool IsOpenVSwitch { get; init; }

    /// <summary>First and last source port that the flow hash can give; equal for a fixed port.</summary>
    public ushort SourcePortMin { get; init; } = 32768;

    public ushort SourcePortMax { get; init; } = 60998;

    /// <summary>
    /// 4 or 6: with room for Cilium's Geneve option that tells a frontend of this family; 0: without.
    /// </summary>
    public int FrontendFamily { get; init; }

    /// <summary>Bytes that the tunnel adds, counted against the MTU (50 for VXLAN over IPv4).</summary>
    public int Overhead { get; init; } = 50;
}

/// <summary>Which header stands between the outer and the inner packet.</summary>
public enum TunnelKind : byte
{
    Vxlan,
    Geneve,
    IpInIp,
}

/// <summary>What a sender writes into the VNI field.</summary>
public enum TunnelIdSource : byte
{
    /// <summary><see cref="TunnelSettings.Vni"/> (flannel, Calico).</summary>
    Fixed,

    /// <summary>
    /// <see cref="PodNetwork.TunnelId"/> of the sending pod, else <see cref="NodeNetwork.TunnelId"/> of the sending
    /// node: Cilium's security identity, OpenShift SDN's NetID.
    /// </summary>
    Sender,

    /// <summary>
    /// <see cref="NodeNetwork.SwitchKey"/> of the receiving node, and the option with the keys of the router's port
    /// there and of the pod's (OVN, one zone for all nodes).
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
