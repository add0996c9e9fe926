using System.Collections.Immutable;
using Dataplane.Cluster.Model;

namespace Dataplane.Replay.Policies;

/// <summary>Label selectors as kubectl's <c>--selector</c> writes them (k8s.io/apimachinery labels.Parse).</summary>
public static class SelectorText
{
    /// <summary>
    /// <c>app=web,tier in (a, b),env notin (dev),!canary,owner</c>. A FormatException says what is wrong with it,
    /// without saying where it stood.
    /// </summary>
    public static LabelSelector Parse(string text)
    {
        ImmutableArray<LabelRequirement> requirements = [.. Split(text).Select(ParseOne)];
        IEnumerable<LabelRequirement> equal = requirements.Where(IsEquality);
        ImmutableDictionary<string, string> labels = ImmutableDictionary<string, string>.Empty;
        List<LabelRequirement> others = [.. requirements.Where(requirement => !IsEquality(requirement))];
        foreach (LabelRequirement requirement in equal)
        {
            if (labels.TryGetValue(requirement.Key, out string? known) && known != requirement.Values[0])
                others.Add(requirement);
            else labels = labels.SetItem(requirement.Key, requirement.Values[0]);
        }

        return new LabelSelector { MatchLabels = labels, MatchExpressions = [.. others] };
    }

    /// <summary>The same syntax back; the empty selector is <c>everything</c>.</summary>
    public static string Format(LabelSelector selector)
    {
        string[] parts = [.. Requirements(selector).Select(Format)];
        return parts.Length == 0 ? "everything" : string.Join(',', parts);
    }

    public static string Format(LabelRequirement requirement) => requirement.Operator switch
    {
        LabelOperator.In when requirement.Values.Length == 1 => $"{requirement.Key}={requirement.Values[0]}",
        LabelOperator.In => $"{requirement.Key} in ({string.Join(", ", requirement.Values)})",
        LabelOperator.NotIn when requirement.Values.Length == 1 => $"{requirement.Key}!={requirement.Values[0]}",
        LabelOperator.NotIn => $"{requirement.Key} notin ({string.Join(", ", requirement.Values)})",
        LabelOperator.Exists => requirement.Key,
        _ => "!" + requirement.Key,
    };

    /// <summary>
    /// matchLabels, in order of their keys, as the requirements that they are short for; then matchExpressions.
    /// </summary>
    public static IEnumerable<LabelRequirement> Requirements(LabelSelector selector) =>
    [
        .. selector.MatchLabels.OrderBy(label => label.Key, StringComparer.Ordinal)
            .Select(label => new LabelRequirement(label.Key, LabelOperator.In, [label.Value])),
        .. selector.MatchExpressions,
    ];

    private static bool IsEquality(LabelRequirement requirement) =>
        requirement.Operator == LabelOperator.In && requirement.Values.Length == 1;

    /// <summary>At commas that stand outside of parentheses.</summary>
    private static List<string> Split(string text)
    {
        List<string> parts = [];
        int start = 0, depth = 0;
        for (int index = 0; index <= text.Length; index++)
        {
            char letter = index == text.Length ? ',' : text[index];
            if (letter == '(') depth++;
            if (letter == ')') depth--;
            if (letter != ',' || (depth > 0 && index < text.Length)) continue;

            parts.Add(text[start..index].Trim());
            start = index + 1;
        }

        return depth == 0 ? parts : throw new FormatException("its parentheses do not close");
    }

    private static LabelRequirement ParseOne(string text)
    {
        if (text.Length == 0) throw new FormatException("a part of it is empty");
        if (text[0] == '!') return new LabelRequirement(Key(text[1..]), LabelOperator.DoesNotExist, []);
        if (text.EndsWith(')')) return ParseSet(text);

        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0) return new LabelRequirement(Key(text), LabelOperator.Exists, []);

        bool isNegative = equals > 0 && text[equals - 1] == '!';
        string key = text[..(isNegative ? equals - 1 : equals)];
        int value = equals + 1 < text.Length && text[equals + 1] == '=' ? equals + 2 : equals + 1;
        return new LabelRequirement(
            Key(key), isNegative ? LabelOperator.NotIn : LabelOperator.In, [Value(text[value..])]);
    }

    private static LabelRequirement ParseSet(string text)
    {
        int open = text.IndexOf('(', StringComparison.Ordinal);
        string[] head = open < 0 ? [] : text[..open].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (head.Length != 2 || head[1] is not ("in" or "notin"))
            throw new FormatException($"\"{text}\" is not KEY in (VALUE, ...) or KEY notin (VALUE, ...)");

        ImmutableArray<string> values = [.. text[(open + 1)..^1].Split(',').Select(Value)];
        return new LabelRequirement(Key(head[0]), head[1] == "in" ? LabelOperator.In : LabelOperator.NotIn, values);
    }

    private static string Key(string text)
    {
        string key = text.Trim();
        bool isKey = key.Length > 0
            && key.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' or '/');
        return isKey ? key : throw new FormatException($"\"{key}\" is not a label's key");
    }

    private static string Value(string text)
    {
        string value = text.Trim();
        bool isValue = value.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_');
        return isValue ? value : throw new FormatException($"\"{value}\" is not a label's value");
    }
}
