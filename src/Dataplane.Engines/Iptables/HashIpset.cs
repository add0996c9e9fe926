using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Iptables;

/// <summary>
/// The <c>hash:</c> types: addresses, ports, interfaces, and at most one prefix. A prefix is looked for length by length,
/// the longest first, as <c>ip_set_hash_gen.h</c> does; an entry marked <c>nomatch</c> ends the search.
/// </summary>
internal sealed class HashIpset(int family, IpsetPart[] parts) : Ipset
{
    private readonly Dictionary<IpsetKey, bool> _entries = [];
    private int[] _lengths = [];

    public override int Family => family;

    public IReadOnlyList<IpsetPart> Parts => parts;

    private bool HasPrefix => Array.IndexOf(parts, IpsetPart.Prefix) >= 0;

    public void Add(in IpsetKey key, bool isExcluded)
    {
        _entries[key] = isExcluded;
        if (HasPrefix && Array.IndexOf(_lengths, key.PrefixLength) < 0)
            _lengths = [.. _lengths.Append(key.PrefixLength).OrderDescending()];
    }

    public static UInt128 MaskOf(int family, int length) =>
        length == 0 ? UInt128.Zero
        : family == 4 ? uint.MaxValue << (32 - length)
        : UInt128.MaxValue << (128 - length);

    public override bool Contains(in NetfilterPacket packet, uint sources, int directions)
    {
        if (directions < parts.Length || !TryMakeKey(in packet, sources, out IpsetKey key)) return false;
        if (_lengths.Length == 0) return _entries.TryGetValue(key, out bool isExcluded) && !isExcluded;

        UInt128 address = key.Prefix;
        foreach (int length in _lengths)
        {
            key.Prefix = address & MaskOf(family, length);
            key.PrefixLength = length;
            if (_entries.TryGetValue(key, out bool isExcluded)) return !isExcluded;
        }

        return false;
    }

    private bool TryMakeKey(in NetfilterPacket packet, uint sources, out IpsetKey key)
    {
        key = default;
        for (int part = 0; part < parts.Length; part++, sources >>= 1)
        {
            bool isSource = (sources & 1) != 0;
            UInt128 address = isSource ? packet.Source : packet.Destination;
            switch (parts[part])
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

    public readonly bool Equals(IpsetKey other) =>
        First == other.First && Second == other.Second && Prefix == other.Prefix && PrefixLength == other.PrefixLength
        && Port == other.Port && Interface == other.Interface;

    public override readonly bool Equals(object? obj) => obj is IpsetKey other && Equals(other);

    public override readonly int GetHashCode()
    {
        uint hash = FlowHash.Mix((ulong)(First >> 64) ^ (ulong)(Second >> 64), (ulong)First ^ (ulong)Second << 32);
        hash ^= FlowHash.Mix((ulong)(Prefix >> 64), (ulong)Prefix);
        return (int)FlowHash.Mix((ulong)hash << 32 | Port, (ulong)PrefixLength << 32 | Interface);
    }
}
