using Dataplane.Core;

namespace Dataplane.Engines.Ipvs;

/// <summary>From one compile's numbers to the next one's: what state of a node stays when its tables change.</summary>
internal sealed class IpvsHandover
{
    private readonly IpvsTables _old;
    private readonly IpvsTables _new;
    private readonly uint[] _services;
    private readonly uint[] _destinations;

    public IpvsHandover(IpvsTables old, IpvsTables next)
    {
        _old = old;
        _new = next;
        _services = new uint[old.ServiceCount + 1];
        _destinations = new uint[old.DestinationCount + 1];
        for (uint service = 1; service <= old.ServiceCount; service++)
        {
            ref readonly IpvsService entry = ref old.Service(service);
            _services[service] = next.FindExact(in entry);
            if (_services[service] == 0) continue;

            for (uint destination = entry.First; destination < entry.End; destination++)
            {
                ref readonly IpvsDestination real = ref old.Destination(destination);
                _destinations[destination] = next.FindDestination(_services[service], real.Address, real.Port);
            }
        }
    }

    public void Apply(IpvsState state, NativeArray<IpvsLoad> loads, NativeArray<IpvsMark> marks)
    {
        IpvsLoad[] oldLoads = Copy(loads);
        IpvsMark[] oldMarks = Copy(marks);
        uint[] oldSet = state.Sets.Copy();
        state.Renew(_new);
        for (uint destination = 1; destination < _destinations.Length; destination++)
        {
            uint kept = _destinations[destination];
            if (kept != 0) Keep(ref loads[kept], oldLoads[destination], destination);
        }

        for (uint service = 1; service < _services.Length; service++)
        {
            if (_services[service] != 0)
                Keep(ref marks[_services[service]], oldMarks[service], service, oldSet, state.Sets);
        }

        foreach (uint entry in state.Connections.Entries())
        {
            ref IpvsConnection connection = ref state.Connections[entry];
            connection.Destination = _destinations[connection.Destination];
        }
    }

    private void Keep(ref IpvsLoad load, in IpvsLoad old, uint destination)
    {
        load = old;
        uint before = _old.Destination(destination).UpperThreshold;
        uint after = _new.Destination(_destinations[destination]).UpperThreshold;
        if (after == 0 || after > before) load.Overloaded = false;
    }

    private void Keep(ref IpvsMark mark, in IpvsMark old, uint service, uint[] oldSet, IpvsReplicaSets sets)
    {
        ref readonly IpvsService before = ref _old.Service(service);
        ref readonly IpvsService after = ref _new.Service(_services[service]);
        if (before.Scheduler != after.Scheduler) return;

        switch (after.Scheduler)
        {
            case IpvsScheduler.RoundRobin:
                mark.Last = StillThere(in before, old.Last);
                break;
            case IpvsScheduler.WeightedRoundRobin:
                bool isSame = IsSame(in before, in after);
                mark.Last = isSame ? _destinations[old.Last] : 0;
                mark.Weight = isSame ? old.Weight : IpvsRounds.AfterChange(old.Weight, after.Step, after.RoundWeight);
                break;
            case IpvsScheduler.LocalityLeastConnection:
                mark.Last = _destinations[old.Last];
                mark.LastUsed = old.LastUsed;
                break;
            case IpvsScheduler.LocalityLeastConnectionReplicated:
                KeepSet(ref mark, in old, oldSet, sets);
                break;
        }
    }

    /// <summary>rr's place: where its destination is gone, the one before it.</summary>
    private uint StillThere(in IpvsService service, uint last)
    {
        for (uint destination = last; destination != 0 && destination >= service.First; destination--)
        {
            if (_destinations[destination] != 0) return _destinations[destination];
        }

        return 0;
    }

    private bool IsSame(in IpvsService before, in IpvsService after)
    {
        if (before.Count != after.Count) return false;

        for (uint index = 0; index < before.Count; index++)
        {
            if (_destinations[before.First + index] != after.First + index) return false;
            if (_old.Destination(before.First + index).Weight != _new.Destination(after.First + index).Weight)
                return false;
        }

        return true;
    }

    /// <summary>The last of the list joins first, so that it is the last again.</summary>
    private void KeepSet(ref IpvsMark mark, in IpvsMark old, uint[] oldSet, IpvsReplicaSets sets)
    {
        var kept = new Stack<uint>();
        for (uint member = old.Last; member != 0 && member != IpvsReplicaSets.End; member = oldSet[member])
        {
            if (_destinations[member] != 0) kept.Push(_destinations[member]);
        }

        foreach (uint member in kept) sets.Join(ref mark, member, old.Changed);
        mark.LastUsed = old.LastUsed;
    }

    private static T[] Copy<T>(NativeArray<T> items)
        where T : unmanaged
    {
        var copy = new T[items.Length];
        for (long index = 0; index < items.Length; index++) copy[index] = items[index];
        return copy;
    }
}
