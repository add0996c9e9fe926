using Dataplane.Engines.Iptables.Text;

namespace Dataplane.Engines.KubeProxy;

/// <summary>A table while it is written: its built-in chains in the kernel's order, then the others by name, as iptables-save lists them.</summary>
internal sealed class TableBuilder(string name, int family, params string[] builtIn)
{
    private readonly IptablesChain[] _builtIn = [.. builtIn.Select(chain => new IptablesChain(chain, "ACCEPT"))];
    private readonly List<IptablesChain> _chains = [];

    public IptablesChain BuiltIn(string chain) => _builtIn.First(found => found.Name == chain);

    /// <summary>A chain of kube-proxy's. Names are hashes of names that the service model has once.</summary>
    public IptablesChain New(string chain)
    {
        var created = new IptablesChain(chain);
        _chains.Add(created);
        return created;
    }

    public IptablesTable Build()
    {
        var table = new IptablesTable(name, family);
        _chains.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        foreach (IptablesChain chain in _builtIn) table.TryAdd(chain);
        foreach (IptablesChain chain in _chains) table.TryAdd(chain);
        return table;
    }
}
