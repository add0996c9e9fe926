using System.Security.Cryptography;
using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>Goldens are what real systems answered. They are never regenerated, and never kept twice.</summary>
public class GoldenManifestTests
{
    [Fact]
    public void No_golden_file_has_changed()
    {
        List<string> changed = [];
        foreach (GoldenFile file in GoldenFolder.Manifest)
        {
            byte[] content = GoldenFolder.Read(file.Name);
            if (content.Length != file.Size || Convert.ToHexStringLower(SHA256.HashData(content)) != file.Sha256)
            {
                changed.Add($"{file.Name} ({file.StoredAt})");
            }
        }

        Assert.Empty(changed);
        Assert.Equal(ExpectedFileCount, GoldenFolder.Manifest.Count);
    }

    [Fact]
    public void Every_data_file_under_tests_Golden_is_in_the_manifest()
    {
        HashSet<string> listed = [.. GoldenFolder.Manifest.Select(file => file.StoredAt)];
        IEnumerable<string> stored = Directory.EnumerateFiles(GoldenFolder.Find(), "*", SearchOption.AllDirectories)
            .Where(path => Path.GetExtension(path) is not (".cs" or ".md" or ".tsv"))
            .Select(path => Path.GetRelativePath(GoldenFolder.RepositoryRoot, path));

        Assert.DoesNotContain(stored, path => !listed.Contains(path));
    }

    [Fact]
    public void No_content_is_kept_twice()
    {
        IEnumerable<string> twice = GoldenFolder.Manifest
            .GroupBy(file => file.Sha256)
            .Where(same => same.Select(file => file.StoredAt).Distinct().Count() > 1)
            .Select(same => string.Join(", ", same.Select(file => file.StoredAt)));

        Assert.Empty(twice);
    }

    private const int ExpectedFileCount = 287;
}
