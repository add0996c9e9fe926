using Dataplane.Core;

namespace Dataplane.Engines.Policies.Identities;

/// <summary>
/// One policy map while it fills, the highest precedence first. An entry goes where another of the same
/// identity covers it with higher precedence: a look-up finds the longest prefix alone, and must not find a
/// lesser one (Cilium's <c>mapstate</c>).
/// </summary>
internal sealed class PolicyMapDraft(PolicyDirection direction)
{
    private readonly Dictionary<PolicyKey, PolicyEntry> _entries = [];
    private uint _precedence = uint.MaxValue;
    private bool _hasLevels;

    public IReadOnlyDictionary<PolicyKey, PolicyEntry> Entries => _entries;

    /// <summary>Bit n: there are keys with n bits of protocol and port.</summary>
    public uint Suffixes { get; private set; }

    /// <summary>What is added from here on counts less.</summary>
    public void NextLevel()
    {
        _precedence--;
        _hasLevels = true;
    }

    public void Add(PolicyTraffic traffic, bool isDeny, int rule)
    {
        var key = new PolicyKey(traffic.Identity, direction, traffic.Suffix, traffic.Protocol, traffic.Port);
        if (_hasLevels && IsCovered(key)) return;

        if (_entries.TryAdd(key, new PolicyEntry(isDeny, traffic.Suffix, _precedence, rule)))
            Suffixes |= 1u << traffic.Suffix;
    }

    private bool IsCovered(PolicyKey key)
    {
        for (int suffix = 0; suffix < key.Suffix; suffix++)
        {
            if ((Suffixes >> suffix & 1) == 0) continue;
            if (_entries.TryGetValue(key.Shortened(suffix), out PolicyEntry wider) && wider.Precedence > _precedence)
                return true;
        }

        return false;
    }
}
