using Dataplane.Engines.Iptables;

namespace Dataplane.Engines.Ipvs;

/// <summary>One node's virtual services, what they remember, and the few rules beside them.</summary>
public sealed class IpvsNode(IpvsTables tables, NodeRules? v4, NodeRules? v6) : IDisposable
{
    public IpvsTables Tables { get; } = tables;

    public IpvsState State { get; } = new(tables);

    /// <summary>Null where there are none of the family.</summary>
    public NodeRules? RulesOf(int family) => family == 6 ? v6 : v4;

    public void Dispose()
    {
        State.Dispose();
        Tables.Dispose();
        v4?.Dispose();
        v6?.Dispose();
    }
}

/// <summary>
/// The tables of all nodes, each compiled when its first packet asks (see <see cref="IptablesNodes"/>).
/// </summary>
/// <param name="nodes">How many nodes there are.</param>
/// <param name="compile">Compiles a node's tables.</param>
public sealed class IpvsNodes(int nodes, Func<int, IpvsNode> compile) : IDisposable
{
    private readonly IpvsNode?[] _nodes = new IpvsNode?[nodes];

    public IpvsNode At(int node) => _nodes[node] ??= compile(node);

    public void Dispose()
    {
        foreach (IpvsNode? node in _nodes) node?.Dispose();
    }
}
