using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Cluster.Model;

/// <summary>What Calico keeps in crd.projectcalico.org/v1, and shows as projectcalico.org/v3.</summary>
public sealed record CalicoObjects
{
    public static readonly CalicoObjects None = new();

    public ImmutableArray<CalicoPool> Pools { get; init; } = [];

    public ImmutableArray<CalicoAffinity> Affinities { get; init; } = [];

    public ImmutableArray<CalicoBlock> Blocks { get; init; } = [];

    public ImmutableArray<CalicoBgp> BgpConfigurations { get; init; } = [];

    public ImmutableArray<CalicoFelix> FelixConfigurations { get; init; } = [];
}

/// <summary>When a Calico pool's packets are encapsulated (IPPool's ipipMode and vxlanMode).</summary>
public enum EncapsulationMode : byte
{
    Never,

    /// <summary>Between nodes of different subnets alone.</summary>
    CrossSubnet,
    Always,
}

/// <summary>IPPool.</summary>
public sealed record CalicoPool(string Name, SourceLine Source)
{
    public IpPrefix Cidr { get; init; }

    public EncapsulationMode IpIpMode { get; init; }

    public EncapsulationMode VxlanMode { get; init; }

    public bool NatOutgoing { get; init; }

    public bool Disabled { get; init; }

    /// <summary>Prefix length of its blocks; 26 and 122 where it is absent.</summary>
    public int BlockSize { get; init; }
}

/// <summary>BlockAffinity: a block of addresses that is a node's.</summary>
public sealed record CalicoAffinity(string Name, SourceLine Source)
{
    public IpPrefix Cidr { get; init; }

    public string Node { get; init; } = "";

    /// <summary>False while it is pending or about to go.</summary>
    public bool IsConfirmed { get; init; } = true;
}

/// <summary>IPAMBlock: who has which of a block's addresses.</summary>
public sealed record CalicoBlock(string Name, SourceLine Source)
{
    public IpPrefix Cidr { get; init; }

    /// <summary>From <c>host:NODE</c>; empty for a block that is nobody's.</summary>
    public string Node { get; init; } = "";

    /// <summary>
    /// An ordinal in the block to a place in <see cref="Attributes"/>; null where the address is free.
    /// </summary>
    public ImmutableArray<int?> Allocations { get; init; } = [];

    public ImmutableArray<CalicoAllocation> Attributes { get; init; } = [];
}

/// <summary>
/// What is said of an allocation: its handle (<c>ipip-tunnel-addr-NODE</c>), and the node that asked for it.
/// </summary>
public readonly record struct CalicoAllocation(string Handle, string Node);

/// <summary>BGPConfiguration.</summary>
public sealed record CalicoBgp(string Name, SourceLine Source)
{
    public uint AsNumber { get; init; } = 64512;

    public bool NodeToNodeMesh { get; init; } = true;
}

/// <summary>FelixConfiguration: what bears on tunnels; null where it is left to Felix.</summary>
public sealed record CalicoFelix(string Name, SourceLine Source)
{
    public int? IpIpMtu { get; init; }

    public int? VxlanMtu { get; init; }

    public ushort? VxlanPort { get; init; }

    public uint? VxlanVni { get; init; }

    public bool BpfEnabled { get; init; }

    public bool WireguardEnabled { get; init; }
}
