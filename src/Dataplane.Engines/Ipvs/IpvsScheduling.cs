using Dataplane.Core;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// The schedulers (<c>net/netfilter/ipvs/ip_vs_{rr,wrr,lc,wlc,lblc,lblcr,sh,dh,sed,nq,mh,fo,ovf}.c</c>) with the
/// kernel's order and arithmetic. They read loads and write only the mark that they are given: a copy when a look-up
/// asks, the state's own when a connection is made.
/// </summary>
internal readonly ref struct IpvsScheduling
{
    private const long DayNanoseconds = 86_400_000_000_000;

    private readonly IpvsTables _tables;
    private readonly IpvsState _state;
    private readonly ref readonly IpvsService _service;
    private readonly long _now;

    public IpvsScheduling(IpvsTables tables, IpvsState state, ref readonly IpvsService service, long now)
    {
        _tables = tables;
        _state = state;
        _service = ref service;
        _now = now;
    }

    /// <summary>The destination of a new connection; 0 where none may have it.</summary>
    public uint Choose(in FlowKey key, ref IpvsMark mark) => _service.Scheduler switch
    {
        IpvsScheduler.RoundRobin => RoundRobin(ref mark),
        IpvsScheduler.WeightedRoundRobin => WeightedRoundRobin(ref mark),
        IpvsScheduler.LeastConnection => LeastConnection(),
        IpvsScheduler.WeightedLeastConnection => WeightedLeast(withIncoming: false),
        IpvsScheduler.LocalityLeastConnection => Locality(ref mark),
        IpvsScheduler.LocalityLeastConnectionReplicated => Replicated(in mark),
        IpvsScheduler.SourceHash => SourceHash(in key),
        IpvsScheduler.DestinationHash => DestinationHash(in key),
        IpvsScheduler.ShortestExpectedDelay => WeightedLeast(withIncoming: true),
        IpvsScheduler.NeverQueue => NeverQueue(),
        IpvsScheduler.MaglevHash => MaglevHash(in key),
        IpvsScheduler.FailOver => FailOver(),
        _ => Overflow(),
    };

    /// <summary>The next in the list after the one served last, which itself is the last to be asked.</summary>
    private uint RoundRobin(ref IpvsMark mark)
    {
        uint start = mark.Last == 0 ? _service.First : mark.Last + 1;
        for (uint step = 0; step < _service.Count; step++)
        {
            uint destination = start + step;
            if (destination >= _service.End) destination -= _service.Count;
            if (!MayTake(destination)) continue;

            mark.Last = destination;
            return destination;
        }

        return 0;
    }

    /// <summary>
    /// Rounds with a falling weight: in each, all destinations of at least that weight in list order; after the lowest
    /// round the highest again. Ends when the lowest round has seen all of them in vain.
    /// </summary>
    private uint WeightedRoundRobin(ref IpvsMark mark)
    {
        if (_service.RoundWeight == 0) return 0;

        uint last = mark.Last;
        uint stop = 0;
        bool isLastRound = false;
        bool isRestarted = false;
        for (uint next = last == 0 ? _service.First : last + 1; ; next = _service.First)
        {
            for (; next < _service.End; next++)
            {
                if (!_state.LoadOf(next).Overloaded && _tables.Destination(next).Weight >= mark.Weight)
                {
                    mark.Last = next;
                    return next;
                }

                if (next == stop) return Fail(ref mark, next);
            }

            mark.Weight -= _service.Step;
            if (mark.Weight <= 0)
            {
                mark.Weight = _service.RoundWeight;
                if (isLastRound || last == 0) return Fail(ref mark, 0);
                isRestarted = true;
            }

            isLastRound = mark.Weight <= _service.Step;
            if (isLastRound && isRestarted && last != 0) stop = last;
        }
    }

    private static uint Fail(ref IpvsMark mark, uint at)
    {
        mark.Last = at;
        return 0;
    }

    /// <summary>The first of those with the least overhead; weights count only as 0 or not.</summary>
    private uint LeastConnection()
    {
        uint least = 0;
        long overhead = 0;
        for (uint destination = _service.First; destination < _service.End; destination++)
        {
            ref readonly IpvsLoad load = ref _state.LoadOf(destination);
            if (load.Overloaded || _tables.Destination(destination).Weight == 0) continue;
            if (least != 0 && load.Overhead >= overhead) continue;

            least = destination;
            overhead = load.Overhead;
        }

        return least;
    }

    /// <summary>
    /// The first of those with the least overhead for its weight; sed counts the connection that is coming.
    /// </summary>
    private uint WeightedLeast(bool withIncoming)
    {
        uint least = 0;
        long overhead = 0;
        int weight = 0;
        for (uint destination = _service.First; destination < _service.End; destination++)
        {
            ref readonly IpvsLoad load = ref _state.LoadOf(destination);
            int candidate = _tables.Destination(destination).Weight;
            if (load.Overloaded || candidate <= 0) continue;

            long cost = withIncoming ? load.Active + 1L : load.Overhead;
            if (least != 0 && overhead * candidate <= cost * weight) continue;

            (least, overhead, weight) = (destination, cost, candidate);
        }

        return least;
    }

    /// <summary>The first without an active connection; else as sed.</summary>
    private uint NeverQueue()
    {
        for (uint destination = _service.First; destination < _service.End; destination++)
        {
            if (MayTake(destination) && _state.LoadOf(destination).Active == 0) return destination;
        }

        return WeightedLeast(withIncoming: true);
    }

    /// <summary>The first of those with the highest weight.</summary>
    private uint FailOver()
    {
        uint chosen = 0;
        int highest = 0;
        for (uint destination = _service.First; destination < _service.End; destination++)
        {
            int weight = _tables.Destination(destination).Weight;
            if (_state.LoadOf(destination).Overloaded || weight <= highest) continue;
            (chosen, highest) = (destination, weight);
        }

        return chosen;
    }

    /// <summary>The first of those with the highest weight that have not more active connections than weight.</summary>
    private uint Overflow()
    {
        uint chosen = 0;
        int highest = 0;
        for (uint destination = _service.First; destination < _service.End; destination++)
        {
            ref readonly IpvsLoad load = ref _state.LoadOf(destination);
            int weight = _tables.Destination(destination).Weight;
            if (load.Overloaded || load.Active > weight || weight <= highest) continue;
            (chosen, highest) = (destination, weight);
        }

        return chosen;
    }

    /// <summary>
    /// The destination that this virtual address had, unless it has more active connections than weight while another
    /// has less than half; else wlc's. An entry is forgotten after a day (the kernel: at the next check, up to half an
    /// hour later).
    /// </summary>
    private uint Locality(ref IpvsMark mark)
    {
        bool isKnown = mark.Last != 0 && _now - mark.LastUsed < DayNanoseconds;
        uint chosen = isKnown ? mark.Last : 0;
        bool stays = isKnown && _tables.Destination(chosen).Weight > 0 && !IsCrowded(chosen);
        if (!stays) chosen = WeightedLeast(withIncoming: false);
        if (chosen != 0)
        {
            mark.Last = chosen;
            mark.LastUsed = _now;
        }

        return chosen;
    }

    /// <summary>
    /// The least loaded of the address's set; where that is crowded, wlc's, which joins the set. Who is taken out of a
    /// set that did not change for a day is <see cref="IpvsReplicaSets"/>'s.
    /// </summary>
    private uint Replicated(in IpvsMark mark)
    {
        uint member = UncrowdedOfSet(in mark);
        return member != 0 ? member : WeightedLeast(withIncoming: false);
    }

    /// <summary>lblcr: the least loaded of the set, unless it is crowded; 0 where another is to be found.</summary>
    public uint UncrowdedOfSet(in IpvsMark mark)
    {
        bool isKnown = mark.Last != 0 && _now - mark.LastUsed < DayNanoseconds;
        uint member = isKnown ? LeastOfSet(mark.Last) : 0;
        return member != 0 && !IsCrowded(member) ? member : 0;
    }

    private uint LeastOfSet(uint first)
    {
        uint least = 0;
        long overhead = 0;
        int weight = 0;
        for (uint destination = first; destination != IpvsReplicaSets.End;
            destination = _state.Sets.NextOf(destination))
        {
            ref readonly IpvsLoad load = ref _state.LoadOf(destination);
            int candidate = _tables.Destination(destination).Weight;
            if (load.Overloaded || candidate <= 0) continue;
            if (least != 0 && overhead * candidate <= load.Overhead * weight) continue;

            (least, overhead, weight) = (destination, load.Overhead, candidate);
        }

        return least;
    }

    private uint SourceHash(in FlowKey key)
    {
        uint fold = _tables.FoldOf(key.Source, key.Family);
        ushort port = _service.Has(IpvsServiceFlags.Scheduler2) ? key.SourcePort : (ushort)0;
        uint home = IpvsHashTables.HashSlot(fold, port, offset: 0);
        uint destination = _service.TableSize == 0 ? 0 : _tables.HashTableEntry(in _service, home);
        if (destination == 0 || MayTake(destination)) return destination;
        if (!_service.Has(IpvsServiceFlags.Scheduler1)) return 0;

        for (uint offset = 0; offset < IpvsHashTables.HashTableSize; offset++)
        {
            uint slot = IpvsHashTables.HashSlot(fold, port, (offset + home) % IpvsHashTables.HashTableSize);
            destination = _tables.HashTableEntry(in _service, slot);
            if (MayTake(destination)) return destination;
        }

        return 0;
    }

    private uint MaglevHash(in FlowKey key)
    {
        if (_service.TableSize == 0) return 0;

        uint fold = _tables.FoldOf(key.Source, key.Family);
        ushort port = _service.Has(IpvsServiceFlags.Scheduler2) ? key.SourcePort : (ushort)0;
        uint size = _service.TableSize;
        uint home = IpvsHashTables.MaglevSlot(fold, port, offset: 0, size);
        uint destination = _tables.HashTableEntry(in _service, home);
        if (MayTake(destination)) return destination;
        if (!_service.Has(IpvsServiceFlags.Scheduler1)) return 0;

        for (uint offset = 0; offset < size; offset++)
        {
            uint slot = IpvsHashTables.MaglevSlot(fold, port, (offset + home) % size, size);
            destination = _tables.HashTableEntry(in _service, slot);
            if (MayTake(destination)) return destination;
        }

        return 0;
    }

    private uint DestinationHash(in FlowKey key)
    {
        if (_service.TableSize == 0) return 0;

        uint slot = IpvsHashTables.HashSlot(_tables.FoldOf(key.Destination, key.Family), port: 0, offset: 0);
        uint destination = _tables.HashTableEntry(in _service, slot);
        return MayTake(destination) ? destination : 0;
    }

    private bool MayTake(uint destination) =>
        _tables.Destination(destination).Weight > 0 && !_state.LoadOf(destination).Overloaded;

    private bool IsCrowded(uint destination)
    {
        if (_state.LoadOf(destination).Active <= _tables.Destination(destination).Weight) return false;

        for (uint other = _service.First; other < _service.End; other++)
        {
            if (2L * _state.LoadOf(other).Active < _tables.Destination(other).Weight) return true;
        }

        return false;
    }
}
