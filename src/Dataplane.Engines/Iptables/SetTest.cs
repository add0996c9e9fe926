namespace Dataplane.Engines.Iptables;

/// <summary>A compiled <c>--match-set NAME src,dst</c>.</summary>
internal sealed class SetTest(Ipset set, uint sources, int directions)
{
    public Ipset Set => set;

    /// <summary>Every dimension is taken from the packet's destination.</summary>
    public bool IsOfDestination => sources == 0;

    public bool Contains(in NetfilterPacket packet) => set.Contains(in packet, sources, directions);
}
