using Dataplane.Engines.Iptables.Text;

namespace Dataplane.Engines.KubeProxy;

/// <summary>
/// A table while it is written: its built-in chains in the kernel's order, then the others, listed by name.
/// </summary>
internal sealed class TableBuilder
{
    public TableBuilder(string name, int family, params string[] builtIn)
    {
        Table = new IptablesTable(name, family) { IsListedByName = true };
        foreach (string chain in builtIn) Table.TryAdd(new IptablesChain(chain, "ACCEPT"));
    }

    public IptablesTable Table { get; }

    public IptablesChain BuiltIn(string chain) => Table.AsAdded.First(found => found.Name == chain);

    public IptablesChain New(string chain) => Add(new IptablesChain(chain));

    /// <summary>A chain of kube-proxy's. Names are hashes of names that the service model has once.</summary>
    public IptablesChain Add(IptablesChain chain)
    {
        Table.TryAdd(chain);
        return chain;
    }
}
