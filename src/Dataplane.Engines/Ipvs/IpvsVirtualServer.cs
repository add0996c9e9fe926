using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// A virtual service as <c>ipvsadm -A</c> describes it; an address, port and protocol, no firewall mark.
/// </summary>
public sealed record IpvsVirtualServer(IpAddress Address, ushort Port, byte Protocol)
{
    /// <summary>
    /// The kernel's mask that keeps an address whole: all bits of IPv4, the prefix length 128 for IPv6.
    /// </summary>
    public const uint WholeV4 = uint.MaxValue;

    public const uint WholeV6 = 128;

    public IpvsScheduler Scheduler { get; init; }

    public IpvsServiceFlags Flags { get; init; }

    /// <summary>
    /// Seconds that a persistence template lives; counts where <see cref="IpvsServiceFlags.Persistent"/> is set.
    /// </summary>
    public uint Timeout { get; init; }

    /// <summary>What of the client's address makes it one client: a mask for IPv4, a prefix length for IPv6.</summary>
    public uint Netmask { get; init; } = Address.IsV6 ? WholeV6 : WholeV4;

    /// <summary>In the order in which they were added; the kernel keeps the last one first.</summary>
    public ImmutableArray<IpvsRealServer> RealServers { get; init; } = [];

    public bool IsPersistent => (Flags & IpvsServiceFlags.Persistent) != 0;

    public override string ToString() =>
        $"{IpvsRules.NameOf(Protocol)} {IpvsRules.TextOf(Address, Port)}";
}

/// <summary>A real server as <c>ipvsadm -a</c> describes it.</summary>
public sealed record IpvsRealServer(IpAddress Address, ushort Port)
{
    /// <summary>0: it keeps its connections and gets no new one.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>
    /// The last weight above 0 that it had (<c>last_weight</c>), which mh's table goes by; its weight where it had
    /// none.
    /// </summary>
    public int LastWeight { get => Weight != 0 ? Weight : field; init; }

    public IpvsForwarding Forwarding { get; init; }

    /// <summary>With so many connections it gets no new one; 0: no limit.</summary>
    public uint UpperThreshold { get; init; }

    /// <summary>Below it, it gets new ones again; 0: three quarters of the upper one.</summary>
    public uint LowerThreshold { get; init; }
}

/// <summary><c>IP_VS_SVC_F_*</c> (<c>include/uapi/linux/ip_vs.h</c>), with the kernel's values.</summary>
[Flags]
public enum IpvsServiceFlags : byte
{
    None = 0,
    Persistent = 0x01,

    /// <summary>UDP only: each datagram is scheduled on its own.</summary>
    OnePacket = 0x04,

    /// <summary>What it says is the scheduler's: <c>sh-fallback</c>, <c>mh-fallback</c>.</summary>
    Scheduler1 = 0x08,

    /// <summary><c>sh-port</c>, <c>mh-port</c>.</summary>
    Scheduler2 = 0x10,
    Scheduler3 = 0x20,
}

/// <summary>How a packet gets to its real server; the first is zero in the kernel, too.</summary>
public enum IpvsForwarding : byte
{
    /// <summary>Address and port are translated (NAT).</summary>
    Masquerade,

    /// <summary>IPIP.</summary>
    Tunnel,

    /// <summary>Direct routing: only the next hop changes.</summary>
    Route,
}
