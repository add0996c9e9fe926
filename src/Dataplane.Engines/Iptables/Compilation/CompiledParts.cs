using System.Globalization;
using System.Runtime.Intrinsics;

namespace Dataplane.Engines.Iptables.Compilation;

/// <summary>What rules compile into, while it grows: the tables that <see cref="NetfilterRules"/> takes over.</summary>
internal sealed class CompiledParts(string file, int family, InterfaceNames interfaces)
{
    private const int MostHotInterfaces = byte.MaxValue;

    private readonly Dictionary<ushort, byte> _hotInterfaces = [];
    private readonly Dictionary<string, int> _patterns = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _recentLists = new(StringComparer.Ordinal);
    private readonly List<(UInt128 Mask, uint Hits, bool HasPlain)> _recentShapes = [];

    public string File => file;

    public int Family => family;

    public InterfaceNames Interfaces => interfaces;

    public List<RuleKey> Keys { get; } = [];

    public List<RuleAction> Actions { get; } = [];

    public List<RareMatch> Matches { get; } = [];

    public List<AddressPair> Addresses { get; } = [];

    public List<ushort> Ports { get; } = [];

    public List<ulong[]> Patterns { get; } = [];

    public List<(uint Value, uint Mask)> Marks { get; } = [];

    public List<NatRequest> Nats { get; } = [];

    public List<uint> NthStarts { get; } = [];

    public List<RecentRule> Recents { get; } = [];

    public List<LimitRule> Limits { get; } = [];

    public List<SetTest> Sets { get; } = [];

    /// <summary>Room for so many rules more, with a rarer match or a translation to each chain.</summary>
    public void Reserve(int rules, int chains)
    {
        Keys.EnsureCapacity(Keys.Count + rules);
        Actions.EnsureCapacity(Actions.Count + rules);
        Matches.EnsureCapacity(Matches.Count + chains);
        Nats.EnsureCapacity(Nats.Count + chains);
    }

    /// <summary>
    /// A rarer match on one source address, whole: what an IPv6 address needs besides its hash in the key.
    /// </summary>
    public void AddSource(UInt128 address)
    {
        Matches.Add(new RareMatch { Kind = MatchKind.SourcePrefix, First = (uint)Addresses.Count });
        Addresses.Add(new AddressPair(address, UInt128.MaxValue));
    }

    /// <summary>A rule without words: its key, rarer matches that were just added, and what it does.</summary>
    public void AddRule(in RuleKey key, RuleAction action, int firstMatch)
    {
        action.FirstMatch = firstMatch;
        action.MatchCount = (ushort)(Matches.Count - firstMatch);
        Keys.Add(key);
        Actions.Add(action);
    }

    /// <summary>Behind a chain's last rule: matches everything.</summary>
    public void AddEnd(ActionKind kind)
    {
        Keys.Add(new RuleKey { Value = Vector128<uint>.Zero, Mask = Vector128<uint>.Zero });
        Actions.Add(new RuleAction { Kind = kind });
    }

    /// <summary>The interface's byte in a rule's key; 0: no byte is left.</summary>
    public byte HotInterface(ushort number)
    {
        if (_hotInterfaces.TryGetValue(number, out byte hot)) return hot;
        if (_hotInterfaces.Count == MostHotInterfaces) return 0;

        hot = (byte)(_hotInterfaces.Count + 1);
        _hotInterfaces.Add(number, hot);
        return hot;
    }

    public byte[] HotInterfaces()
    {
        byte[] byNumber = new byte[ushort.MaxValue + 1];
        foreach ((ushort number, byte hot) in _hotInterfaces) byNumber[number] = hot;
        return byNumber;
    }

    /// <summary>The place of a name with a <c>+</c>: bit n is set where interface n begins so.</summary>
    public int Pattern(string start)
    {
        if (_patterns.TryGetValue(start, out int place)) return place;

        ulong[] bits = new ulong[1024];
        for (int number = 1; number <= interfaces.Count; number++)
        {
            if (interfaces.NameOf((ushort)number).StartsWith(start, StringComparison.Ordinal))
                bits[number >> 6] |= 1ul << number;
        }

        Patterns.Add(bits);
        _patterns.Add(start, Patterns.Count - 1);
        return Patterns.Count - 1;
    }

    /// <summary>The number of a recent list; its mask is that of the first rule that names it.</summary>
    public int RecentList(string name, UInt128 mask, uint hits, out UInt128 listMask)
    {
        if (!_recentLists.TryGetValue(name, out int list))
        {
            list = _recentShapes.Count;
            _recentLists.Add(name, list);
            _recentShapes.Add((mask, 0, false));
        }

        (listMask, uint most, bool hasPlain) = _recentShapes[list];
        _recentShapes[list] = (listMask, Math.Max(most, hits), hasPlain || hits == 0);
        return list;
    }

    /// <summary>
    /// Stamps that each list keeps: <c>recent_mt_check</c>. Lists that no rule counts hits in are asked for their last
    /// stamp only.
    /// </summary>
    public int[] RecentDepths() =>
    [
        .. _recentShapes.Select(static shape =>
            shape.Hits == 0 ? 1 : (int)Math.Max(
                System.Numerics.BitOperations.RoundUpToPowerOf2(shape.Hits), shape.HasPlain ? 32u : 1u)),
    ];

    public InvalidDataException Error(int line, string what) => Text.DumpError.At(file, line, what);

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{file}, IPv{family}: {Keys.Count} rules");
}
