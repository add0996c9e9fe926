using System.Collections.Immutable;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Services;

namespace Dataplane.Engines.KubeProxy;

/// <summary>
/// Each endpoint's own chain, and the chains that choose among them. There are as many as a cluster has endpoints
/// behind Services: only those with affinity, which the rules remember by name, are written at once.
/// </summary>
internal sealed class EndpointRules(TableBuilder nat, EndpointText text)
{
    /// <summary>A chain for each endpoint that some traffic may reach.</summary>
    public IptablesChain[] Write(NodeServicePort view)
    {
        var chains = new IptablesChain[view.Reachable.Length];
        for (int index = 0; index < chains.Length; index++)
        {
            var chain = new EndpointChain(text, view.Port, view.Reachable[index]);
            chains[index] = nat.Add(view.Port.AffinitySeconds == 0 ? chain : Written(chain.Name, chain.Rules));
        }

        return chains;
    }

    /// <summary>A chain that chooses among some of them.</summary>
    /// <param name="name">The chain's.</param>
    /// <param name="view">The port.</param>
    /// <param name="among">Those to choose from.</param>
    /// <param name="reachable">What <see cref="Write"/> gave.</param>
    /// <param name="first">A rule before the choice, or none.</param>
    public void WriteChoice(
        string name, NodeServicePort view, ImmutableArray<ProxiedEndpoint> among, IptablesChain[] reachable,
        IptablesRule? first)
    {
        var chain = new ChoiceChain(name, text, view.Port, among, Some(view.Reachable, reachable, among));
        if (first is not null) chain.Add(first);
        nat.Add(view.Port.AffinitySeconds == 0 ? chain : Written(name, chain.Rules));
    }

    private static IptablesChain Written(string name, IReadOnlyList<IptablesRule> rules)
    {
        var chain = new IptablesChain(name);
        foreach (IptablesRule rule in rules) chain.Add(rule);
        return chain;
    }

    /// <summary>All lists of a port have one order.</summary>
    private static IptablesChain[] Some(
        ImmutableArray<ProxiedEndpoint> reachable, IptablesChain[] chains, ImmutableArray<ProxiedEndpoint> among)
    {
        if (among == reachable) return chains;

        var some = new IptablesChain[among.Length];
        int place = 0;
        for (int index = 0; index < some.Length; index++)
        {
            while (!ReferenceEquals(reachable[place], among[index])) place++;
            some[index] = chains[place];
        }

        return some;
    }
}
