namespace Dataplane.Engines.Iptables;

/// <summary><c>list:set</c>: one member after the other.</summary>
internal sealed class ListIpset(IReadOnlyList<Ipset> members) : Ipset
{
    private readonly Ipset[] _members = [.. members];

    public override int Family => 0;

    public override long Size => _members.Sum(static member => member.Size);

    public override void Dispose()
    {
        foreach (Ipset member in _members) member.Dispose();
    }

    public override bool Contains(in NetfilterPacket packet, uint sources, int directions)
    {
        foreach (Ipset member in _members)
        {
            if (member.Family != 0 && member.Family != packet.Family) continue;
            if (member.Contains(in packet, sources, directions)) return true;
        }

        return false;
    }
}
