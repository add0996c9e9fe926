using System.Buffers.Binary;

namespace Dataplane.Cli;

/// <summary>Names a file's format by its first four bytes.</summary>
internal static class CaptureFormat
{
    public static string NameOf(string path)
    {
        if (path == "-") return "stream";

        Span<byte> magic = stackalloc byte[4];
        using FileStream file = File.OpenRead(path);
        if (file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length) return "unknown";

        return BinaryPrimitives.ReadUInt32BigEndian(magic) switch
        {
            0x0a0d0d0a => "pcapng",
            0xa1b2c3d4 or 0xd4c3b2a1 => "pcap, microseconds",
            0xa1b23c4d or 0x4d3cb2a1 => "pcap, nanoseconds",
            0xa1b2cd34 or 0x34cdb2a1 => "pcap, Kuznetzov's variant",
            0x28b52ffd => "zstd",
            0x04224d18 => "lz4",
            uint other when other >> 16 == 0x1f8b => "gzip",
            _ => "unknown",
        };
    }
}
