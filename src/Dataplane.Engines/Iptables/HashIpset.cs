using System.Runtime.Intrinsics.X86;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Iptables;

/// <summary>
/// The <c>hash:</c> types: addresses, ports, interfaces, and at most one prefix. A prefix is looked for length by
/// length, the longest first, as <c>ip_set_hash_gen.h</c> does; an entry marked <c>nomatch</c> ends the search. Places
/// are half used at most and apart from the entries, which are a cache line each: what is not there costs one line.
/// </summary>
internal sealed unsafe class HashIpset : Ipset
{
    private const int FewestPlaces = 16;

    private readonly IpsetPart[] _parts;
    private readonly NativeArray<IpsetPlace> _places;
    private readonly NativeArray<IpsetKey> _entries;
    private int[] _lengths = [];
    private uint _count;

    /// <summary>Room for <paramref name="count"/> entries; the set does not grow.</summary>
    public HashIpset(int family, IpsetPart[] parts, int count)
    {
        Family = family;
        _parts = parts;
        long places = FewestPlaces;
        while (places < 2L * count) places *= 2;
        _places = new NativeArray<IpsetPlace>(places);
        _entries = new NativeArray<IpsetKey>(count + 1);
    }

    public override int Family { get; }

    public override long Size => _places.Length * sizeof(IpsetPlace) + _entries.Length * sizeof(IpsetKey);

    /// <summary>An address and a port, as most of kube-proxy's sets are.</summary>
    public bool IsAddressPort => _parts is [IpsetPart.Address, IpsetPart.Port];

    private bool HasPrefix => Array.IndexOf(_parts, IpsetPart.Prefix) >= 0;

    public void Add(in IpsetKey key)
    {
        uint hash = key.Hash();
        ref IpsetPlace place = ref _places[PlaceOf(in key, hash)];
        if (place.Entry == 0) place = new IpsetPlace { Hash = hash, Entry = ++_count };

        _entries[place.Entry] = key;
        if (HasPrefix && Array.IndexOf(_lengths, key.PrefixLength) < 0)
            _lengths = [.. _lengths.Append(key.PrefixLength).OrderDescending()];
    }

    /// <summary>Sends for the place of a key with this hash.</summary>
    public void Prefetch(uint hash)
    {
        if (Sse.IsSupported) Sse.Prefetch0(_places.Start + (hash & _places.Length - 1));
    }

    /// <summary>Sends for the entry that the place names.</summary>
    public void PrefetchEntry(uint hash)
    {
        if (Sse.IsSupported) Sse.Prefetch0(_entries.Start + _places[hash & _places.Length - 1].Entry);
    }

    public override void Dispose()
    {
        _places.Dispose();
        _entries.Dispose();
    }

    public static UInt128 MaskOf(int family, int length) =>
        length == 0 ? UInt128.Zero
        : family == 4 ? uint.MaxValue << (32 - length)
        : UInt128.MaxValue << (128 - length);

    public override bool Contains(in NetfilterPacket packet, uint sources, int directions)
    {
        if (directions < _parts.Length || !TryMakeKey(in packet, sources, out IpsetKey key)) return false;
        if (_lengths.Length == 0) return TryGet(in key, out bool isExcluded) && !isExcluded;

        UInt128 address = key.Prefix;
        foreach (int length in _lengths)
        {
            key.Prefix = address & MaskOf(Family, length);
            key.PrefixLength = length;
            if (TryGet(in key, out bool isExcluded)) return !isExcluded;
        }

        return false;
    }

    private bool TryGet(in IpsetKey key, out bool isExcluded)
    {
        uint entry = _places[PlaceOf(in key, key.Hash())].Entry;
        isExcluded = _entries[entry].IsExcluded;
        return entry != 0;
    }

    /// <summary>Where the entry is, or the free place where it would be.</summary>
    private long PlaceOf(in IpsetKey key, uint hash)
    {
        long mask = _places.Length - 1;
        long place = hash & mask;
        while (_places[place].Entry != 0
            && !(_places[place].Hash == hash && _entries[_places[place].Entry].Equals(key)))
            place = (place + 1) & mask;
        return place;
    }

    private bool TryMakeKey(in NetfilterPacket packet, uint sources, out IpsetKey key)
    {
        key = default;
        for (int part = 0; part < _parts.Length; part++, sources >>= 1)
        {
            bool isSource = (sources & 1) != 0;
            UInt128 address = isSource ? packet.Source : packet.Destination;
            switch (_parts[part])
            {
                case IpsetPart.Address when part == 0:
                    key.First = address;
                    break;
                case IpsetPart.Address:
                    key.Second = address;
                    break;
                case IpsetPart.Prefix:
                    key.Prefix = address;
                    break;
                case IpsetPart.Interface:
                    key.Interface = isSource ? packet.InInterface : packet.OutInterface;
                    break;
                default:
                    if ((packet.Facts & PacketFacts.IsLaterFragment) != 0) return false;
                    key.Port = (uint)packet.Protocol << 16 | PortOf(in packet, isSource);
                    break;
            }
        }

        return true;
    }

    /// <summary><c>get_port</c> of <c>ip_set_getport.c</c>.</summary>
    private static uint PortOf(in NetfilterPacket packet, bool isSource) => packet.Protocol switch
    {
        IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp => isSource ? packet.SourcePort : packet.DestinationPort,
        IpProtocol.Icmp or IpProtocol.Icmpv6 => (uint)packet.IcmpType << 8 | packet.IcmpCode,
        _ => 0,
    };
}

/// <summary>A dimension of a set.</summary>
internal enum IpsetPart : byte
{
    Address,
    Prefix,
    Port,
    Interface,
}

/// <summary>A place in the hash: which entry lies there, from 1, and its hash.</summary>
internal struct IpsetPlace
{
    public uint Hash;
    public uint Entry;
}

/// <summary>An entry's dimensions; those that a set has not are zero.</summary>
internal struct IpsetKey : IEquatable<IpsetKey>
{
    public UInt128 First;
    public UInt128 Second;
    public UInt128 Prefix;
    public int PrefixLength;

    /// <summary>Protocol and port.</summary>
    public uint Port;

    public ushort Interface;

    /// <summary><c>nomatch</c>, which is no dimension.</summary>
    public bool IsExcluded;

    public readonly bool Equals(IpsetKey other) =>
        First == other.First && Second == other.Second && Prefix == other.Prefix && PrefixLength == other.PrefixLength
        && Port == other.Port && Interface == other.Interface;

    public override readonly bool Equals(object? obj) => obj is IpsetKey other && Equals(other);

    public override readonly int GetHashCode() => (int)Hash();

    /// <summary>The hash of an IPv4 packet's destination and port, as an entry of those has it.</summary>
    public static uint HashOf(in FlowKey key) =>
        new IpsetKey { First = key.Destination, Port = (uint)key.Protocol << 16 | key.DestinationPort }.Hash();

    public readonly uint Hash()
    {
        uint hash = FlowHash.Mix((ulong)(First >> 64) ^ (ulong)(Second >> 64), (ulong)First ^ (ulong)Second << 32);
        if (PrefixLength != 0) hash ^= FlowHash.Mix((ulong)(Prefix >> 64), (ulong)Prefix);
        return FlowHash.Mix((ulong)hash << 32 | Port, (ulong)PrefixLength << 32 | Interface);
    }
}
