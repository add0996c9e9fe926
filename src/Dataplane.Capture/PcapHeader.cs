using System.Buffers.Binary;
using Dataplane.Wire;

namespace Dataplane.Capture;

/// <summary>What a classic file's 24-byte header says about the records behind it.</summary>
internal sealed unsafe record PcapHeader(
    bool Swapped,
    int RecordHeaderSize,
    int NanosecondsPerFraction,
    bool SwappedLengths,
    bool MaybeSwappedLengths,
    uint SnapLength,
    LinkType LinkType)
{
    public int CapturedLengthAt => SwappedLengths ? 12 : 8;

    public int OriginalLengthAt => SwappedLengths ? 8 : 12;

    /// <summary>Whether these four bytes, in one order or the other, open a classic capture that is read.</summary>
    public static bool IsMagic(uint host) => IsKnown(host) || IsKnown(BinaryPrimitives.ReverseEndianness(host));

    public static PcapHeader Read(CaptureSource source)
    {
        if (!source.Require(PcapFormat.FileHeaderSize))
        {
            throw new InvalidDataException($"{source.Name}: {source.Trouble ??
                $"cut off in the file header: {PcapFormat.FileHeaderSize} bytes promised, {source.Available} there"}");
        }

        PcapHeader header = IsKnown(HostOrder.U32(source.Cursor))
            ? Parse<HostOrder>(source, swapped: false)
            : Parse<SwappedOrder>(source, swapped: true);
        source.Cursor += PcapFormat.FileHeaderSize;
        return header;
    }

    private static bool IsKnown(uint magic) =>
        magic is PcapFormat.MicrosecondMagic or PcapFormat.NanosecondMagic or PcapFormat.ModifiedMagic;

    private static PcapHeader Parse<TOrder>(CaptureSource source, bool swapped)
        where TOrder : struct, IByteOrder
    {
        byte* at = source.Cursor;
        uint magic = TOrder.U32(at);
        (int major, int minor) = (TOrder.U16(at + 4), TOrder.U16(at + 6));
        if ((major, minor) is not ((2, <= 4) or (543, 0)))
        {
            throw new InvalidDataException(
                $"{source.Name}: pcap version {major}.{minor} is not known: 2.0 to 2.4 are");
        }

        // libpcap: files before 2.3 (and 543.0) hold the two lengths the other way round; in 2.3 some do.
        return new PcapHeader(
            swapped,
            magic == PcapFormat.ModifiedMagic ? PcapFormat.ModifiedRecordHeaderSize : PcapFormat.RecordHeaderSize,
            magic == PcapFormat.NanosecondMagic ? 1 : 1000,
            SwappedLengths: major == 543 || minor < 3,
            MaybeSwappedLengths: major == 2 && minor == 3,
            TOrder.U32(at + 16),
            (LinkType)(ushort)TOrder.U32(at + 20));
    }
}
