using Dataplane.Core;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// The connections' timers on capture time. A timer fires once the tick in which it ends is over, up to 134 ms late
/// (the kernel's own wheel is up to 16 s late with timers of minutes); one that is put off is moved only when it comes
/// up.
/// </summary>
internal sealed class IpvsTimerWheel : IDisposable
{
    private const int TickBits = 27;
    private const int SlotBits = 13;
    private const long Slots = 1 << SlotBits;
    private const ushort Due = (ushort)Slots;

    private readonly NativeArray<uint> _slots = new(Slots + 1);
    private readonly IpvsConnectionTable _connections;
    private long _tick;

    public IpvsTimerWheel(IpvsConnectionTable connections) => _connections = connections;

    /// <summary>Starts a timer whose time stands in the entry.</summary>
    public void Start(uint entry)
    {
        ref IpvsConnection connection = ref _connections[entry];
        long tick = Math.Max(connection.Expires >> TickBits, _tick);
        Link(entry, (ushort)(tick & (Slots - 1)));
    }

    /// <summary>Sets another time; a later one only in the entry.</summary>
    public void Restart(uint entry, long expires)
    {
        ref IpvsConnection connection = ref _connections[entry];
        bool isEarlier = expires < connection.Expires;
        connection.Expires = expires;
        if (!isEarlier) return;

        Stop(entry);
        Start(entry);
    }

    /// <summary>Ends it at the next look at the time.</summary>
    public void Expire(uint entry, long now)
    {
        Stop(entry);
        _connections[entry].Expires = now;
        Link(entry, Due);
    }

    public void Stop(uint entry)
    {
        ref IpvsConnection connection = ref _connections[entry];
        if (connection.WheelPrevious != 0) _connections[connection.WheelPrevious].WheelNext = connection.WheelNext;
        else _slots[connection.WheelSlot] = connection.WheelNext;
        if (connection.WheelNext != 0) _connections[connection.WheelNext].WheelPrevious = connection.WheelPrevious;
    }

    /// <summary>An entry whose time is over, its timer stopped; 0 once there is no more.</summary>
    public uint TakeExpired(long now)
    {
        long target = now >> TickBits;
        while (true)
        {
            uint entry = _slots[Due];
            if (entry != 0)
            {
                Stop(entry);
                if (_connections[entry].Expires <= now) return entry;
                Start(entry);
                continue;
            }

            if (_tick >= target) return 0;
            _tick = Math.Max(_tick, target - Slots);
            MakeDue(_tick & (Slots - 1));
            _tick++;
        }
    }

    public void Dispose() => _slots.Dispose();

    private void MakeDue(long slot)
    {
        uint first = _slots[slot];
        _slots[slot] = 0;
        _slots[Due] = first;
        for (uint entry = first; entry != 0; entry = _connections[entry].WheelNext) _connections[entry].WheelSlot = Due;
    }

    private void Link(uint entry, ushort slot)
    {
        ref IpvsConnection connection = ref _connections[entry];
        uint next = _slots[slot];
        connection.WheelSlot = slot;
        connection.WheelPrevious = 0;
        connection.WheelNext = next;
        if (next != 0) _connections[next].WheelPrevious = entry;
        _slots[slot] = entry;
    }
}
