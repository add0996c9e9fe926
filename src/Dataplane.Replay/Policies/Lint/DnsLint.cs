using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Lint;

/// <summary>
/// Pods that egress policies isolate, and none of them lets ask for names: the outage that everybody has once.
/// </summary>
internal sealed class DnsLint
{
    private const ushort DnsPort = 53;
    private const string DnsNamespace = "kube-system";

    /// <summary>NodeLocal DNSCache's address, which stands on the node and not behind a Service.</summary>
    private static readonly IpAddress NodeLocal = IpAddress.Parse("169.254.20.10");

    private readonly LintScope _scope;
    private readonly HashSet<Pod> _servers;
    private readonly Dictionary<string, NetworkPolicy[]> _isolating;

    public DnsLint(LintScope scope)
    {
        _scope = scope;
        _servers = [.. scope.PodsIn(DnsNamespace).Where(IsDns)];
        _isolating = scope.Snapshot.NetworkPolicies.Where(IsolatesEgress)
            .GroupBy(policy => policy.Namespace)
            .ToDictionary(group => group.Key, group => group.ToArray());
    }

    /// <summary>A pod is told of once, at the first policy that isolates it.</summary>
    public void Check()
    {
        foreach ((string space, NetworkPolicy[] policies) in _isolating)
        {
            Dictionary<NetworkPolicy, HashSet<Pod>> subjects = policies.ToDictionary(
                policy => policy, policy => _scope.SubjectsOf(policy).ToHashSet());
            Dictionary<NetworkPolicy, bool> allows = policies.ToDictionary(policy => policy, AllowsDns);
            var deaf = _scope.PodsIn(space)
                .Select(pod => (Pod: pod, By: policies.Where(policy => subjects[policy].Contains(pod)).ToArray()))
                .Where(entry => entry.By.Length > 0 && !entry.By.Any(policy => allows[policy]))
                .GroupBy(entry => entry.By[0], entry => entry.Pod);
            foreach (IGrouping<NetworkPolicy, Pod> group in deaf) Warn(group.Key, [.. group]);
        }
    }

    private void Warn(NetworkPolicy policy, Pod[] pods)
    {
        string who = pods.Length == 1 ? $"pod {pods[0]}" : $"{Wording.Count(pods.Length, "pod")} such as {pods[0]}";
        string where = _servers.Count == 0
            ? ""
            : $" of {Wording.List([.. _servers.Select(pod => pod.ToString()).Order(StringComparer.Ordinal)], 2)}";
        _scope.Warn(
            LintRule.EgressWithoutDns, policy.Source, policy,
            $"isolates egress of {who}, and no policy lets it ask DNS: allow port 53/udp (and 53/tcp){where}");
    }

    private static bool IsolatesEgress(NetworkPolicy policy) =>
        policy.PolicyTypesGiven ? policy.HasEgressType : !policy.Egress.IsEmpty;

    private static bool IsDns(Pod pod) =>
        pod.Labels.GetValueOrDefault("k8s-app") is "kube-dns" or "coredns"
        || pod.Labels.GetValueOrDefault("app.kubernetes.io/name") is "coredns"
        || pod.Labels.GetValueOrDefault("dns.operator.openshift.io/daemonset-dns") is not null;

    private bool AllowsDns(NetworkPolicy policy) =>
        policy.Egress.Any(rule => HasDnsPort(rule) && ReachesDns(policy, rule));

    private bool HasDnsPort(PolicyRule rule) => rule.Ports.IsEmpty || rule.Ports.Any(port =>
        port.Protocol == IpProtocol.Udp
        && (port.Port.IsNone
            || (port.Port.Name is { } name && IsDnsName(name))
            || port.Port.Number == DnsPort
            || (port.EndPort != 0 && port.Port.Number <= DnsPort && port.EndPort >= DnsPort)));

    private bool IsDnsName(string name) => _servers.Count == 0
        ? name is "dns"
        : _servers.Any(pod => pod.Ports.Any(port => port.Name == name && port.Port == DnsPort));

    /// <summary>Where no DNS server is known, whoever the peers are may be one.</summary>
    private bool ReachesDns(NetworkPolicy policy, PolicyRule rule) =>
        rule.Peers.IsEmpty || _servers.Count == 0 || rule.Peers.Any(peer => Reaches(policy, peer));

    private bool Reaches(NetworkPolicy policy, PolicyPeer peer)
    {
        if (peer.Block is not { } block) return _scope.PodsOf(policy, peer) is { } pods && pods.Any(_servers.Contains);

        IEnumerable<IpAddress> addresses = _servers.SelectMany(pod => pod.Addresses).Append(NodeLocal);
        return addresses.Any(address => block.Contains(address) && !peer.Except.Any(hole => hole.Contains(address)));
    }
}
