using System.Runtime.InteropServices;

namespace Dataplane.Core;

/// <summary>
/// One tunnel over all nodes: its settings, and of each node what it writes as a sender and takes as a receiver.
/// </summary>
public sealed class TunnelTable(in TunnelParameters parameters) : IDisposable
{
    private readonly TunnelParameters _parameters = parameters;

    public ref readonly TunnelParameters Parameters => ref _parameters;

    /// <summary>Headers that each node puts in front, by sender.</summary>
    public required NativeArray<OuterEntry> Senders { get; init; }

    /// <summary>What a sender needs of a receiver.</summary>
    public required NativeArray<PeerEntry> Peers { get; init; }

    /// <summary>The receivers' addresses where the outer header is IPv6; empty otherwise.</summary>
    public required NativeArray<OuterAddress> PeersV6 { get; init; }

    /// <summary>Bytes in front of the inner IP header, from the outer Ethernet header on.</summary>
    public int HeaderSize { get; init; }

    /// <summary>Bytes of them that are the inner link header: 14, or 0 where the tunnel carries bare IP.</summary>
    public int InnerLinkSize { get; init; }

    /// <summary>The frame that comes out is the one that the pod gets: the tunnel is part of its layer 2.</summary>
    public bool KeepsInnerFrame => _parameters.Filling is TunnelFilling.PodNetwork or TunnelFilling.LogicalSwitch;

    public void Dispose()
    {
        Senders.Dispose();
        Peers.Dispose();
        PeersV6.Dispose();
    }
}

/// <summary>The headers of one sending node, with what depends on the packet and its receiver left at zero.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public unsafe struct OuterEntry
{
    /// <summary>Two cache lines.</summary>
    public const int Size = 128;

    /// <summary>Outer Ethernet, IP, UDP, tunnel header with its option, inner Ethernet.</summary>
    public const int MaxHeaders = 112;

    public fixed byte Template[MaxHeaders];

    /// <summary>Sum of the template's outer IPv4 header.</summary>
    public uint OuterIpSum;

    /// <summary>Sum of what the outer UDP checksum covers in the template.</summary>
    public uint OuterUdpSum;
}

/// <summary>An IPv6 address as its bytes lie in memory.</summary>
public readonly record struct OuterAddress(ulong Low, ulong High);

/// <summary>A tunnel's header.</summary>
public enum TunnelHeader : byte
{
    Vxlan,
    Geneve,
    IpInIp,
}

/// <summary>What a tunnel's sender fills in for each packet beside lengths, ids and checksums.</summary>
public enum TunnelFilling : byte
{
    /// <summary>
    /// The receiving device's MAC; the id stands in the template (flannel, Calico, a kernel's Geneve device).
    /// </summary>
    Devices,

    /// <summary>The sender's identity; the inner frame stays as the pod sent it (Cilium).</summary>
    Identity,

    /// <summary>The same, and an IPv4 frontend in a Geneve option (Cilium's direct server return).</summary>
    FrontendV4,

    /// <summary>The same with an IPv6 frontend.</summary>
    FrontendV6,

    /// <summary>The sender's network id and both pods' MACs (OpenShift SDN).</summary>
    PodNetwork,

    /// <summary>The receiver's switch, the router's port there and the pod's (OVN, one zone).</summary>
    LogicalSwitch,

    /// <summary>Both nodes' ports on the transit switch (OVN interconnect).</summary>
    TransitSwitch,

    /// <summary>Nothing: bare IP.</summary>
    None,
}

/// <summary>A tunnel's settings as the stages need them.</summary>
public readonly record struct TunnelParameters
{
    public TunnelHeader Header { get; init; }

    public TunnelFilling Filling { get; init; }

    /// <summary>The outer header is IPv6.</summary>
    public bool OuterV6 { get; init; }

    public uint Vni { get; init; }

    public ushort Port { get; init; }

    /// <summary>0 inherits the inner TTL.</summary>
    public byte Ttl { get; init; }

    public byte Tos { get; init; }

    public bool TosInherit { get; init; }

    /// <summary>0: never; 1: always; 2: as the inner packet.</summary>
    public byte Df { get; init; }

    /// <summary>Whether TOS, TTL or DF come from the inner packet; else they stand in the template.</summary>
    public bool Inherits { get; init; }

    public bool UdpChecksum { get; init; }

    /// <summary>
    /// Open vSwitch's userspace datapath sends: every outer IP id is 0, source ports come from a hash without key.
    /// </summary>
    public bool IsOpenVSwitch { get; init; }

    public ushort SourcePortMin { get; init; }

    /// <summary>Source ports that the flow hash can give.</summary>
    public uint SourcePortCount { get; init; }
}
