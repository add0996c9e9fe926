using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Engines.Iptables.Text;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>
/// One node's filter table and sets as Felix programs them, for iptables-save's and ipset save's print.
/// </summary>
internal sealed class FelixRuleset
{
    private const string Forward = "cali-FORWARD";
    private const string FromDispatch = "cali-from-wl-dispatch";
    private const string ToDispatch = "cali-to-wl-dispatch";
    private const uint AllButAccept = FelixMarks.Pass | FelixMarks.Drop | FelixMarks.AllBlocks | FelixMarks.ThisBlock;

    private readonly ChainCompiler _compiled;
    private readonly ChainPolicyTables _tables;
    private readonly int _node;
    private readonly List<IptablesChain> _chains = [];
    private readonly SortedSet<int> _jumpedTo = [];

    private FelixRuleset(ChainPolicyTables tables, int node, int family)
    {
        _tables = tables;
        _compiled = tables.Of(family);
        _node = node;
        Text = new IptablesRuleset("felix");
        AddTable(family);
        foreach (int number in SetsOfChains()) Text.Add(_compiled.Sets[number].ToText(family));
    }

    public IptablesRuleset Text { get; }

    public static IptablesRuleset Of(ChainPolicyTables tables, int node, int family) =>
        new FelixRuleset(tables, node, family).Text;

    private void AddTable(int family)
    {
        var forward = new IptablesChain("FORWARD", "ACCEPT");
        forward.Add(Jump("FORWARD", Forward));
        forward.Add(_compiled.TextOf(
            "FORWARD", new ChainRule(ChainTarget.Accept, ChainMatch.OfMark(FelixMarks.Accept, FelixMarks.Accept))
            {
                Comment = "Policy explicitly accepted packet.",
            }));
        forward.Add(_compiled.TextOf("FORWARD", ChainRule.SetMark(FelixMarks.Accept)));
        AddEndpoints();
        foreach (int chain in _jumpedTo)
            Add(_compiled.Program.Chains[chain].Name, _compiled.Program.Chains[chain].Rules);

        var table = new IptablesTable("filter", family);
        foreach (IptablesChain chain in (IptablesChain[])[new("INPUT", "ACCEPT"), forward, new("OUTPUT", "ACCEPT")])
            table.TryAdd(chain);
        foreach (IptablesChain chain in _chains.OrderBy(chain => chain.Name, StringComparer.Ordinal))
            table.TryAdd(chain);
        Text.Add(table);
    }

    private void AddEndpoints()
    {
        var main = new IptablesChain(Forward);
        main.Add(_compiled.TextOf(Forward, ChainRule.ClearMark(AllButAccept)));
        main.Add(Jump(Forward, FromDispatch, new IptablesOption("-i", "cali+")));
        main.Add(Jump(Forward, ToDispatch, new IptablesOption("-o", "cali+")));
        var from = new IptablesChain(FromDispatch);
        var to = new IptablesChain(ToDispatch);
        _chains.AddRange([main, from, to]);
        foreach ((PodNetwork pod, int identity) in _tables.Network.Pods.Zip(_tables.Places.IdentityOfNetworkPod))
        {
            if (pod.Node != _node || identity < 0) continue;

            string veth = FelixNames.VethOf(pod.Pod.Namespace, pod.Pod.Name);
            from.Add(Goto(FromDispatch, FelixNames.FromWorkload + veth, new IptablesOption("-i", veth)));
            to.Add(Goto(ToDispatch, FelixNames.ToWorkload + veth, new IptablesOption("-o", veth)));
            AddEndpoint(FelixNames.ToWorkload + veth, _compiled.ChainOf(identity, PolicyDirection.Ingress));
            AddEndpoint(FelixNames.FromWorkload + veth, _compiled.ChainOf(identity, PolicyDirection.Egress));
        }

        ChainRule unknown = new(ChainTarget.Drop) { Comment = "Unknown interface" };
        from.Add(_compiled.TextOf(FromDispatch, unknown));
        to.Add(_compiled.TextOf(ToDispatch, unknown));
    }

    private void AddEndpoint(string name, CompiledChain chain)
    {
        Add(name, chain.Rules);
        _jumpedTo.UnionWith(chain.Rules.Where(rule => rule.Target == ChainTarget.Jump).Select(rule => rule.Chain));
    }

    private void Add(string name, IReadOnlyList<ChainRule> rules)
    {
        var chain = new IptablesChain(name);
        foreach (ChainRule rule in rules) chain.Add(_compiled.TextOf(name, rule));
        _chains.Add(chain);
    }

    private IEnumerable<int> SetsOfChains() =>
        _jumpedTo.SelectMany(chain => _compiled.Program.Chains[chain].Rules)
            .SelectMany(rule => rule.Matches)
            .Where(match => match.Kind is ChainMatchKind.Set or ChainMatchKind.PortSet)
            .Select(match => match.Set).Distinct().Order();

    private static IptablesRule Jump(string chain, string target, params IptablesOption[] header) =>
        new() { Chain = chain, Header = header, Target = target };

    private static IptablesRule Goto(string chain, string target, params IptablesOption[] header) =>
        new() { Chain = chain, Header = header, Target = target, IsGoto = true };
}
