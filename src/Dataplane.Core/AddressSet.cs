using System.Runtime.Intrinsics.X86;

namespace Dataplane.Core;

/// <summary>A set of address names; grows outside the collector's heap.</summary>
public sealed class AddressSet : IDisposable
{
    private const int InitialSlots = 1024;

    private NativeArray<ulong> _slots = new(InitialSlots);
    private NativeArray<ulong> _outgrown = new(0);
    private long _count;

    /// <summary>Names that it takes at most.</summary>
    public long Limit { get; set; } = long.MaxValue;

    /// <summary>Times that a name was not taken, because of the limit.</summary>
    public long Refused { get; private set; }

    public bool Contains(uint name, byte family)
    {
        ulong wanted = Pack(name, family);
        long mask = _slots.Length - 1;
        for (long slot = FlowHash.Mix(wanted, 0) & mask; ; slot = (slot + 1) & mask)
        {
            if (_slots[slot] == wanted) return true;
            if (_slots[slot] == 0) return false;
        }
    }

    /// <summary>Sends for the line that the name's probe begins in.</summary>
    public unsafe void Prefetch(uint name, byte family)
    {
        if (Sse.IsSupported) Sse.Prefetch0(_slots.Start + (FlowHash.Mix(Pack(name, family), 0) & (_slots.Length - 1)));
    }

    public void Add(uint name, byte family)
    {
        if (_count >= Limit)
        {
            if (!Contains(name, family)) Refused++;
            return;
        }

        if (2 * _count >= _slots.Length) Grow();
        if (Insert(Pack(name, family))) _count++;
    }

    public void Dispose()
    {
        _slots.Dispose();
        _outgrown.Dispose();
    }

    private static ulong Pack(uint name, byte family) => (ulong)family << 32 | name;

    private bool Insert(ulong value)
    {
        long mask = _slots.Length - 1;
        long slot = FlowHash.Mix(value, 0) & mask;
        for (; _slots[slot] != 0; slot = (slot + 1) & mask)
        {
            if (_slots[slot] == value) return false;
        }

        _slots[slot] = value;
        return true;
    }

    private void Grow()
    {
        (_slots, _outgrown) = (_outgrown, _slots);
        _slots.Renew(2 * _outgrown.Length);
        for (long slot = 0; slot < _outgrown.Length; slot++)
        {
            if (_outgrown[slot] != 0) Insert(_outgrown[slot]);
        }

        _outgrown.Renew(0);
    }
}
