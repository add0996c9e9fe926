namespace Dataplane.Cluster.Cni;

/// <summary>Names in one line: the first few, and how many more.</summary>
internal static class NameList
{
    public static string Of<T>(IReadOnlyCollection<T> names, int shown)
    {
        string first = string.Join(", ", names.Take(shown));
        return names.Count <= shown ? first : $"{first} and {names.Count - shown} more";
    }

    /// <summary><c>1 node: n0</c>, <c>2 nodes: n0, n1</c>.</summary>
    public static string OfNodes(IReadOnlyCollection<string> names) =>
        $"{names.Count} {(names.Count == 1 ? "node" : "nodes")}: {Of(names, shown: 5)}";
}
