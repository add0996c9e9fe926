using System.Collections.Immutable;
using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Selectors;

/// <summary>Whether labels satisfy a selector, as k8s.io/apimachinery labels.Requirement.Matches decides it.</summary>
public static class LabelMatching
{
    /// <summary>All of matchLabels and matchExpressions; the empty selector matches everything.</summary>
    public static bool Matches(this LabelSelector selector, ImmutableDictionary<string, string> labels)
    {
        foreach ((string key, string value) in selector.MatchLabels)
        {
            if (!labels.TryGetValue(key, out string? actual) || actual != value) return false;
        }

        foreach (LabelRequirement requirement in selector.MatchExpressions)
        {
            if (!requirement.Matches(labels)) return false;
        }

        return true;
    }

    /// <summary>NotIn and DoesNotExist hold where the key is absent.</summary>
    public static bool Matches(this LabelRequirement requirement, ImmutableDictionary<string, string> labels)
    {
        bool isPresent = labels.TryGetValue(requirement.Key, out string? actual);
        return requirement.Operator switch
        {
            LabelOperator.In => isPresent && requirement.Values.Contains(actual!),
            LabelOperator.NotIn => !isPresent || !requirement.Values.Contains(actual!),
            LabelOperator.Exists => isPresent,
            _ => !isPresent,
        };
    }
}
