using System.Collections.Immutable;
using System.Text;
using Dataplane.Cluster.Model;

namespace Dataplane.Engines.Policies;

/// <summary>
/// Labels and selectors as text that is equal where they mean the same; each part stands behind its length, so
/// that no value can look like two.
/// </summary>
internal static class CanonicalText
{
    public static StringBuilder AppendPart(this StringBuilder text, string part) =>
        text.Append(part.Length).Append(':').Append(part);

    public static StringBuilder AppendLabels(this StringBuilder text, ImmutableDictionary<string, string> labels)
    {
        text.Append(labels.Count).Append('=');
        foreach ((string key, string value) in labels.OrderBy(label => label.Key, StringComparer.Ordinal))
            text.AppendPart(key).AppendPart(value);
        return text;
    }

    public static StringBuilder AppendSelector(this StringBuilder text, LabelSelector? selector)
    {
        if (selector is null) return text.Append('-');

        text.Append('{').AppendLabels(selector.MatchLabels);
        IEnumerable<string> requirements = selector.MatchExpressions.Select(TextOf)
            .Distinct().Order(StringComparer.Ordinal);
        foreach (string requirement in requirements) text.AppendPart(requirement);
        return text.Append('}');
    }

    private static string TextOf(LabelRequirement requirement)
    {
        StringBuilder text = new StringBuilder().Append((int)requirement.Operator).AppendPart(requirement.Key);
        foreach (string value in requirement.Values.Distinct().Order(StringComparer.Ordinal)) text.AppendPart(value);
        return text.ToString();
    }
}
