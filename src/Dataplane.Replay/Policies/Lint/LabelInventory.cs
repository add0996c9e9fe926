using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Selectors;
using Dataplane.Cluster.Settings;

namespace Dataplane.Replay.Policies.Lint;

/// <summary>
/// The labels of some pods or namespaces, and which of them a selector that matches none may have meant.
/// </summary>
internal sealed class LabelInventory(string what, IEnumerable<ImmutableDictionary<string, string>> labelSets)
{
    private readonly ImmutableArray<ImmutableDictionary<string, string>> _sets = [.. labelSets];
    private Dictionary<(string Key, string Value), int>? _counts;

    private Dictionary<(string Key, string Value), int> Counts => _counts ??= _sets
        .SelectMany(set => set)
        .GroupBy(label => (label.Key, label.Value))
        .ToDictionary(group => group.Key, group => group.Count());

    /// <summary><c>asks for app=web; nearest is app=webshop in 3 pods</c>.</summary>
    public string NearMiss(LabelSelector selector)
    {
        LabelRequirement[] requirements = [.. SelectorText.Requirements(selector)];
        LabelRequirement? missing = requirements.FirstOrDefault(requirement =>
            !_sets.Any(set => requirement.Matches(set)));
        if (missing is null)
            return $"asks for {SelectorText.Format(selector)}; each part of it matches {what}s, but none has all";

        string asks = $"asks for {SelectorText.Format(missing)}";
        return missing.Operator switch
        {
            LabelOperator.In => $"{asks}; {NearestOf(missing)}",
            LabelOperator.Exists => $"{asks}; {NearestKey(missing.Key)}",
            _ => $"{asks}, and every {what} is otherwise",
        };
    }

    private string NearestOf(LabelRequirement missing)
    {
        (string Key, string Value)[] sameKey = [.. Counts.Keys.Where(label => label.Key == missing.Key)];
        if (sameKey.Length > 0)
            return Say(
                sameKey.MinBy(label => RankOf(label, missing.Values.Min(value => Closeness(value, label.Value)))));

        (string Key, string Value)[] sameValue = [.. Counts.Keys.Where(label => missing.Values.Contains(label.Value))];
        return sameValue.Length > 0
            ? Say(sameValue.MinBy(label => RankOf(label, Closeness(missing.Key, label.Key))))
            : NearestKey(missing.Key);
    }

    private string NearestKey(string key)
    {
        string? nearest = NearestWord.Of(
            key, Counts.Keys.Select(label => label.Key).Distinct().Order(StringComparer.Ordinal));
        return nearest is null
            ? $"no {what} has the label {key}"
            : Say(Counts.Keys.Where(label => label.Key == nearest).MinBy(label => RankOf(label, 0)));
    }

    private string Say((string Key, string Value) label) =>
        $"nearest is {label.Key}={label.Value} in {Wording.Count(Counts[label], what)}";

    private (int Distance, int Rarity, string Text) RankOf((string Key, string Value) label, int distance) =>
        (distance, -Counts[label], $"{label.Key}={label.Value}");

    /// <summary>Edits; a word that holds the other is as near as one edit.</summary>
    private static int Closeness(string asked, string known)
    {
        bool holds = asked.Length > 1 && known.Length > 1
            && (known.Contains(asked, StringComparison.OrdinalIgnoreCase)
                || asked.Contains(known, StringComparison.OrdinalIgnoreCase));
        return holds ? 1 : NearestWord.Distance(asked, known);
    }
}
