namespace Dataplane.Capture;

/// <summary>Names what is not read, where its first bytes tell: a user then knows what to convert.</summary>
internal static class KnownFormat
{
    private static readonly (byte[] Magic, string Name)[] Formats =
    [
        ([0xA1, 0xB2, 0x34, 0xCD], "a pcap of Francisco Mesquita's variant (magic a1b234cd), which is not read"),
        ([0xCD, 0x34, 0xB2, 0xA1], "a pcap of Francisco Mesquita's variant (magic a1b234cd), which is not read"),
        ([0xA1, 0x2B, 0x3C, 0x4D], "a pcap of Navtel's variant (magic a12b3c4d), which is not read"),
        ([0x4D, 0x3C, 0x2B, 0xA1], "a pcap of Navtel's variant (magic a12b3c4d), which is not read"),
        ([(byte)'s', (byte)'n', (byte)'o', (byte)'o'], "a snoop capture, which is not read"),
        ([(byte)'G', (byte)'M', (byte)'B', (byte)'U'], "a Network Monitor capture, which is not read"),
        ([(byte)'X', (byte)'C', (byte)'P', 0], "a NetXRay capture, which is not read"),
        ([0xFD, (byte)'7', (byte)'z', (byte)'X'], "compressed with xz, which is not read"),
        ([(byte)'B', (byte)'Z', (byte)'h'], "compressed with bzip2, which is not read"),
        ([(byte)'P', (byte)'K', 3, 4], "a zip archive, which is not read"),
        ([0x02, 0x21, 0x4C, 0x18], "an lz4 file of the legacy format, which is not read"),
    ];

    public static string Describe(ReadOnlySpan<byte> start)
    {
        foreach ((byte[] magic, string name) in Formats)
        {
            if (start.StartsWith(magic)) return name;
        }

        return $"not a capture (its first bytes are {Convert.ToHexStringLower(start)})";
    }
}
