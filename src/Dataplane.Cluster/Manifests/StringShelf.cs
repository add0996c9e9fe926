using CommunityToolkit.HighPerformance.Buffers;

namespace Dataplane.Cluster.Manifests;

/// <summary>
/// One string for equal texts: names, labels and namespaces repeat in every object of a cluster. Holds a fixed number
/// of them, the ones used last, whatever a manifest brings.
/// </summary>
internal sealed class StringShelf
{
    private const int LongestShared = 80;
    private const int Room = 16384;

    private readonly StringPool _shared = new(Room);

    public string Get(ReadOnlySpan<char> text) =>
        text.Length > LongestShared ? text.ToString() : _shared.GetOrAdd(text);
}
