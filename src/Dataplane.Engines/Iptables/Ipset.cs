namespace Dataplane.Engines.Iptables;

/// <summary>A set that rules ask (<c>net/netfilter/ipset</c>).</summary>
internal abstract class Ipset : IDisposable
{
    /// <summary>4 or 6; 0 where both may ask (ports, lists).</summary>
    public abstract int Family { get; }

    /// <summary>
    /// Bit n of <paramref name="sources"/>: dimension n is taken from the packet's source. False, as the kernel says,
    /// where a rule gives fewer directions than the set has dimensions.
    /// </summary>
    public abstract bool Contains(in NetfilterPacket packet, uint sources, int directions);

    /// <summary>Bytes of memory.</summary>
    public virtual long Size => 0;

    public abstract void Dispose();
}
