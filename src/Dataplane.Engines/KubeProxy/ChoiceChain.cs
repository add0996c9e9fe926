using System.Collections.Immutable;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Iptables.Compilation;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Services;

namespace Dataplane.Engines.KubeProxy;

/// <summary>
/// KUBE-SVC-… and KUBE-SVL-…: what stands before the choice, then a draw for each endpoint but the last.
/// </summary>
internal sealed class ChoiceChain(
    string name, EndpointText text, ProxiedPort port, ImmutableArray<ProxiedEndpoint> endpoints,
    IptablesChain[] targets)
    : DirectChain(name)
{
    /// <summary>To the endpoint's chain, and on to KUBE-MARK-MASQ.</summary>
    public override int Depth => 2;

    public override IReadOnlyList<IptablesRule> Rules => [.. Written, .. text.Choice(Name, port, endpoints, targets)];

    internal override int RuleCount => Written.Count + endpoints.Length;

    public override void Compile(CompiledParts parts, ChainStarts starts)
    {
        for (int index = 0; index < targets.Length; index++)
        {
            int firstMatch = parts.Matches.Count;
            int left = targets.Length - index;
            if (left > 1) parts.Matches.Add(new RareMatch { Kind = MatchKind.Random, First = Probability.Kept(left) });
            parts.AddRule(
                default, new RuleAction { Kind = ActionKind.Jump, Argument = starts.Of(targets[index]) }, firstMatch);
        }
    }
}
