using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Xunit;

namespace Dataplane.Tests.Cluster;

public sealed class ManifestFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("manifests").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_cancelled_reading_ends_between_two_objects()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        using var input = new MemoryStream("kind: Namespace\napiVersion: v1\nmetadata:\n  name: x\n"u8.ToArray());

        Assert.Throws<OperationCanceledException>(() => ManifestReader.Read(["-"], input, cancelled.Token));
    }

    [Fact]
    public void A_folder_is_read_however_deep_in_order_of_names_and_stdin_beside_it()
    {
        Write("b.yml", "b");
        Write("a/z.yaml", "z");
        Write("a/notes.txt", "not a manifest");
        File.WriteAllText(
            Path.Combine(_folder, "c.json"), """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"c"}}""");
        using var input = new MemoryStream("{apiVersion: v1, kind: Namespace, metadata: {name: i}}"u8.ToArray());
        ClusterSnapshot snapshot = ManifestReader.Read([_folder, "-"], input, TestContext.Current.CancellationToken);
        Assert.Equal(["z", "b", "c", "i"], snapshot.Namespaces.Select(space => space.Name));
        Assert.Equal("stdin:1", snapshot.Namespaces[3].Source.ToString());
    }

    [Fact]
    public void A_broken_file_in_a_folder_does_not_hide_the_others()
    {
        Write("good.yaml", "good");
        File.WriteAllText(Path.Combine(_folder, "bad.yaml"), "\u0000");
        ClusterSnapshot snapshot = ManifestReader.Read([_folder], cancellation: TestContext.Current.CancellationToken);
        Assert.Equal("good", Assert.Single(snapshot.Namespaces).Name);
        Assert.Equal(
            $"{_folder}/bad.yaml:1: a control character (0x00): not a text file; nothing was read, "
            + "and nothing behind it",
            Assert.Single(snapshot.Findings).ToString());
    }

    [Fact]
    public void A_path_that_is_not_there_is_an_error_of_one_line() => Assert.Equal(
        "/nowhere/x.yaml: no such file or folder",
        Assert.Throws<FileNotFoundException>(() =>
            ManifestReader.Read(["/nowhere/x.yaml"], cancellation: TestContext.Current.CancellationToken)).Message);

    [Fact]
    public void A_folder_without_manifests_is_an_error() => Assert.Equal(
        $"{_folder}: no *.yaml, *.yml or *.json in this folder: name the manifests",
        Assert.Throws<InvalidDataException>(() =>
            ManifestReader.Read([_folder], cancellation: TestContext.Current.CancellationToken)).Message);

    [Fact]
    public void The_three_tier_cluster_is_read_whole()
    {
        ClusterSnapshot snapshot = ManifestReader.Read(
            [Shared("golden/50-three-tier/manifests.yaml")], cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(
            (2, 5, 9, 6, 6, 4),
            (snapshot.Nodes.Length, snapshot.Namespaces.Length, snapshot.Pods.Length, snapshot.Services.Length,
                snapshot.EndpointSlices.Length, snapshot.NetworkPolicies.Length));
        Assert.Empty(snapshot.Findings);
    }

    [Fact]
    public void Every_cluster_of_the_suites_is_read_without_damage()
    {
        string[] clusters = Directory.GetFiles(Shared("suites"), "cluster.yaml", SearchOption.AllDirectories);
        Assert.NotEmpty(clusters);
        foreach (string cluster in clusters)
        {
            ClusterSnapshot snapshot = ManifestReader.Read(
                [cluster], cancellation: TestContext.Current.CancellationToken);
            Assert.DoesNotContain(snapshot.Findings, finding => finding.Severity == Severity.Damage);
        }
    }

    /// <summary>
    /// A file or folder of ../shared, beside the repository; the test is skipped where that is not there.
    /// </summary>
    private static string Shared(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", name);
            if (Path.Exists(path)) return path;
        }

        Assert.Skip($"../shared/{name} is not there");
        return "";
    }

    private void Write(string name, string space)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {space}\n");
    }
}
