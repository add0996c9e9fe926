using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Selectors;

namespace Dataplane.Replay.Policies.Lint;

/// <summary>
/// The cluster as lint asks it: living pods by namespace, namespaces with their labels; and what was found.
/// </summary>
internal sealed class LintScope
{
    /// <summary>The label that every namespace has, whether its manifest shows it or not.</summary>
    private const string NameLabel = "kubernetes.io/metadata.name";

    private readonly Dictionary<string, ImmutableArray<Pod>> _podsByNamespace;
    private readonly Dictionary<string, ImmutableDictionary<string, string>> _namespaces = [];

    public LintScope(ClusterSnapshot snapshot)
    {
        Snapshot = snapshot;
        Pods = [.. snapshot.Pods.Where(pod => !pod.IsTerminated)];
        _podsByNamespace = Pods.GroupBy(pod => pod.Namespace)
            .ToDictionary(group => group.Key, group => group.ToImmutableArray());
        IEnumerable<string> mentioned =
            snapshot.Namespaces.IsEmpty
                ? Pods.Select(pod => pod.Namespace).Concat(snapshot.NetworkPolicies.Select(policy => policy.Namespace))
                : [];
        foreach (string name in mentioned)
            _namespaces[name] = ImmutableDictionary<string, string>.Empty.Add(NameLabel, name);
        foreach (Namespace space in snapshot.Namespaces)
            _namespaces[space.Name] = space.Labels.SetItem(NameLabel, space.Name);
    }

    public ClusterSnapshot Snapshot { get; }

    /// <summary>Those that have not terminated.</summary>
    public ImmutableArray<Pod> Pods { get; }

    public List<LintFinding> Findings { get; } = [];

    public IReadOnlyDictionary<string, ImmutableDictionary<string, string>> Namespaces => _namespaces;

    public ImmutableArray<Pod> PodsIn(string space) => _podsByNamespace.GetValueOrDefault(space, []);

    public IEnumerable<string> NamespacesOf(LabelSelector selector) =>
        _namespaces.Where(space => selector.Matches(space.Value)).Select(space => space.Key);

    /// <summary>
    /// Whether anything is known of what this selector asks for: without Namespace objects only names are.
    /// </summary>
    public bool CanJudgeNamespaces(LabelSelector selector) => !Snapshot.Namespaces.IsEmpty
        || SelectorText.Requirements(selector).All(requirement => requirement.Key == NameLabel);

    /// <summary>Whom a policy is about: pods of the host's network never are.</summary>
    public ImmutableArray<Pod> SubjectsOf(NetworkPolicy policy) =>
        [.. PodsIn(policy.Namespace).Where(pod => !pod.HostNetwork && policy.PodSelector.Matches(pod.Labels))];

    /// <summary>The pods that a peer's selectors match; null for an ipBlock.</summary>
    public ImmutableArray<Pod>? PodsOf(NetworkPolicy policy, PolicyPeer peer)
    {
        if (peer.Block is not null) return null;

        IEnumerable<string> spaces = peer.NamespaceSelector is null
            ? [policy.Namespace]
            : NamespacesOf(peer.NamespaceSelector);
        LabelSelector selector = peer.PodSelector ?? LabelSelector.Everything;
        return [.. spaces.SelectMany(space => PodsIn(space)).Where(pod => selector.Matches(pod.Labels))];
    }

    public void Warn(LintRule rule, SourceLine source, NetworkPolicy policy, string sentence) =>
        Warn(rule, source, policy.ToString(), sentence);

    public void Warn(LintRule rule, SourceLine source, string policy, string sentence) =>
        Findings.Add(new LintFinding(rule, Severity.Warning, source, policy, sentence));
}
