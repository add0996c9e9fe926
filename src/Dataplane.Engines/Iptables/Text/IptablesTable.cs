using System.Diagnostics.CodeAnalysis;

namespace Dataplane.Engines.Iptables.Text;

/// <summary>One table of one family with its chains.</summary>
public sealed class IptablesTable(string name, int family = 4)
{
    private readonly List<IptablesChain> _chains = [];
    private readonly Dictionary<string, IptablesChain> _byName = new(StringComparer.Ordinal);
    private IReadOnlyList<IptablesChain>? _listed;
    private bool _hasUnnamed;

    public string Name => name;

    /// <summary>4 or 6.</summary>
    public int Family => family;

    /// <summary>The line in the dump; 0 where the table comes from none.</summary>
    public int Line { get; init; }

    /// <summary>
    /// Built-in chains first, then the others by name, as libiptc lists what a program has written; otherwise chains
    /// stay in the order of the dump.
    /// </summary>
    internal bool IsListedByName { get; init; }

    /// <summary>In the order in which iptables-save lists them.</summary>
    public IReadOnlyList<IptablesChain> Chains => _listed ??= IsListedByName ? ListByName() : _chains;

    /// <summary>In the order in which they were added: nobody has to know their names for it.</summary>
    internal IReadOnlyList<IptablesChain> AsAdded => _chains;

    /// <summary>
    /// False: there is a chain of that name. Chains that nobody has asked for their name are taken for new.
    /// </summary>
    public bool TryAdd(IptablesChain chain)
    {
        if (chain.IsUnnamed) _hasUnnamed = true;
        else if (!_byName.TryAdd(chain.Name, chain)) return false;

        _chains.Add(chain);
        _listed = null;
        return true;
    }

    public bool TryFind(string chain, [NotNullWhen(true)] out IptablesChain? found)
    {
        if (_byName.TryGetValue(chain, out found)) return true;
        if (!_hasUnnamed) return false;

        _hasUnnamed = false;
        foreach (IptablesChain named in _chains) _byName.TryAdd(named.Name, named);
        return _byName.TryGetValue(chain, out found);
    }

    private IptablesChain[] ListByName() =>
    [
        .. _chains.Where(static chain => chain.Policy is not null),
        .. _chains.Where(static chain => chain.Policy is null)
            .OrderBy(static chain => chain.Name, StringComparer.Ordinal),
    ];
}
