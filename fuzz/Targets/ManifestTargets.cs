using System.Text;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Replay;

namespace Dataplane.Fuzz.Targets;

/// <summary>Manifests: a snapshot and findings of one line each, and a cluster that compiles or says why not.</summary>
internal static class ManifestTargets
{
    private const string Name = "input.yaml";

    public static void RunYaml(ReadOnlySpan<byte> input) => Read(input);

    /// <summary>The same reader knows JSON by its first bytes.</summary>
    public static void RunJson(ReadOnlySpan<byte> input)
    {
        if (!input.IsEmpty && input[0] is (byte)'{' or (byte)'[') Read(input);
    }

    public static IEnumerable<byte[]> YamlSeeds() => [.. SeedTexts.Yaml.Select(Encoding.UTF8.GetBytes),
        .. SeedFiles.Own("*.yaml"), .. SeedFiles.Shared("cluster.yaml")];

    public static IEnumerable<byte[]> JsonSeeds() =>
        [.. SeedTexts.Json.Select(Encoding.UTF8.GetBytes), .. SeedFiles.Shared("*.json")];

    private static void Read(ReadOnlySpan<byte> input)
    {
        try
        {
            ClusterSnapshot snapshot = ManifestReader.ReadStream(new MemoryStream(input.ToArray()), Name);
            foreach (Finding finding in snapshot.Findings) Expect.OneLine(finding.ToString(), Name);
            if (snapshot.Nodes.IsEmpty) return;

            using Emulation emulation = Emulation.Compile(snapshot, new ReplayOptions());
            foreach (string note in emulation.Notes) Expect.OneLine(note, "");
        }
        catch (InvalidDataException error)
        {
            Expect.OneLine(error.Message, "");
        }
    }
}
