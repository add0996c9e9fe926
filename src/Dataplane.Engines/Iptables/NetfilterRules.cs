using System.Runtime.InteropServices;
using Dataplane.Core;
using Dataplane.Engines.Iptables.Compilation;
using Dataplane.Engines.Iptables.Text;

namespace Dataplane.Engines.Iptables;

/// <summary>
/// One family's tables, compiled flat: immutable, walked rule by rule as <c>ipt_do_table</c> does. What
/// changes from packet to packet is <see cref="NetfilterState"/>, random decisions and watchers are passed
/// in, so a walk can be repeated.
/// </summary>
public sealed partial class NetfilterRules : IDisposable
{
    private readonly NativeArray<RuleKey> _keys;
    private readonly NativeArray<RuleAction> _actions;
    private readonly NativeArray<RareMatch> _matches;
    private readonly AddressPair[] _addresses;
    private readonly ushort[] _ports;
    private readonly ulong[][] _patterns;
    private readonly (uint Value, uint Mask)[] _marks;
    private readonly NatRequest[] _nats;
    private readonly RecentRule[] _recents;
    private readonly SetTest[] _sets;
    private readonly HashIpset[] _frontendSets;
    private readonly byte[] _hotInterfaces;
    private readonly int[] _entries;
    private readonly int[] _policies;
    private readonly CompiledChain[] _chains;

    private NetfilterRules(RulesCompiler compiled)
    {
        CompiledParts parts = compiled.Parts;
        _keys = Copy(parts.Keys);
        _actions = Copy(parts.Actions);
        _matches = Copy(parts.Matches);
        _addresses = [.. parts.Addresses];
        _ports = [.. parts.Ports];
        _patterns = [.. parts.Patterns];
        _marks = [.. parts.Marks];
        _nats = [.. parts.Nats];
        _recents = [.. parts.Recents];
        _sets = [.. parts.Sets];
        _frontendSets =
            [.. _sets.Where(static test => test.IsOfDestination).Select(static test => test.Set).OfType<HashIpset>()
                .Where(static set => set.IsAddressPort).Distinct()];
        _hotInterfaces = parts.HotInterfaces();
        _entries = compiled.Entries;
        _policies = compiled.Policies;
        _chains = [.. compiled.Chains];
        Family = parts.Family;
        Depth = compiled.Depth;
        Limits = [.. parts.Limits];
        NthStarts = [.. parts.NthStarts];
        RecentDepths = parts.RecentDepths();
    }

    /// <summary>4 or 6.</summary>
    public int Family { get; }

    /// <summary>Rules, with one more for the end of each chain; indices run below it.</summary>
    public int Size => (int)_keys.Length;

    /// <summary>How many jumps may wait for a return at once.</summary>
    public int Depth { get; }

    /// <summary>Bytes of the tables that packets walk through, and of the sets that rules ask.</summary>
    public long MemorySize =>
        _keys.Length * RuleKey.Size + _actions.Length * RuleAction.Size + _matches.Length * RareMatch.Size
        + _sets.Select(static test => test.Set).Distinct().Sum(static set => set.Size);

    internal LimitRule[] Limits { get; }

    internal uint[] NthStarts { get; }

    internal int[] RecentDepths { get; }

    /// <summary>
    /// Compiles one family's tables and all sets. Throws <see cref="InvalidDataException"/> with file and line where a
    /// word is not modelled, a jump leads nowhere or in a circle, or a value is none.
    /// </summary>
    public static NetfilterRules Compile(IptablesRuleset text, int family, InterfaceNames interfaces)
    {
        RulesCompiler compiler = new(text, family, interfaces);
        compiler.Compile();
        return new NetfilterRules(compiler);
    }

    /// <summary>Whether the table has a chain at the hook with a rule in it, or a policy that drops.</summary>
    public bool Has(NetfilterTable table, NetfilterHook hook)
    {
        int slot = RulesCompiler.Slot(table, hook);
        if (_entries[slot] < 0) return false;

        return _policies[slot] > _entries[slot] || _actions[_policies[slot]].Kind == ActionKind.PolicyDrop;
    }

    /// <summary>Which rule, policy or end of a chain an index is.</summary>
    public RulePlace PlaceOf(int rule)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rule);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rule, Size);

        int low = 0;
        int high = _chains.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_chains[middle].Start <= rule) low = middle;
            else high = middle - 1;
        }

        CompiledChain chain = _chains[low];
        int number = rule - chain.Start;
        return number < chain.Text.RuleCount
            ? new RulePlace(chain.Table, chain.Text, number + 1, chain.Text.Rules[number])
            : new RulePlace(chain.Table, chain.Text, 0, null);
    }

    /// <summary>Sends for what rules will ask sets of addresses and ports about an IPv4 packet's destination.</summary>
    public void PrefetchSets(in FlowKey key)
    {
        if (_frontendSets.Length == 0 || key.Family != 4) return;

        uint hash = IpsetKey.HashOf(in key);
        foreach (HashIpset set in _frontendSets) set.Prefetch(hash);
    }

    /// <summary>Behind <see cref="PrefetchSets"/>: sends for the entries that it has found the places of.</summary>
    public void PrefetchEntries(in FlowKey key)
    {
        if (_frontendSets.Length == 0 || key.Family != 4) return;

        uint hash = IpsetKey.HashOf(in key);
        foreach (HashIpset set in _frontendSets) set.PrefetchEntry(hash);
    }

    public void Dispose()
    {
        foreach (SetTest test in _sets) test.Set.Dispose();
        _keys.Dispose();
        _actions.Dispose();
        _matches.Dispose();
    }

    private static unsafe NativeArray<T> Copy<T>(List<T> from)
        where T : unmanaged
    {
        NativeArray<T> to = new(from.Count);
        CollectionsMarshal.AsSpan(from).CopyTo(new Span<T>(to.Start, from.Count));
        return to;
    }
}
