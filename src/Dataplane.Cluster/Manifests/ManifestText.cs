using System.Text;

namespace Dataplane.Cluster.Manifests;

/// <summary>A manifest's bytes as UTF-8 without a byte order mark, and which of the two languages they are.</summary>
internal readonly record struct ManifestText(Stream Stream, bool IsJson)
{
    public static readonly UTF8Encoding StrictUtf8 = new(
        encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private const int StartSize = 4096;

    public static ManifestText Open(Stream stream)
    {
        byte[] start = new byte[StartSize];
        int length = stream.ReadAtLeast(start, StartSize, throwOnEndOfStream: false);
        var whole = new PrefixedStream(start.AsMemory(0, length), stream);
        ReadOnlySpan<byte> head = start.AsSpan(0, length);

        if (head.StartsWith(Encoding.Unicode.Preamble)) return Transcode(whole, Encoding.Unicode);
        if (head.StartsWith(Encoding.BigEndianUnicode.Preamble)) return Transcode(whole, Encoding.BigEndianUnicode);
        if (!head.StartsWith(Encoding.UTF8.Preamble)) return new ManifestText(whole, StartsJson(head));

        int mark = Encoding.UTF8.Preamble.Length;
        return new ManifestText(
            new PrefixedStream(start.AsMemory(mark, length - mark), stream), StartsJson(head[mark..]));
    }

    private static ManifestText Transcode(Stream stream, Encoding encoding)
    {
        stream.ReadExactly(new byte[encoding.Preamble.Length]);
        return Open(Encoding.CreateTranscodingStream(stream, encoding, StrictUtf8));
    }

    // A map in YAML's flow style begins as JSON does, but JSON's keys are quoted.
    private static bool StartsJson(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> text = head.TrimStart(" \t\r\n"u8);
        if (text.Length == 0 || text[0] is not ((byte)'{' or (byte)'[')) return false;

        ReadOnlySpan<byte> inside = text[1..].TrimStart(" \t\r\n"u8);
        return inside.Length == 0 || "\"{}[]"u8.Contains(inside[0]);
    }
}
