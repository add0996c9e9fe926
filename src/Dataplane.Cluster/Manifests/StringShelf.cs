using System.Runtime.CompilerServices;

namespace Dataplane.Cluster.Manifests;

/// <summary>One string for equal texts: names, labels and namespaces repeat in every object of a cluster.</summary>
internal sealed class StringShelf
{
    private const int LongestShared = 80;

    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _shared =
        new HashSet<string>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public string Get(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return "";
        if (text.Length > LongestShared) return text.ToString();
        if (_shared.TryGetValue(text, out string? known)) return known;

        string made = text.ToString();
        _shared.Set.Add(made);
        return made;
    }
}
