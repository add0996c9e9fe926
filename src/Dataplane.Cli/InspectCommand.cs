using Dataplane.Capture;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;

namespace Dataplane.Cli;

/// <summary>What inspect asks of the readers and of the CNI catalogue.</summary>
internal static class InspectCommand
{
    public static ClusterSnapshot ReadManifests(IEnumerable<string> paths) => ManifestReader.Read(paths);

    public static CaptureReader OpenCapture(string path) => CaptureFile.Open(path);

    /// <summary>The CNI by name, and how it was recognised and what it had to assume.</summary>
    public static (string? Cni, IReadOnlyList<string> Notes) Recognise(
        ClusterSnapshot snapshot, string? asked, IReadOnlyList<string> settings)
    {
        CniChoice choice = CniCatalog.Resolve(asked, snapshot);
        NetworkModel model = CniProfiles.Compile(choice.Name, snapshot, EmulationSettings.Parse(settings));
        return (choice.Name, [choice.Evidence, .. model.Notes]);
    }
}
