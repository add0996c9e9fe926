using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Dataplane.Wire;

namespace Dataplane.Core;

/// <summary>
/// Longest-prefix match from address to <see cref="Place"/>. IPv4 is a table of 2^16 with subtables of 256 where a
/// prefix is longer (at most three loads); IPv6 is searched once for each address, when it gets its name.
/// </summary>
public sealed class AddressMap
{
    private const uint IsSubtable = 1u << 31;
    private const int TopSize = 1 << 16;
    private const int SubtableSize = 1 << 8;

    private readonly Dictionary<IpPrefix, Place> _v6 = [];
    private readonly SortedSet<int> _v6Lengths = new(Comparer<int>.Create((left, right) => right.CompareTo(left)));
    private uint[] _v4 = new uint[TopSize];
    private int _used = TopSize;

    /// <summary>Prefixes must come shortest first: a longer one overwrites its part of a shorter one.</summary>
    public static AddressMap Build(IEnumerable<(IpPrefix Prefix, Place Place)> prefixes)
    {
        var map = new AddressMap();
        foreach ((IpPrefix prefix, Place place) in prefixes.OrderBy(entry => entry.Prefix.Length))
            map.Add(prefix, place);
        return map;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Place FindV4(uint address)
    {
        uint[] table = _v4;
        uint entry = table[address >> 16];
        if ((entry & IsSubtable) != 0) entry = table[(entry & ~IsSubtable) + (address >> 8 & 0xFF)];
        if ((entry & IsSubtable) != 0) entry = table[(entry & ~IsSubtable) + (address & 0xFF)];
        return Place.FromPacked(entry);
    }

    /// <summary>
    /// Sends for the last line that a look-up of the address reads; those before it are few and mostly there.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void PrefetchV4(uint address)
    {
        uint[] table = _v4;
        uint entry = table[address >> 16];
        if ((entry & IsSubtable) != 0) entry = table[(entry & ~IsSubtable) + (address >> 8 & 0xFF)];
        if ((entry & IsSubtable) == 0 || !Sse.IsSupported) return;

        Sse.Prefetch0(Unsafe.AsPointer(ref table[(entry & ~IsSubtable) + (address & 0xFF)]));
    }

    public Place Find(IpAddress address)
    {
        if (address.IsV4) return FindV4(address.V4);

        foreach (int length in _v6Lengths)
        {
            if (_v6.TryGetValue(new IpPrefix(address, length), out Place place)) return place;
        }

        return default;
    }

    private void Add(IpPrefix prefix, Place place)
    {
        if (prefix.Address.IsV6)
        {
            _v6[prefix] = place;
            _v6Lengths.Add(prefix.Length);
            return;
        }

        uint address = prefix.Address.V4;
        if (prefix.Length <= 16)
        {
            Fill(address >> 16, 1u << (16 - prefix.Length), place);
            return;
        }

        uint second = Subtable(address >> 16);
        if (prefix.Length <= 24)
        {
            Fill(second + (address >> 8 & 0xFF), 1u << (24 - prefix.Length), place);
            return;
        }

        uint third = Subtable(second + (address >> 8 & 0xFF));
        Fill(third + (address & 0xFF), 1u << (32 - prefix.Length), place);
    }

    private void Fill(uint first, uint count, Place place) => _v4.AsSpan((int)first, (int)count).Fill(place.Packed);

    private uint Subtable(uint slot)
    {
        if ((_v4[slot] & IsSubtable) != 0) return _v4[slot] & ~IsSubtable;

        uint start = (uint)_used;
        _used += SubtableSize;
        if (_used > _v4.Length) Array.Resize(ref _v4, Math.Max(_used, 2 * _v4.Length));
        _v4.AsSpan((int)start, SubtableSize).Fill(_v4[slot]);
        _v4[slot] = IsSubtable | start;
        return start;
    }
}
