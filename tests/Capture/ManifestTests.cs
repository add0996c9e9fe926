using System.Text.Json;
using Dataplane.Capture;
using Xunit;

namespace Dataplane.Tests.Capture;

/// <summary>Captures of tcpdump, Zeek, nDPI, Scapy and others: the counts were made with tshark and capinfos.</summary>
public class ManifestTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_foreign_capture_gives_its_packets_and_its_link_type(bool preload)
    {
        List<string> wrong = [];
        foreach ((JsonElement entry, string path) in ForeignCaptures.Entries())
        {
            if (Judge(entry, path, preload) is { } text) wrong.Add($"{entry.GetProperty("file")}: {text}");
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    private static string? Judge(JsonElement entry, string path, bool preload)
    {
        try
        {
            using CaptureReader reader = CaptureFile.Open(path, new CaptureReadOptions { Preload = preload });
            long packets = ReadCapture.All(reader).Count;
            (long expected, long damageAt) = ForeignCaptures.Expected(entry);
            if (packets != expected && !ForeignCaptures.IsUnknownToTshark(entry))
                return $"{packets} packets, expected {expected}";
            if ((reader.Damage?.Offset ?? -1) != damageAt) return $"{reader.Damage}, expected damage at {damageAt}";
            return LinkTypeOf(entry) is { } linkType && linkType != (int)reader.Interfaces[0].LinkType
                ? $"link type {reader.Interfaces[0].LinkType}, expected {linkType}"
                : null;
        }
        catch (InvalidDataException error)
        {
            return ForeignCaptures.IsCapture(entry) ? error.Message : null;
        }
    }

    private static int? LinkTypeOf(JsonElement entry) =>
        entry.TryGetProperty("linktype", out JsonElement linkType) && linkType.ValueKind == JsonValueKind.Number
            ? (ushort)linkType.GetInt64()
            : null;
}
