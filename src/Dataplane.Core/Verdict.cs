namespace Dataplane.Core;

/// <summary>What became of a capture record; every record gets exactly one.</summary>
public enum Verdict : byte
{
    None,

    /// <summary>Delivered to a pod or node, or sent outside.</summary>
    Forwarded,

    /// <summary>The dataplane is the peer: ARP, neighbour discovery, echo to a node or gateway.</summary>
    Answered,

    /// <summary>One reason, stage and node; an ICMP error may stand beside it.</summary>
    Dropped,

    /// <summary>Not for this cluster, or for another node than the one emulated.</summary>
    Ignored,
}

/// <summary>Why a record was not this dataplane's business.</summary>
public enum IgnoreReason : byte
{
    None,
    UnknownAddresses,
    OtherNode,
    NotIp,
    LinkType,
    Multicast,

    /// <summary>A node's answer to a packet of the same capture: the emulated node has given it already.</summary>
    OwnAnswer,

    /// <summary>The same packet at another point of the capture: it has entered the cluster already.</summary>
    SeenAgain,
}

/// <summary>The steps of a packet's way, in order.</summary>
public enum Stage : byte
{
    None,
    Parse,
    Admit,
    Decap,
    Track,
    Select,

    /// <summary>The beaten track of packets that need no decision; nothing is dropped there.</summary>
    Steady,
    TranslateDestination,
    Route,
    Police,
    TranslateSource,
    Encap,
    Transmit,
    Emit,
}
