using System.Text.Json;
using Dataplane.Capture;
using Xunit;

namespace Dataplane.Tests.Capture;

/// <summary>Captures of tcpdump, Zeek, nDPI, Scapy and others: the counts were made with tshark and capinfos.</summary>
public class ManifestTests
{
    /// <summary>Where our answer is libpcap's and not that of tshark, which heals or refuses the file.</summary>
    private static readonly Dictionary<string, (long Packets, long DamageAt)> Damaged = new()
    {
        ["OISF_suricata-verify/tests/bug-1450-05/tls_DER-incomplete-content.pcap"] = (6, 5035),
        ["OISF_suricata-verify/tests/bug-6875-01/fuzz.pcap"] = (1, 228),
        ["gopacket_gopacket/pcapgo/tests/be/test901.pcapng"] = (1, 480),
        ["ntop_nDPI/tests/cfgs/default/pcap/fuzz-2021-10-13.pcap"] = (1, 237),
    };

    /// <summary>
    /// tshark counts custom and unknown blocks too; enhanced and simple packets, by the generator's own text.
    /// </summary>
    private static readonly Dictionary<string, long> PacketBlocks = new()
    {
        ["hadrielk_pcapng-test-generator/output_le/advanced/test102.pcapng"] = 4 + 1,
        ["hadrielk_pcapng-test-generator/output_le/basic/test017.pcapng"] = 0,
        ["hadrielk_pcapng-test-generator/output_le/basic/test018.pcapng"] = 2 + 2,
        ["hadrielk_pcapng-test-generator/output_le/difficult/test202.pcapng"] = 6 + 2,
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_foreign_capture_gives_its_packets_and_its_link_type(bool preload)
    {
        List<string> wrong = [];
        foreach ((JsonElement entry, string path) in Entries())
        {
            if (Judge(entry, path, preload) is { } text) wrong.Add($"{entry.GetProperty("file")}: {text}");
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    private static string? Judge(JsonElement entry, string path, bool preload)
    {
        string file = entry.GetProperty("file").GetString()!;
        try
        {
            using CaptureReader reader = CaptureFile.Open(path, new CaptureReadOptions { Preload = preload });
            long packets = ReadCapture.All(reader).Count;
            (long expected, long damageAt) = Damaged.TryGetValue(file, out (long, long) damaged) ? damaged
                : PacketBlocks.TryGetValue(file, out long blocks) ? (blocks, -1)
                : (entry.GetProperty("packets").GetInt64(), -1);

            if (packets != expected && !IsUnknownToTshark(entry)) return $"{packets} packets, expected {expected}";
            if ((reader.Damage?.Offset ?? -1) != damageAt) return $"{reader.Damage}, expected damage at {damageAt}";
            return LinkTypeOf(entry) is { } linkType && linkType != (int)reader.Interfaces[0].LinkType
                ? $"link type {reader.Interfaces[0].LinkType}, expected {linkType}"
                : null;
        }
        catch (InvalidDataException error)
        {
            return entry.GetProperty("format").GetString() is "pcap" or "pcapng" or "gzip" ? error.Message : null;
        }
    }

    /// <summary>
    /// tshark counts nothing in captures whose link type it does not know; they are read all the same.
    /// </summary>
    private static bool IsUnknownToTshark(JsonElement entry) =>
        entry.TryGetProperty("reader_error", out JsonElement error) && error.ValueKind == JsonValueKind.String
        && error.GetString()!.Contains("record data that TShark doesn't support", StringComparison.Ordinal);

    private static int? LinkTypeOf(JsonElement entry) =>
        entry.TryGetProperty("linktype", out JsonElement linkType) && linkType.ValueKind == JsonValueKind.Number
            ? (ushort)linkType.GetInt64()
            : null;

    private static IEnumerable<(JsonElement Entry, string Path)> Entries()
    {
        string folder = Shared.Find("suites/pcaps");
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "MANIFEST.json")));
        foreach (JsonElement entry in manifest.RootElement.EnumerateArray())
            yield return (entry, Path.Combine(folder, entry.GetProperty("file").GetString()!));
    }
}
