using System.IO.Compression;
using K4os.Compression.LZ4.Streams;
using ZstdSharp;

namespace Dataplane.Capture;

/// <summary>
/// Compression by its magic (RFC 1952, RFC 8878, the LZ4 frame format) when reading, by the name when writing.
/// </summary>
internal static class CompressedStream
{
    public static Compression Recognise(ReadOnlySpan<byte> start) => start switch
    {
        [0x1F, 0x8B, ..] => Compression.Gzip,
        [0x28, 0xB5, 0x2F, 0xFD, ..] => Compression.Zstd,
        [0x04, 0x22, 0x4D, 0x18, ..] => Compression.Lz4,
        _ => Compression.None,
    };

    public static Compression OfName(string path) => Path.GetExtension(path) switch
    {
        ".gz" => Compression.Gzip,
        ".zst" => Compression.Zstd,
        ".lz4" => Compression.Lz4,
        _ => Compression.None,
    };

    public static Stream Decompress(Stream stream, Compression compression) => compression switch
    {
        Compression.Gzip => new GZipStream(stream, CompressionMode.Decompress),
        Compression.Zstd => new DecompressionStream(stream, leaveOpen: false),
        Compression.Lz4 => LZ4Stream.Decode(stream),
        _ => stream,
    };

    public static Stream Compress(Stream stream, Compression compression) => compression switch
    {
        Compression.Gzip => new GZipStream(stream, CompressionLevel.Fastest),
        Compression.Zstd => new CompressionStream(stream, leaveOpen: false),
        Compression.Lz4 => LZ4Stream.Encode(stream),
        _ => stream,
    };
}
