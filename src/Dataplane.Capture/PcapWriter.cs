using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dataplane.Wire;

namespace Dataplane.Capture;

/// <summary>
/// Writes classic pcap with nanoseconds, in the machine's byte order (libpcap's sf-pcap.c). One link type a file.
/// </summary>
public sealed unsafe class PcapWriter : CaptureWriter
{
    private const ulong NanosecondsPerSecond = 1_000_000_000;

    private bool _hasHeader;
    private LinkType _linkType;

    internal PcapWriter(Stream stream, string name)
        : base(stream, name)
    {
    }

    public override int AddInterface(
        string name, LinkType linkType, int snapLength = PcapFormat.LargestFrame, MacAddress mac = default)
    {
        if (!_hasHeader) WriteHeader(linkType, snapLength);
        if (linkType == _linkType) return 0;

        throw new InvalidDataException(
            $"{Name}: classic pcap holds one link type, and {name} has {linkType} where the file has {_linkType}; " +
            "write pcapng (a name that does not end in .pcap)");
    }

    public override void AddNames(IEnumerable<(IpAddress Address, string Name)> names)
    {
    }

    public override void Write(
        uint order,
        int interfaceIndex,
        long timestampNanoseconds,
        ReadOnlySpan<byte> frame,
        int originalLength,
        in PacketMetadata metadata)
    {
        if (!_hasHeader) throw new InvalidOperationException("a packet before any interface");

        ulong time = (ulong)Math.Max(timestampNanoseconds, 0);
        ulong seconds = time / NanosecondsPerSecond;
        PcapRecordHeader* record = (PcapRecordHeader*)Append(order, PcapFormat.RecordHeaderSize + frame.Length);
        record->Seconds = (uint)Math.Min(seconds, uint.MaxValue);
        record->Nanoseconds = (uint)(time - seconds * NanosecondsPerSecond);
        record->CapturedLength = (uint)frame.Length;
        record->OriginalLength = (uint)Math.Max(originalLength, frame.Length);
        Unsafe.CopyBlockUnaligned(
            ref *(byte*)(record + 1), ref MemoryMarshal.GetReference(frame), (uint)frame.Length);
    }

    private protected override void Finish()
    {
        if (!_hasHeader) WriteHeader(LinkType.Ethernet, PcapFormat.LargestFrame);
    }

    private protected override uint SizeOf(byte* record) =>
        PcapFormat.RecordHeaderSize + ((PcapRecordHeader*)record)->CapturedLength;

    private void WriteHeader(LinkType linkType, int snapLength)
    {
        byte* at = Append(order: 0, PcapFormat.FileHeaderSize);
        Unsafe.WriteUnaligned(at, PcapFormat.NanosecondMagic);
        Unsafe.WriteUnaligned(at + 4, (ushort)2);
        Unsafe.WriteUnaligned(at + 6, (ushort)4);
        Unsafe.WriteUnaligned(at + 8, 0UL);
        Unsafe.WriteUnaligned(at + 16, snapLength);
        Unsafe.WriteUnaligned(at + 20, (uint)linkType);
        Commit();
        _hasHeader = true;
        _linkType = linkType;
    }

    /// <summary>A record's header as it lies in the file.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct PcapRecordHeader
    {
        public uint Seconds;
        public uint Nanoseconds;
        public uint CapturedLength;
        public uint OriginalLength;
    }
}
