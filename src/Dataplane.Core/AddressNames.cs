using Dataplane.Wire;

namespace Dataplane.Core;

/// <summary>
/// Gives each IPv6 address a 32-bit name, and keeps its place beside it, so that keys, connections and
/// tables are the same 16 bytes for both families. IPv4 addresses never come here. Grows with the addresses
/// seen, up to a limit; never forgets.
/// </summary>
public sealed unsafe class AddressNames : IDisposable
{
    private const int InitialCapacity = 1024;

    private readonly AddressMap _map;
    private readonly NativeArray<Entry> _entries = new(InitialCapacity);
    private readonly NativeArray<uint> _slots = new(2 * InitialCapacity);
    private int _count = 1;

    public AddressNames(AddressMap map) => _map = map;

    /// <summary>Addresses named so far.</summary>
    public int Count => _count - 1;

    /// <summary>Names that captures may add to those that the cluster has.</summary>
    public int Limit { get; set; } = int.MaxValue;

    /// <summary>Look-ups that found no name, because of the limit.</summary>
    public long Refused { get; private set; }

    /// <summary>
    /// The name of 16 bytes in wire order; a new one where the address was never seen, 0 where no more may be.
    /// </summary>
    public uint NameOf(byte* address)
    {
        ulong high = *(ulong*)address;
        ulong low = *(ulong*)(address + 8);
        uint mask = (uint)_slots.Length - 1;
        for (uint slot = FlowHash.Mix(high, low) & mask; ; slot = (slot + 1) & mask)
        {
            uint name = _slots[slot];
            if (name == 0) return Add(high, low);
            ref Entry entry = ref _entries[name];
            if (entry.High == high && entry.Low == low) return name;
        }
    }

    public uint NameOf(IpAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.WriteTo(bytes);
        fixed (byte* first = bytes) return NameOf(first);
    }

    public Place PlaceOf(uint name) => _entries[name].Place;

    /// <summary>Writes the 16 bytes that the name stands for, in wire order.</summary>
    public void WriteTo(uint name, byte* to)
    {
        *(ulong*)to = _entries[name].High;
        *(ulong*)(to + 8) = _entries[name].Low;
    }

    public IpAddress AddressOf(uint name)
    {
        Span<byte> bytes = stackalloc byte[16];
        fixed (byte* first = bytes) WriteTo(name, first);
        return IpAddress.FromBytes(bytes);
    }

    /// <summary>After a change of the map: every known address gets its place again.</summary>
    public void Refresh()
    {
        for (uint name = 1; name < _count; name++) _entries[name].Place = _map.Find(AddressOf(name));
    }

    public void Dispose()
    {
        _entries.Dispose();
        _slots.Dispose();
    }

    private uint Add(ulong high, ulong low)
    {
        if (_count > Limit)
        {
            Refused++;
            return 0;
        }

        if (_count == _entries.Length) Grow();
        uint name = (uint)_count++;
        _entries[name] = new Entry { High = high, Low = low };
        _entries[name].Place = _map.Find(AddressOf(name));
        Link(name);
        return name;
    }

    private void Link(uint name)
    {
        uint mask = (uint)_slots.Length - 1;
        uint slot = FlowHash.Mix(_entries[name].High, _entries[name].Low) & mask;
        while (_slots[slot] != 0) slot = (slot + 1) & mask;
        _slots[slot] = name;
    }

    private void Grow()
    {
        _entries.Resize(2 * _entries.Length);
        _slots.Renew(2 * _entries.Length);
        for (uint name = 1; name < _count; name++) Link(name);
    }

    private struct Entry
    {
        public ulong High;
        public ulong Low;
        public Place Place;
    }
}
