namespace Dataplane.Engines.Iptables;

/// <summary>What the tables of a hook make of a packet.</summary>
public struct NetfilterOutcome(in NetfilterPacket packet)
{
    public NetfilterVerdict Verdict;

    /// <summary>How a refused packet is answered.</summary>
    public RejectWith Reject;

    /// <summary>A NOTRACK rule was met: conntrack leaves the packet alone.</summary>
    public bool IsUntracked;

    /// <summary>
    /// TCPMSS: the largest segment that the SYN may offer; <see cref="ClampToPath"/>: what the path's MTU leaves.
    /// </summary>
    public ushort SegmentSize;

    /// <summary>The rule or policy that decided, for <see cref="NetfilterRules.PlaceOf"/>.</summary>
    public int Rule;

    public uint Mark = packet.Mark;
    public uint ConnectionMark = packet.ConnectionMark;

    /// <summary>The rule that asked for a translation.</summary>
    public int NatRule;

    public NatRequest Nat;

    public const ushort ClampToPath = ushort.MaxValue;
}

/// <summary>The end of a packet's walk through a hook.</summary>
public enum NetfilterVerdict : byte
{
    Accept,
    Drop,
    Reject,
}

/// <summary>
/// A translation that a rule of the nat table asked for; the one who owns the connections chooses within it.
/// </summary>
public struct NatRequest
{
    /// <summary>The first and the last address to choose from; equal for one, 0 where the address stays.</summary>
    public UInt128 FirstAddress;

    public UInt128 LastAddress;

    /// <summary>The ports to choose from; 0 to 0: the rule names none.</summary>
    public ushort FirstPort;

    public ushort LastPort;
    public NatKind Kind;
    public NatOptions Options;
}

/// <summary>What is translated, and to what.</summary>
public enum NatKind : byte
{
    None,

    /// <summary>DNAT.</summary>
    Destination,

    /// <summary>SNAT.</summary>
    Source,

    /// <summary>SNAT to the address of the interface that the packet leaves by.</summary>
    Masquerade,

    /// <summary>
    /// DNAT to the address of the interface that the packet came by; for local packets to the loopback address.
    /// </summary>
    Redirect,
}

/// <summary>How addresses and ports are chosen.</summary>
[Flags]
public enum NatOptions : byte
{
    None = 0,
    HasAddress = 1,
    HasPorts = 2,
    Random = 4,
    RandomFully = 8,
    Persistent = 16,
}

/// <summary>REJECT's <c>--reject-with</c>.</summary>
public enum RejectWith : byte
{
    None,
    NetUnreachable,
    HostUnreachable,
    ProtocolUnreachable,
    PortUnreachable,
    NetProhibited,
    HostProhibited,
    AdministrativelyProhibited,
    TcpReset,

    /// <summary>ICMPv6 1/0; the IPv6 kinds follow.</summary>
    NoRoute,
    AddressUnreachable,
    PolicyFail,
    RejectRoute,
}
