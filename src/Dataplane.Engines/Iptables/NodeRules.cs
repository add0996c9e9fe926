using Dataplane.Core;

namespace Dataplane.Engines.Iptables;

/// <summary>One node's tables of one family, and what they remember between packets.</summary>
public sealed class NodeRules(NetfilterRules rules) : IDisposable
{
    public NetfilterRules Rules { get; } = rules;

    public NetfilterState State { get; } = new(rules);

    public void Dispose()
    {
        State.Dispose();
        Rules.Dispose();
    }
}

/// <summary>
/// The tables of all nodes. A node's are compiled when its first packet asks: a cluster's nodes each have all Services'
/// rules, and a capture mostly meets few of them.
/// </summary>
/// <param name="nodes">How many nodes there are.</param>
/// <param name="compile">Compiles a node's tables of a family (4 or 6).</param>
public sealed class IptablesNodes(int nodes, Func<int, int, NetfilterRules> compile) : IDisposable
{
    private readonly NodeRules?[] _v4 = new NodeRules?[nodes];
    private readonly NodeRules?[] _v6 = new NodeRules?[nodes];

    public NodeRules At(int node, int family)
    {
        NodeRules?[] known = family == 6 ? _v6 : _v4;
        return known[node] ??= new NodeRules(compile(node, family));
    }

    public void Dispose()
    {
        foreach (NodeRules? rules in _v4) rules?.Dispose();
        foreach (NodeRules? rules in _v6) rules?.Dispose();
    }
}
