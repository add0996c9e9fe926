using System.Numerics;
using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;

namespace Dataplane.Engines.Policies.Identities;

/// <summary>
/// Cilium's policy maps (<c>cilium_policy_*</c>), all in one hash table, with <c>bpf/lib/policy.h</c>'s
/// question: the longest prefix of protocol and port is found for the peer's identity and for any, and
/// precedence chooses between the two.
/// </summary>
internal sealed class PolicyMaps : IDisposable
{
    private readonly FlatMap<PolicyKey.InMap, PolicyEntry> _entries;
    private readonly NativeArray<uint> _suffixes;

    public PolicyMaps(IReadOnlyList<PolicyMapDraft> maps)
    {
        MapCount = maps.Count;
        _entries = new FlatMap<PolicyKey.InMap, PolicyEntry>(maps.Sum(map => (long)map.Entries.Count));
        _suffixes = new NativeArray<uint>(maps.Count);
        for (int map = 0; map < maps.Count; map++)
        {
            _suffixes[map] = maps[map].Suffixes;
            foreach ((PolicyKey key, PolicyEntry entry) in maps[map].Entries)
            {
                var inMap = new PolicyKey.InMap(map, key);
                _entries.Set(in inMap, in entry);
            }
        }
    }

    public int MapCount { get; }

    public int EntryCount => _entries.Count;

    public long Size => _entries.Size + _suffixes.Length * sizeof(uint);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PolicyVerdict Judge(int map, uint identity, PolicyDirection direction, byte protocol, ushort port)
    {
        uint suffixes = _suffixes[map];
        bool isFound = TryFind(map, suffixes, identity, direction, protocol, port, out PolicyEntry entry);
        if (!isFound || entry.Precedence != uint.MaxValue)
        {
            if (TryFind(map, suffixes, NumericIdentities.Any, direction, protocol, port, out PolicyEntry any))
            {
                bool isBetter = any.Precedence > entry.Precedence
                    || (any.Precedence == entry.Precedence && any.Suffix > entry.Suffix);
                if (!isFound || isBetter) entry = any;
                isFound = true;
            }
        }

        return isFound
            ? new PolicyVerdict(!entry.IsDeny, entry.Rule)
            : new PolicyVerdict(false, PolicyVerdict.DefaultDeny);
    }

    public void Dispose()
    {
        _entries.Dispose();
        _suffixes.Dispose();
    }

    /// <summary>
    /// A hash table's way to the longest prefix: once for each length that the map has, the longest first.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryFind(
        int map, uint suffixes, uint identity, PolicyDirection direction, byte protocol, ushort port,
        out PolicyEntry entry)
    {
        for (; suffixes != 0; suffixes &= ~(1u << BitOperations.Log2(suffixes)))
        {
            var key = new PolicyKey(identity, direction, BitOperations.Log2(suffixes), protocol, port);
            var inMap = new PolicyKey.InMap(map, key);
            if (_entries.TryGet(in inMap, out entry)) return true;
        }

        entry = default;
        return false;
    }
}
