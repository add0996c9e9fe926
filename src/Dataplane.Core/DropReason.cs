namespace Dataplane.Core;

/// <summary>
/// Why a packet was dropped: the one vocabulary of failure. Texts stand in <see cref="DropReasonText"/>.
/// </summary>
public enum DropReason : byte
{
    None,

    // Parse
    Truncated,
    BadHeader,
    BadChecksum,

    // Admit
    WrongMac,

    // Decap
    BadTunnelHeader,
    UnknownVni,
    TunnelChecksum,
    TunnelSourceMac,
    TunnelEcn,
    CriticalOption,
    UnknownTunnelPeer,
    UnknownPort,
    InvalidIdentity,
    UnsupportedInner,
    FragmentTimeout,
    FragmentLimit,

    // Track
    InvalidState,
    TableFull,
    FirstFragmentMissing,

    // Select
    NoBackend,
    NoLocalBackend,
    SourceDenied,
    RejectedByRule,
    DroppedByRule,

    // Route
    NoRoute,
    HostUnreachable,
    TtlExceeded,
    MtuExceeded,
    NotForwardable,
    NoBuffer,
    NoEgressAddress,
    NoEgressGateway,

    // Police
    PolicyDenied,
    DeniedByRule,
    OtherNetwork,

    // Translate source
    NoPort,

    // Encap
    NoTunnelEndpoint,

    // Transmit
    PortClosed,
    Congestion,
}

/// <summary>A reason's name in results, and one plain sentence for people.</summary>
public static class DropReasonText
{
    private static readonly (string Name, string Sentence)[] Texts = BuildTexts();

    /// <summary>The name in JSON, comments and tables; stable.</summary>
    public static string Name(DropReason reason) => Texts[(int)reason].Name;

    public static string Sentence(DropReason reason) => Texts[(int)reason].Sentence;

    private static (string Name, string Sentence)[] BuildTexts()
    {
        var texts = new (string Name, string Sentence)[Enum.GetValues<DropReason>().Length];
        foreach (DropReason reason in Enum.GetValues<DropReason>()) texts[(int)reason] = Describe(reason);
        return texts;
    }

    private static (string Name, string Sentence) Describe(DropReason reason) => reason switch
    {
        DropReason.None => ("none", "not dropped"),
        DropReason.Truncated => ("truncated", "the packet is shorter than its headers say"),
        DropReason.BadHeader => ("bad-header", "the IP header's version or length makes no sense"),
        DropReason.BadChecksum => ("bad-checksum", "the IPv4 header checksum is wrong"),
        DropReason.WrongMac => ("wrong-mac", "the frame is addressed to a MAC that nothing here has"),
        DropReason.BadTunnelHeader =>
            ("bad-tunnel-header", "the tunnel header is cut, or has bits set that the device refuses"),
        DropReason.UnknownVni => ("unknown-vni", "no tunnel device here has this VNI"),
        DropReason.TunnelChecksum => ("tunnel-checksum", "the outer UDP checksum is wrong"),
        DropReason.TunnelSourceMac =>
            ("tunnel-source-mac", "the inner source MAC is the receiving device's own, or no station's"),
        DropReason.TunnelEcn =>
            ("tunnel-ecn", "the outer header says congestion experienced, the inner one cannot carry it (RFC 6040)"),
        DropReason.CriticalOption =>
            ("critical-option", "the Geneve header has an option that must be understood, and is not"),
        DropReason.UnknownTunnelPeer =>
            ("unknown-tunnel-peer", "the outer source address is none of this tunnel's nodes"),
        DropReason.UnknownPort => ("unknown-port", "the tunnel names a logical port that this node does not have"),
        DropReason.InvalidIdentity =>
            ("invalid-identity", "the tunnel carries an identity that only a node's own traffic has"),
        DropReason.UnsupportedInner => ("unsupported-inner", "the tunnel device's node takes no such frame"),
        DropReason.FragmentTimeout => ("fragment-timeout", "the other fragments did not arrive in time"),
        DropReason.FragmentLimit => ("fragment-limit", "too many fragments are waiting to be put together"),
        DropReason.InvalidState => ("invalid-state", "the packet fits no connection, and its flags cannot begin one"),
        DropReason.TableFull => ("table-full", "the connection table has reached its limit"),
        DropReason.FirstFragmentMissing =>
            ("first-fragment-missing", "the fragment has no ports, and the one that has was not seen"),
        DropReason.NoBackend => ("no-backend", "the Service has no endpoint that is ready"),
        DropReason.NoLocalBackend =>
            ("no-local-backend", "the Service's traffic policy is Local, and this node has none of its endpoints"),
        DropReason.SourceDenied =>
            ("source-denied", "the Service's loadBalancerSourceRanges do not hold the client's address"),
        DropReason.RejectedByRule => ("rejected-by-rule", "a rule of the node's filter table rejects the packet"),
        DropReason.DroppedByRule => ("dropped-by-rule", "a rule or policy of the node's tables drops the packet"),
        DropReason.NoRoute => ("no-route", "the node has no route to the destination"),
        DropReason.HostUnreachable => ("host-unreachable", "no pod has this address"),
        DropReason.TtlExceeded => ("ttl-exceeded", "the TTL ran out at this node"),
        DropReason.MtuExceeded => ("mtu-exceeded", "the packet is larger than the MTU and must not be fragmented"),
        DropReason.NotForwardable => ("not-forwardable", "the node does not forward to such an address"),
        DropReason.NoBuffer => ("no-buffer", "the burst had no room left for another frame"),
        DropReason.NoEgressAddress =>
            ("no-egress-address", "the pod leaves the cluster with an egress address, and no node holds it"),
        DropReason.NoEgressGateway =>
            ("no-egress-gateway", "a policy has this leave by a gateway node, and no node is its gateway"),
        DropReason.PolicyDenied =>
            ("policy-denied", "NetworkPolicies select the pod, and none of their rules allows this"),
        DropReason.DeniedByRule => ("denied-by-rule", "a rule of an AdminNetworkPolicy or its baseline denies this"),
        DropReason.OtherNetwork => ("other-network", "the two pods' networks are kept apart"),
        DropReason.NoPort => ("no-port", "no source port is left to masquerade with"),
        DropReason.NoTunnelEndpoint =>
            ("no-tunnel-endpoint", "the destination's node has no address that a tunnel could lead to"),
        DropReason.PortClosed => ("port-closed", "nothing listens on this port of the node"),
        DropReason.Congestion => ("congestion", "the queue of the node's link is full"),
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
