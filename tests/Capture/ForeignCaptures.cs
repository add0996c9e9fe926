using System.Text.Json;

namespace Dataplane.Tests.Capture;

/// <summary>The captures of <c>suites/pcaps</c>, and how many packets each has.</summary>
internal static class ForeignCaptures
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

    /// <summary>
    /// The manifest's lines, and where each capture lies; skips the test where the suite is not there.
    /// </summary>
    public static IEnumerable<(JsonElement Entry, string Path)> Entries()
    {
        string folder = Shared.Find("suites/pcaps");
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "MANIFEST.json")));
        foreach (JsonElement entry in manifest.RootElement.EnumerateArray())
            yield return (entry, Path.Combine(folder, entry.GetProperty("file").GetString()!));
    }

    /// <summary>Packets, and where the damage begins (−1: nowhere).</summary>
    public static (long Packets, long DamageAt) Expected(JsonElement entry)
    {
        string file = entry.GetProperty("file").GetString()!;
        return Damaged.TryGetValue(file, out (long, long) damaged) ? damaged
            : PacketBlocks.TryGetValue(file, out long blocks) ? (blocks, -1)
            : (entry.GetProperty("packets").GetInt64(), -1);
    }

    /// <summary>
    /// tshark counts nothing in captures whose link type it does not know; they are read all the same.
    /// </summary>
    public static bool IsUnknownToTshark(JsonElement entry) =>
        entry.TryGetProperty("reader_error", out JsonElement error) && error.ValueKind == JsonValueKind.String
        && error.GetString()!.Contains("record data that TShark doesn't support", StringComparison.Ordinal);

    /// <summary>Whether it is a capture, or a file that only has a capture's name.</summary>
    public static bool IsCapture(JsonElement entry) =>
        entry.GetProperty("format").GetString() is "pcap" or "pcapng" or "gzip";
}
