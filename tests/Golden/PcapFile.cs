using System.Buffers.Binary;

namespace Dataplane.Tests.Golden;

/// <summary>A frame as a golden capture holds it; nanoseconds since 1970.</summary>
public sealed record CapturedFrame(long Timestamp, byte[] Bytes);

/// <summary>
/// The tests' own reader of classic little-endian pcap, so that the project's reader is not its own judge.
/// </summary>
public sealed record PcapFile(uint LinkType, IReadOnlyList<CapturedFrame> Frames)
{
    private const uint NanosecondMagic = 0xa1b23c4d;
    private const int FileHeaderSize = 24;
    private const int RecordHeaderSize = 16;

    /// <summary>By the manifest's name.</summary>
    public static PcapFile Golden(string name) => Parse(GoldenFolder.Read(name));

    public static PcapFile Parse(ReadOnlySpan<byte> file)
    {
        if (Word(file, 0) != NanosecondMagic) throw new InvalidDataException("not a golden pcap: wrong magic");

        List<CapturedFrame> frames = [];
        int at = FileHeaderSize;
        while (at < file.Length)
        {
            long timestamp = (Word(file, at) * 1_000_000_000L) + Word(file, at + 4);
            int captured = (int)Word(file, at + 8);
            at += RecordHeaderSize;
            frames.Add(new CapturedFrame(timestamp, file.Slice(at, captured).ToArray()));
            at += captured;
        }

        return new PcapFile(Word(file, 20), frames);
    }

    private static uint Word(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt32LittleEndian(file[at..]);
}
