using System.Collections.Immutable;
using Dataplane.Core;

namespace Dataplane.Engines.Policies.Identities;

/// <summary>
/// Turns the model into policy maps. Administrators' rules come first, each at a precedence of its own; a Pass
/// becomes what the tiers below it say of the same traffic; NetworkPolicies' rules have one precedence
/// together, for they are a union.
/// </summary>
internal sealed class IdentityCompiler
{
    private readonly PolicyModel _model;
    private readonly PeerNumbers _peers;
    private readonly Dictionary<(PolicyDirection, string), int> _shared = [];
    private readonly ImmutableArray<PolicyTraffic>[] _traffic;

    public IdentityCompiler(PolicyModel model, PeerNumbers peers)
    {
        _model = model;
        _peers = peers;
        _traffic = new ImmutableArray<PolicyTraffic>[model.Rules.Length];
        MapsOfIdentities = new int[2 * model.Identities.Length];
        foreach (PolicyIdentity identity in model.Identities)
        {
            MapsOfIdentities[2 * identity.Number] = MapOf(identity, PolicyDirection.Ingress);
            MapsOfIdentities[2 * identity.Number + 1] = MapOf(identity, PolicyDirection.Egress);
        }
    }

    public List<PolicyMapDraft> Maps { get; } = [];

    /// <summary>Of each identity the map for ingress, then the one for egress.</summary>
    public int[] MapsOfIdentities { get; }

    /// <summary>
    /// Identities with the same policies share a map, unless a port's name could mean different numbers in them.
    /// </summary>
    private int MapOf(PolicyIdentity subject, PolicyDirection direction)
    {
        ImmutableArray<int> policies = subject.PoliciesFor(direction);
        string names = direction == PolicyDirection.Egress || policies.IsEmpty ? ""
            : string.Join(';', subject.NamedPorts.Select(port => $"{port.Name}/{port.Protocol}/{port.Port}"));
        (PolicyDirection, string) key = (direction, string.Join(',', policies) + "|" + names);
        if (_shared.TryGetValue(key, out int known)) return known;

        Maps.Add(Fill(subject, direction, [.. policies.Select(policy => _model.Policies[policy])]));
        return _shared[key] = Maps.Count - 1;
    }

    private PolicyMapDraft Fill(
        PolicyIdentity subject, PolicyDirection direction, ImmutableArray<CompiledPolicy> policies)
    {
        var map = new PolicyMapDraft(direction);
        List<Level> lower = LowerTiers(subject, direction, policies);
        foreach (CompiledRule rule in RulesOf(policies, PolicyTier.Admin, direction))
        {
            ImmutableArray<PolicyTraffic> traffic = TrafficOf(rule, subject);
            if (rule.Action == PolicyAction.Pass)
            {
                AddPassed(map, traffic, lower);
                continue;
            }

            foreach (PolicyTraffic one in traffic) map.Add(one, rule.Action == PolicyAction.Deny, rule.Number);
            map.NextLevel();
        }

        foreach (Level level in lower)
        {
            // What no entry allows is denied already.
            if (level is { Rule: PolicyVerdict.DefaultDeny }) continue;

            foreach ((PolicyTraffic traffic, int rule) in level.Traffic) map.Add(traffic, level.IsDeny, rule);
            map.NextLevel();
        }

        return map;
    }

    private static void AddPassed(PolicyMapDraft map, ImmutableArray<PolicyTraffic> passed, List<Level> lower)
    {
        foreach (Level level in lower)
        {
            foreach (PolicyTraffic one in passed)
            {
                foreach ((PolicyTraffic traffic, int rule) in level.Traffic)
                {
                    if (one.TryIntersect(traffic, out PolicyTraffic common)) map.Add(common, level.IsDeny, rule);
                }
            }

            map.NextLevel();
        }
    }

    private List<Level> LowerTiers(
        PolicyIdentity subject, PolicyDirection direction, ImmutableArray<CompiledPolicy> policies)
    {
        PolicyTraffic everything = new(NumericIdentities.Any, 0, 0, 0);
        if (policies.Any(policy => policy.Tier == PolicyTier.Namespaced))
        {
            var allowed = RulesOf(policies, PolicyTier.Namespaced, direction)
                .SelectMany(rule => TrafficOf(rule, subject).Select(traffic => (traffic, rule.Number)));
            return
            [
                new Level([.. allowed], IsDeny: false, Rule: 0),
                new Level([(everything, PolicyVerdict.DefaultDeny)], IsDeny: true, PolicyVerdict.DefaultDeny),
            ];
        }

        List<Level> levels = [];
        foreach (CompiledRule rule in RulesOf(policies, PolicyTier.Baseline, direction))
        {
            var traffic = TrafficOf(rule, subject).Select(traffic => (traffic, rule.Number));
            levels.Add(new Level([.. traffic], rule.Action == PolicyAction.Deny, rule.Number));
        }

        levels.Add(new Level([(everything, PolicyVerdict.NotIsolated)], IsDeny: false, PolicyVerdict.NotIsolated));
        return levels;
    }

    private IEnumerable<CompiledRule> RulesOf(
        ImmutableArray<CompiledPolicy> policies, PolicyTier tier, PolicyDirection direction) =>
        policies.Where(policy => policy.Tier == tier)
            .SelectMany(policy => policy.RulesFor(direction)).Select(rule => _model.Rules[rule]);

    /// <summary>Only a port's name makes a rule mean something else for another subject.</summary>
    private ImmutableArray<PolicyTraffic> TrafficOf(CompiledRule rule, PolicyIdentity subject)
    {
        bool hasNames = rule.Direction == PolicyDirection.Ingress && rule.Ports.Any(port => port.Name is not null);
        if (hasNames) return [.. Expand(rule, subject)];
        if (_traffic[rule.Number].IsDefault) _traffic[rule.Number] = [.. Expand(rule, subject)];
        return _traffic[rule.Number];
    }

    private IEnumerable<PolicyTraffic> Expand(CompiledRule rule, PolicyIdentity subject)
    {
        uint[] peers = [.. _peers.PeersOf(rule)];
        if (rule.AnyPort) return peers.Select(peer => new PolicyTraffic(peer, 0, 0, 0));

        return rule.Ports.SelectMany(port => port.Name is null
            ? peers.SelectMany(peer => PolicyTraffic.OfPorts(peer, port.Protocol, port.First, port.Last))
            : rule.Direction == PolicyDirection.Ingress ? NamedOf(subject, port, peers) : NamedOfPeers(rule, port));
    }

    private static IEnumerable<PolicyTraffic> NamedOf(PolicyIdentity destination, PortMatch port, uint[] peers) =>
        NamedPorts.Resolve(destination, port)
            .SelectMany(found =>
                peers.SelectMany(peer => PolicyTraffic.OfPorts(peer, found.Protocol, found.First, found.Last)));

    /// <summary>Egress: each destination says for itself which number its port's name has.</summary>
    private IEnumerable<PolicyTraffic> NamedOfPeers(CompiledRule rule, PortMatch port)
    {
        IEnumerable<PolicyIdentity> destinations = rule.AnyPeer
            ? _model.Identities
            : rule.PeerIdentities.Select(peer => _model.Identities[peer]);
        return destinations.SelectMany(peer => NamedOf(peer, port, [NumericIdentities.OfPods(peer.Number)]));
    }

    /// <summary>What has one precedence.</summary>
    private sealed record Level(ImmutableArray<(PolicyTraffic Traffic, int Rule)> Traffic, bool IsDeny, int Rule);
}
