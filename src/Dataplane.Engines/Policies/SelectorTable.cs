using System.Collections.Immutable;
using System.Text;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Selectors;

namespace Dataplane.Engines.Policies;

/// <summary>Selectors with the identities that they match; each distinct one is resolved once.</summary>
internal sealed class SelectorTable(IdentityTable identities)
{
    private readonly List<PolicySelector> _all = [];
    private readonly Dictionary<string, int> _known = [];
    private readonly Dictionary<string, HashSet<string>> _namespaces = [];

    public IReadOnlyList<PolicySelector> All => _all;

    /// <summary>Number of the selector for pods of one namespace.</summary>
    public int In(string space, LabelSelector pods) => Intern(space, null, pods);

    /// <summary>Number of the selector for pods of all namespaces that match.</summary>
    public int Across(LabelSelector namespaces, LabelSelector pods) => Intern("", namespaces, pods);

    /// <summary>Identities that any of them matches, ascending.</summary>
    public ImmutableArray<int> Union(ImmutableArray<PeerSelector> selectors) => selectors.Length switch
    {
        0 => [],
        1 => _all[selectors[0].Selector].Identities,
        _ => [.. selectors.SelectMany(peer => _all[peer.Selector].Identities).Distinct().Order()],
    };

    private int Intern(string space, LabelSelector? namespaces, LabelSelector pods)
    {
        string key = new StringBuilder().AppendPart(space).AppendSelector(namespaces).AppendSelector(pods).ToString();
        if (_known.TryGetValue(key, out int number)) return number;

        number = _all.Count;
        _known.Add(key, number);
        _all.Add(new PolicySelector(number, space, namespaces, pods) { Identities = Resolve(space, namespaces, pods) });
        return number;
    }

    private ImmutableArray<int> Resolve(string space, LabelSelector? namespaces, LabelSelector pods)
    {
        HashSet<string>? matching = namespaces is null ? null : Matching(namespaces);
        var matched = ImmutableArray.CreateBuilder<int>();
        foreach (int number in Candidates(space, namespaces, pods))
        {
            PolicyIdentity identity = identities.All[number];
            bool isInside = matching?.Contains(identity.Namespace) ?? identity.Namespace == space;
            if (isInside && pods.Matches(identity.Labels)) matched.Add(number);
        }

        return matched.ToImmutable();
    }

    // The shortest list that holds everybody who can match: the namespace's, or that of one label that is asked for.
    private IReadOnlyList<int> Candidates(string space, LabelSelector? namespaces, LabelSelector pods)
    {
        IReadOnlyList<int> shortest = namespaces is null ? identities.InNamespace(space) : identities.Numbers;
        IEnumerable<(string Key, string Value)> labels = pods.MatchLabels.Select(label => (label.Key, label.Value))
            .Concat(
                pods.MatchExpressions
                    .Where(requirement => requirement.Operator == LabelOperator.In && requirement.Values.Length == 1)
                    .Select(requirement => (requirement.Key, requirement.Values[0])));
        foreach ((string key, string value) in labels)
        {
            IReadOnlyList<int> holders = identities.WithLabel(key, value);
            if (holders.Count < shortest.Count) shortest = holders;
        }

        return shortest;
    }

    private HashSet<string> Matching(LabelSelector namespaces)
    {
        string key = new StringBuilder().AppendSelector(namespaces).ToString();
        if (_namespaces.TryGetValue(key, out HashSet<string>? matching)) return matching;

        matching =
            [.. identities.Namespaces.Where(space => namespaces.Matches(space.Labels)).Select(space => space.Name)];
        _namespaces.Add(key, matching);
        return matching;
    }
}
