namespace Dataplane.Capture;

/// <summary>The compressed forms of a capture that are read and written.</summary>
internal enum Compression
{
    None,
    Gzip,
    Zstd,
    Lz4,
}
