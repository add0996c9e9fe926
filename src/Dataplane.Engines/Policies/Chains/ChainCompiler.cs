using System.Collections.Immutable;
using Dataplane.Core;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>
/// Turns the model into one family's chains: one for each policy and direction, one for each identity and direction
/// (pods with the same labels have equal ones), one for each namespace's profile.
/// </summary>
internal sealed class ChainCompiler
{
    private readonly PolicyModel _model;
    private readonly PolicyPlaces _places;
    private readonly ChainProgramBuilder _builder;
    private readonly FelixRenderer _renderer;
    private readonly List<ChainSet> _sets = [];
    private readonly Dictionary<int, int> _selectorSets = [];
    private readonly Dictionary<(byte, string), int> _portSets = [];
    private readonly Dictionary<(int Policy, bool IsIngress), int> _policyChains = [];
    private readonly Dictionary<(string Namespace, bool IsIngress), int> _profileChains = [];

    public ChainCompiler(PolicyModel model, PolicyPlaces places, int family)
    {
        _model = model;
        _places = places;
        _builder = new ChainProgramBuilder(family);
        _renderer = new FelixRenderer(family);
        for (int policy = 0; policy < model.Policies.Length; policy++)
        {
            if (model.Policies[policy].Tier == PolicyTier.Outside) continue;
            if (model.Policies[policy].ForIngress) AddPolicy(policy, isIngress: true);
            if (model.Policies[policy].ForEgress) AddPolicy(policy, isIngress: false);
        }

        PolicyRuleCount = _builder.Rules.Count - _builder.Chains.Count;
        foreach (string name in model.Identities.Select(identity => identity.Namespace).Distinct())
        {
            AddProfile(name, isIngress: true);
            AddProfile(name, isIngress: false);
        }

        Endpoints = new int[2 * model.Identities.Length];
        foreach (PolicyIdentity identity in model.Identities)
        {
            Endpoints[2 * identity.Number] = AddEndpoint(identity, PolicyDirection.Ingress);
            Endpoints[2 * identity.Number + 1] = AddEndpoint(identity, PolicyDirection.Egress);
        }

        Sets = [.. _sets];
        Program = _builder.Build(Sets);
    }

    public ChainProgram Program { get; }

    public ImmutableArray<ChainSet> Sets { get; }

    /// <summary>Numbers of chains: of each identity the one for ingress, then the one for egress.</summary>
    public int[] Endpoints { get; }

    /// <summary>Rules of the policies' own chains.</summary>
    public int PolicyRuleCount { get; }

    /// <summary>Which chain a compiled rule stands in, and how it reads.</summary>
    public (string Chain, string Text) RuleAt(int rule, string veth)
    {
        CompiledChain chain = Program.Chains.Last(chain => chain.Start <= rule);
        bool isEndpoint = chain.Name is FelixNames.ToWorkload or FelixNames.FromWorkload;
        string name = isEndpoint ? chain.Name + veth : chain.Name;
        return (name, TextOf(name, chain.Rules[rule - chain.Start]).ToString());
    }

    /// <summary>The chain that packets to pods of the identity walk, or packets from them.</summary>
    public CompiledChain ChainOf(int identity, PolicyDirection direction) =>
        Program.Chains[Endpoints[2 * identity + (direction == PolicyDirection.Ingress ? 0 : 1)]];

    public IptablesRule TextOf(string chain, ChainRule rule)
    {
        string target = rule.Target == ChainTarget.Jump ? Program.Chains[rule.Chain].Name : "";
        return FelixText.RuleOf(chain, rule, _builder.Family, Sets, target);
    }

    private void AddPolicy(int number, bool isIngress)
    {
        CompiledPolicy policy = _model.Policies[number];
        PolicyDirection direction = isIngress ? PolicyDirection.Ingress : PolicyDirection.Egress;
        List<ChainRule> rules = _renderer.ChainOf(
            policy.RulesFor(direction).SelectMany(rule => FelixRulesOf(_model.Rules[rule])));
        if (rules.Count > 0)
            rules[0] = rules[0] with { Comment = $"Policy {policy} {(isIngress ? "ingress" : "egress")}" };
        _policyChains[(number, isIngress)] = _builder.Add(FelixNames.OfPolicy(policy, isIngress), rules);
    }

