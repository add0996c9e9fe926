using Dataplane.Core;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// lblcr's sets (<c>struct ip_vs_dest_set</c>): which servers a virtual address has, the one that joined last first. A
/// service has one address here, and so one set, whose head stands in its mark.
/// </summary>
internal sealed class IpvsReplicaSets : IDisposable
{
    /// <summary>What the last of a set has for a next.</summary>
    public const uint End = uint.MaxValue;

    private const long DayNanoseconds = 86_400_000_000_000;

    private readonly NativeArray<uint> _next = new(0);
    private readonly IpvsState _state;
    private IpvsTables? _tables;

    public IpvsReplicaSets(IpvsState state) => _state = state;

    public long Size => _next.Length * sizeof(uint);

    public void Renew(IpvsTables tables)
    {
        _tables = tables;
        _next.Renew(tables.DestinationCount + 1);
    }

    public uint NextOf(uint destination) => _next[destination];

    public uint[] Copy()
    {
        uint[] copy = new uint[_next.Length];
        for (long index = 0; index < copy.Length; index++) copy[index] = _next[index];
        return copy;
    }

    /// <summary>
    /// A connection has come: where the set did not change for a day, its most loaded server leaves; then one that was
    /// found outside of it joins (0: none was).
    /// </summary>
    public void Use(ref IpvsMark mark, uint joining, long now)
    {
        if (mark.Last != 0 && now - mark.LastUsed >= DayNanoseconds)
        {
            while (mark.SetSize > 0) Leave(ref mark, mark.Last, now);
        }

        mark.LastUsed = now;
        if (mark.SetSize > 1 && now - mark.Changed > DayNanoseconds && MostLoaded(mark.Last) is > 0 and uint most)
        {
            Leave(ref mark, most, now);
        }

        if (joining != 0 && _next[joining] == 0) Join(ref mark, joining, now);
    }

    public void Join(ref IpvsMark mark, uint destination, long now)
    {
        _next[destination] = mark.Last == 0 ? End : mark.Last;
        mark.Last = destination;
        mark.SetSize++;
        mark.Changed = now;
    }

    public void Dispose() => _next.Dispose();

    private void Leave(ref IpvsMark mark, uint destination, long now)
    {
        uint next = _next[destination];
        if (mark.Last == destination)
        {
            mark.Last = next == End ? 0 : next;
        }
        else
        {
            uint before = mark.Last;
            while (_next[before] != destination) before = _next[before];
            _next[before] = next;
        }

        _next[destination] = 0;
        mark.SetSize--;
        mark.Changed = now;
    }

    /// <summary>The first of those with the most overhead for their weight; 0 where all weights are 0.</summary>
    private uint MostLoaded(uint first)
    {
        uint most = 0;
        long overhead = 0;
        int weight = 0;
        for (uint destination = first; destination != End; destination = _next[destination])
        {
            int candidate = _tables!.Destination(destination).Weight;
            long cost = _state.LoadOf(destination).Overhead;
            if (candidate <= 0 || (most != 0 && overhead * candidate >= cost * weight)) continue;

            (most, overhead, weight) = (destination, cost, candidate);
        }

        return most;
    }
}
