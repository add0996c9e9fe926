using System.Collections.Immutable;
using Dataplane.Cluster.Settings;

namespace Dataplane.Replay.Diff;

/// <summary>The names of all fields that frames had, so that a pattern that can match none is noticed.</summary>
internal sealed class FieldNames
{
    private readonly HashSet<string> _inner = [];
    private readonly HashSet<string> _outer = [];

    public void Add(DissectedFrame frame)
    {
        foreach (DissectedField field in frame.Fields) (frame.IsOuter(field.Layer) ? _outer : _inner).Add(field.Name);
    }

    /// <summary>Patterns that no name matches, each with the nearest one.</summary>
    public IEnumerable<string> Unknown(ImmutableArray<string> patterns)
    {
        string[] names = [.. _inner, .. _outer.Select(name => DissectedFrame.Outer + name)];
        return names.Length == 0
            ? []
            : patterns.Where(pattern => !names.Any(name => FieldFilter.Matches(pattern, name)))
                .Select(pattern => NearestWord.Of(pattern, names) is { } nearest
                    ? $"{pattern}: no frame has such a field: did you mean {nearest}?"
                    : $"{pattern}: no frame has such a field");
    }

    /// <summary>The first pattern, where none of them matches anything.</summary>
    public string? NothingOf(ImmutableArray<string> patterns)
    {
        string[] unknown = [.. Unknown(patterns)];
        return unknown.Length > 0 && unknown.Length == patterns.Length ? unknown[0] : null;
    }
}
