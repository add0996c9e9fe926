using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Dataplane.Capture;

/// <summary>
/// Opens captures: the format and the compression are recognised by their first bytes, never by the name.
/// </summary>
public static unsafe class CaptureFile
{
    /// <summary>The name that stands for standard input and output.</summary>
    public const string StandardStream = "-";

    private const int MagicSize = 4;
    private const int StandardInput = 0;

    /// <summary>Opens a file, a pipe, or <c>-</c>.</summary>
    public static CaptureReader Open(string path, CaptureReadOptions? options = null)
    {
        options ??= new CaptureReadOptions();
        if (path == StandardStream)
            return Open(OpenStandardInput(), path, options, file: null);

        SafeFileHandle file = OpenHandle(path);
        FileStream stream = new(file, FileAccess.Read, bufferSize: 0);
        return stream.CanSeek && CompressionOf(file) == Compression.None
            ? Open(new FileSource(file, path), options)
            : Open(stream, path, options, stream.CanSeek ? file : null);
    }

    /// <summary>Opens a stream, compressed or not, and owns it from here.</summary>
    public static CaptureReader Open(Stream stream, string name, CaptureReadOptions? options = null) =>
        Open(stream, name, options ?? new CaptureReadOptions(), file: null);

    private static CaptureReader Open(Stream stream, string name, CaptureReadOptions options, SafeFileHandle? file)
    {
        PeekedStream peeked = new(stream, MagicSize);
        Stream plain = CompressedStream.Decompress(peeked, CompressedStream.Recognise(peeked.Start));
        return Open(new StreamSource(plain, name, options, plain == peeked ? null : peeked, file), options);
    }

    /// <summary>
    /// What is not there, and what is a folder, is said in one line. A pipe stays untouched: it has one reader.
    /// </summary>
    public static void RequireFile(string path)
    {
        if (Directory.Exists(path)) throw new IOException($"{path}: a folder, where a capture must be");
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such file");
    }

    private static SafeFileHandle OpenHandle(string path)
    {
        RequireFile(path);
        return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
    }

    private static FileStream OpenStandardInput() =>
        new(new SafeFileHandle(StandardInput, ownsHandle: false), FileAccess.Read, bufferSize: 0);

    private static Compression CompressionOf(SafeFileHandle file)
    {
        Span<byte> magic = stackalloc byte[MagicSize];
        return CompressedStream.Recognise(magic[..RandomAccess.Read(file, magic, fileOffset: 0)]);
    }

    private static CaptureReader Open(CaptureSource source, CaptureReadOptions options)
    {
        try
        {
            if (options.Preload)
                source.Load(options.LargestPreload ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3);
            bool begins = source.Require(MagicSize);
            options.Cancellation.ThrowIfCancellationRequested();
            if (!begins) throw new InvalidDataException($"{source.Name}: {Missing(source)}");

            uint magic = HostOrder.U32(source.Cursor);
            if (PcapHeader.IsMagic(magic)) return PcapReader.Open(source);
            if (magic == PcapngFormat.SectionHeader) return PcapngReader.Open(source);

            string found = KnownFormat.Describe(new ReadOnlySpan<byte>(source.Cursor, MagicSize));
            throw new InvalidDataException(
                $"{source.Name}: {found}; pcap and pcapng are read, and both in gzip, zstd or lz4");
        }
        catch (OutOfMemoryException)
        {
            source.Dispose();
            throw new IOException($"{source.Name}: too large to be held in memory; read it without preloading");
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static string Missing(CaptureSource source) =>
        source.Trouble ?? (source.Available == 0 ? "empty: a capture starts with a header" : "too short for a capture");
}
