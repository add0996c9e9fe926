using Dataplane.Capture;
using Dataplane.Cluster.Model;

namespace Dataplane.Cli;

/// <summary>What inspect asks of the readers and of the CNI catalogue.</summary>
internal static class InspectCommand
{
    public static ClusterSnapshot ReadManifests(IEnumerable<string> paths) =>
        throw new NotSupportedException($"reading manifests is not part of this build: {string.Join(' ', paths)}");

    public static CaptureReader OpenCapture(string path) =>
        throw new NotSupportedException($"reading captures is not part of this build: {path}");

    /// <summary>The CNI by name, and how it was recognised and what it had to assume; null where it is not known.</summary>
    public static (string? Cni, IReadOnlyList<string> Notes) Recognise(
        ClusterSnapshot snapshot, string? asked, IReadOnlyList<string> settings) =>
        throw new NotSupportedException(
            $"recognising a CNI is not part of this build: {asked} {snapshot.Nodes.Length} {settings.Count}");
}
