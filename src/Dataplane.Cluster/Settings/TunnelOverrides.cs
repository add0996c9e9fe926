using Dataplane.Cluster.Network;

namespace Dataplane.Cluster.Settings;

/// <summary>
/// What <c>--set vxlan.…</c>, <c>geneve.…</c> or <c>ipip.…</c> says of a tunnel; null where the CNI decides.
/// </summary>
public sealed record TunnelOverrides
{
    public static readonly TunnelOverrides None = new();

    public uint? Vni { get; init; }

    public ushort? Port { get; init; }

    /// <summary>Outer TTL; 0 copies the inner one (<c>ip link</c>'s <c>ttl inherit</c>, not its 0).</summary>
    public byte? Ttl { get; init; }

    /// <summary>Outer DS field, where it is not inherited.</summary>
    public byte? Tos { get; init; }

    public bool? TosInherit { get; init; }

    public TunnelDf? Df { get; init; }

    public bool? UdpChecksum { get; init; }

    /// <summary>First and last source port, both inclusive.</summary>
    public PortRange? SourcePorts { get; init; }

    /// <summary>The CNI's own tunnel with what was said put over it.</summary>
    internal TunnelSettings Over(TunnelSettings tunnel) => tunnel with
    {
        Vni = Vni ?? tunnel.Vni,
        Port = Port ?? tunnel.Port,
        Ttl = Ttl ?? tunnel.Ttl,
        Tos = Tos ?? tunnel.Tos,
        TosInherit = TosInherit ?? tunnel.TosInherit,
        Df = Df ?? tunnel.Df,
        UdpChecksum = UdpChecksum ?? tunnel.UdpChecksum,
        SourcePortMin = SourcePorts?.First ?? tunnel.SourcePortMin,
        SourcePortMax = SourcePorts?.Last ?? tunnel.SourcePortMax,
    };
}
