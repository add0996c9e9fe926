using System.Diagnostics.CodeAnalysis;

namespace Dataplane.Engines.Iptables.Text;

/// <summary>One table of one family: chains in the order of the dump.</summary>
public sealed class IptablesTable(string name, int family = 4)
{
    private readonly List<IptablesChain> _chains = [];
    private readonly Dictionary<string, IptablesChain> _byName = new(StringComparer.Ordinal);

    public string Name => name;

    /// <summary>4 or 6.</summary>
    public int Family => family;

    /// <summary>The line in the dump; 0 where the table comes from none.</summary>
    public int Line { get; init; }

    public IReadOnlyList<IptablesChain> Chains => _chains;

    /// <summary>False: there is a chain of that name.</summary>
    public bool TryAdd(IptablesChain chain)
    {
        if (!_byName.TryAdd(chain.Name, chain)) return false;

        _chains.Add(chain);
        return true;
    }

    public bool TryFind(string chain, [NotNullWhen(true)] out IptablesChain? found) =>
        _byName.TryGetValue(chain, out found);
}