    /// <summary>As Calico converts them (<c>k8s/conversion</c>): one for each protocol and peer.</summary>
    private IEnumerable<FelixRule> FelixRulesOf(CompiledRule rule)
    {
        bool isIngress = rule.Direction == PolicyDirection.Ingress;
        List<(byte? Protocol, FelixSide Ports)> ports = [.. PortsOf(rule)];
        List<FelixSide> peers = [.. PeersOf(rule)];
        foreach ((byte? protocol, FelixSide port) in ports)
        {
            foreach (FelixSide peer in peers)
            {
                FelixSide destination = isIngress ? port
                    : port with { Nets = peer.Nets, NotNets = peer.NotNets, Sets = peer.Sets };
                yield return new FelixRule(rule.Action, rule.Number)
                {
                    Protocol = protocol,
                    Source = isIngress ? peer : FelixSide.Any,
                    Destination = destination,
                };
            }
        }
    }

    private IEnumerable<FelixSide> PeersOf(CompiledRule rule)
    {
        if (rule.AnyPeer)
        {
            yield return FelixSide.Any;
            yield break;
        }

        foreach (PeerSelector peer in rule.PeerSelectors)
            yield return new FelixSide { Sets = [SelectorSet(peer.Selector)] };
        foreach (PeerBlock block in rule.PeerBlocks)
            yield return new FelixSide { Nets = [block.Block], NotNets = block.Except };
    }

    private IEnumerable<(byte? Protocol, FelixSide Ports)> PortsOf(CompiledRule rule)
    {
        if (rule.AnyPort)
        {
            yield return (null, FelixSide.Any);
            yield break;
        }

        foreach (IGrouping<byte, PortMatch> protocol in rule.Ports.GroupBy(port => port.Protocol))
        {
            bool isWhole = protocol.Any(port => port.Name is null && port.First == 0 && port.Last == ushort.MaxValue);
            FelixSide ports = isWhole ? FelixSide.Any : new FelixSide
            {
                Ports =
                    [.. protocol.Where(port => port.Name is null).Select(port => new PortRange(port.First, port.Last))],
                PortSets = [.. protocol.Where(port => port.Name is not null).Select(PortSet)],
            };
            yield return (protocol.Key == 0 ? null : protocol.Key, ports);
        }
    }

    private int SelectorSet(int number)
    {
        if (_selectorSets.TryGetValue(number, out int known)) return known;

        PolicySelector selector = _model.Selectors[number];
        var set = new ChainSet(ChainSetType.Address, FelixText.SelectorOf(selector));
        foreach (int identity in selector.Identities) AddMembers(set, identity, 0, 0);
        return _selectorSets[number] = AddSet(set);
    }

    private int PortSet(PortMatch port)
    {
        if (_portSets.TryGetValue((port.Protocol, port.Name!), out int known)) return known;

        var set = new ChainSet(ChainSetType.AddressPort, $"{port.Protocol},{port.Name}");
        foreach (PolicyIdentity identity in _model.Identities)
        {
            foreach (PortMatch found in NamedPorts.Resolve(identity, port))
                AddMembers(set, identity.Number, found.Protocol, found.First);
        }

        return _portSets[(port.Protocol, port.Name!)] = AddSet(set);
    }

    private int AddSet(ChainSet set)
    {
        _sets.Add(set);
        return _sets.Count - 1;
    }

    private void AddMembers(ChainSet set, int identity, byte protocol, ushort port)
    {
        foreach (IpAddress address in _places.AddressesOf(identity))
        {
            if (address.Family == _builder.Family)
                set.Members.Add(new ChainSetMember(new IpPrefix(address, address.Bits), protocol, port));
        }
    }

    private void AddProfile(string name, bool isIngress)
    {
        List<ChainRule> rules = _renderer.ChainOf([new FelixRule(PolicyAction.Allow, PolicyVerdict.NotIsolated)]);
        rules[0] = rules[0] with { Comment = $"Profile kns.{name} {(isIngress ? "ingress" : "egress")}" };
        _profileChains[(name, isIngress)] = _builder.Add(FelixNames.OfProfile(name, isIngress), rules);
    }

    /// <summary>
    /// kube-admin and kube-baseline leave to the next tier what they do not decide; default drops it.
    /// </summary>
    private int AddEndpoint(PolicyIdentity identity, PolicyDirection direction)
    {
        bool isIngress = direction == PolicyDirection.Ingress;
        IEnumerable<FelixTier> tiers = identity.PoliciesFor(direction)
            .Where(policy => _model.Policies[policy].Tier != PolicyTier.Outside)
            .GroupBy(policy => _model.Policies[policy].Tier, policy => _policyChains[(policy, isIngress)])
            .Select(tier =>
                new FelixTier(FelixNames.OfTier(tier.Key), [.. tier], DropsAtEnd: tier.Key == PolicyTier.Namespaced));
        List<ChainRule> rules = WorkloadChain.Of(isIngress, tiers, [_profileChains[(identity.Namespace, isIngress)]]);
        return _builder.Add(isIngress ? FelixNames.ToWorkload : FelixNames.FromWorkload, rules);
    }
}
