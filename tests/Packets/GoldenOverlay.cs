using System.IO.Compression;
using System.Text.Json;
using Xunit;

namespace Dataplane.Tests.Packets;

/// <summary>One frame that was sent through real tunnels, and what was seen of it at each place.</summary>
internal sealed record GoldenCase(string Name, byte[] In, IReadOnlyDictionary<string, byte[][]> Seen);

/// <summary>
/// The cases of golden/10-overlay: two nodes, kernel tunnels; what to mask stands in the README there.
/// </summary>
internal static class GoldenOverlay
{
    /// <summary>Reads a variant's cases; skips the test where the reference material is not there.</summary>
    internal static IReadOnlyList<GoldenCase> Read(string variant, string file = "encap.json")
    {
        string relative = Path.Combine("golden", "10-overlay", variant, file);
        if (SharedFolder.TryFind(relative, out string plain)) return Parse(File.OpenRead(plain));
        if (SharedFolder.TryFind(relative + ".gz", out string packed))
            return Parse(new GZipStream(File.OpenRead(packed), CompressionMode.Decompress));

        Assert.Skip($"{relative} is not beside the repository");
        return [];
    }

    internal static GoldenCase Case(string variant, string name, string file = "encap.json") =>
        Read(variant, file).First(one => one.Name == name);

    private static List<GoldenCase> Parse(Stream stream)
    {
        using (stream)
        {
            using JsonDocument document = JsonDocument.Parse(stream);
            return [.. document.RootElement.EnumerateArray().Select(One)];
        }
    }

    private static GoldenCase One(JsonElement element) => new(
        element.GetProperty("name").GetString()!,
        element.GetProperty("in").GetBytesFromHex(),
        element.EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.Array).ToDictionary(
            property => property.Name,
            property => property.Value.EnumerateArray().Select(GetBytesFromHex).ToArray()));

    private static byte[] GetBytesFromHex(this JsonElement element) => Convert.FromHexString(element.GetString()!);
}
