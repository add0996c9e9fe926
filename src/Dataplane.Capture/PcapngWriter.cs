using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Dataplane.Wire;

namespace Dataplane.Capture;

/// <summary>Writes pcapng with nanoseconds, in the machine's byte order (draft-ietf-opsawg-pcapng).</summary>
public sealed unsafe class PcapngWriter : CaptureWriter
{
    private const string Application = "dataplane 0.1.0";
    private const byte Nanoseconds = 9;
    private const int OptionHeaderSize = 4;
    private const int LongestOption = ushort.MaxValue & ~3;
    private const int LongestName = 255;
    private const int NameBlockSize = 128 * 1024;
    private const byte XdpVerdict = 2;
    private const ulong XdpDrop = 1;
    private const ulong XdpPass = 2;

    private int _interfaces;

    internal PcapngWriter(Stream stream, string name)
        : base(stream, name)
    {
        WriteSectionHeader();
        Commit();
    }

    public override int AddInterface(
        string name, LinkType linkType, int snapLength = PcapFormat.LargestFrame, MacAddress mac = default)
    {
        PcapngBlock block = new(PcapngFormat.InterfaceDescription);
        block.U16((ushort)linkType);
        block.U16(0);
        block.U32((uint)snapLength);
        if (name.Length > 0) block.Option(PcapngFormat.OptionInterfaceName, Utf8(name, LongestOption));
        if (!mac.IsNone)
        {
            Span<byte> bytes = stackalloc byte[MacAddress.Size];
            mac.WriteTo(bytes);
            block.Option(PcapngFormat.OptionInterfaceMac, bytes);
        }

        block.Option(PcapngFormat.OptionTimestampResolution, [Nanoseconds]);
        block.U32(PcapngFormat.OptionEnd);
        AppendBlock(block);
        return _interfaces++;
    }

    public override void AddNames(IEnumerable<(IpAddress Address, string Name)> names)
    {
        PcapngBlock block = new(PcapngFormat.NameResolution);
        foreach ((IpAddress address, string name) in names)
        {
            block.NameRecord(address, Utf8(name, LongestName));
            if (block.Size < NameBlockSize) continue;

            EndNames(block);
            block = new PcapngBlock(PcapngFormat.NameResolution);
        }

        if (block.Size > PcapngFormat.SmallestBlock) EndNames(block);
    }

    // Compiled optimised from the start: tiers, when a busy machine lets them wait, cost more than twice the time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Write(
        uint order,
        int interfaceIndex,
        long timestampNanoseconds,
        ReadOnlySpan<byte> frame,
        int originalLength,
        in PacketMetadata metadata)
    {
        if ((uint)interfaceIndex >= (uint)_interfaces)
            throw new ArgumentOutOfRangeException(
                nameof(interfaceIndex), interfaceIndex, "no such interface was added");

        ReadOnlySpan<byte> comment = Cut(metadata.Comment, LongestOption);
        ReadOnlySpan<byte> second = Cut(metadata.SecondComment, LongestOption);
        uint padded = PcapngFormat.Padded((uint)frame.Length);
        uint options = OptionsSize(in metadata, comment, second);
        uint total = PcapngFormat.PacketSize + padded + options;
        ulong time = (ulong)Math.Max(timestampNanoseconds, 0);

        byte* at = Append(order, (nint)total);
        PacketHeader* header = (PacketHeader*)at;
        header->Type = PcapngFormat.EnhancedPacket;
        header->TotalLength = total;
        header->Interface = (uint)interfaceIndex;
        header->TimeHigh = (uint)(time >> 32);
        header->TimeLow = (uint)time;
        header->CapturedLength = (uint)frame.Length;
        header->OriginalLength = (uint)Math.Max(originalLength, frame.Length);
        byte* end = at + total - 4;
        if (padded > 0) *(uint*)(at + sizeof(PacketHeader) + padded - 4) = 0;
        Unsafe.CopyBlockUnaligned(
            ref *(byte*)(header + 1), ref MemoryMarshal.GetReference(frame), (uint)frame.Length);
        if (options > 0) WriteOptions(at + sizeof(PacketHeader) + padded, in metadata, comment, second);
        *(uint*)end = total;
    }

    private protected override uint SizeOf(byte* record) => ((PacketHeader*)record)->TotalLength;

    private static uint OptionsSize(in PacketMetadata metadata, ReadOnlySpan<byte> comment, ReadOnlySpan<byte> second)
    {
        uint size = 0;
        if (comment.Length > 0) size += OptionHeaderSize + PcapngFormat.Padded((uint)comment.Length);
        if (second.Length > 0) size += OptionHeaderSize + PcapngFormat.Padded((uint)second.Length);
        if (metadata.Direction != CaptureDirection.Unknown) size += OptionHeaderSize + 4;
        if (metadata.PacketId != 0) size += OptionHeaderSize + 8;
        if (metadata.Verdict != PacketVerdict.None) size += OptionHeaderSize + 12;
        return size == 0 ? 0 : size + OptionHeaderSize;
    }

    private static void WriteOptions(
        byte* at, in PacketMetadata metadata, ReadOnlySpan<byte> comment, ReadOnlySpan<byte> second)
    {
        if (comment.Length > 0) at = WriteOption(at, PcapngFormat.OptionComment, comment);
        if (second.Length > 0) at = WriteOption(at, PcapngFormat.OptionComment, second);
        if (metadata.Direction != CaptureDirection.Unknown)
        {
            at = WriteOptionHeader(at, PcapngFormat.OptionPacketFlags, 4);
            *(uint*)at = (uint)metadata.Direction;
            at += 4;
        }

        if (metadata.PacketId != 0)
        {
            at = WriteOptionHeader(at, PcapngFormat.OptionPacketId, 8);
            Unsafe.WriteUnaligned(at, metadata.PacketId);
            at += 8;
        }

        if (metadata.Verdict != PacketVerdict.None)
        {
            at = WriteOptionHeader(at, PcapngFormat.OptionPacketVerdict, 9);
            *(uint*)(at + 8) = 0;
            *at = XdpVerdict;
            Unsafe.WriteUnaligned(at + 1, metadata.Verdict == PacketVerdict.Drop ? XdpDrop : XdpPass);
            at += 12;
        }

        *(uint*)at = PcapngFormat.OptionEnd;
    }

    private static byte* WriteOption(byte* at, ushort code, ReadOnlySpan<byte> value)
    {
        at = WriteOptionHeader(at, code, value.Length);
        uint padded = PcapngFormat.Padded((uint)value.Length);
        *(uint*)(at + padded - 4) = 0;
        value.CopyTo(new Span<byte>(at, value.Length));
        return at + padded;
    }

    private static byte* WriteOptionHeader(byte* at, ushort code, int length)
    {
        *(ushort*)at = code;
        *(ushort*)(at + 2) = (ushort)length;
        return at + OptionHeaderSize;
    }

    /// <summary>At most so many bytes of UTF-8, cut between characters.</summary>
    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> text, int longest)
    {
        if (text.Length <= longest) return text;

        int length = longest;
        while (length > 0 && (text[length] & 0xC0) == 0x80) length--;
        return text[..length];
    }

    private static ReadOnlySpan<byte> Utf8(string text, int longest) => Cut(Encoding.UTF8.GetBytes(text), longest);

    private void WriteSectionHeader()
    {
        PcapngBlock block = new(PcapngFormat.SectionHeader);
        block.U32(PcapngFormat.ByteOrderMagic);
        block.U16(1);
        block.U16(0);
        block.U32(uint.MaxValue);
        block.U32(uint.MaxValue);
        block.Option(PcapngFormat.OptionUserApplication, Encoding.UTF8.GetBytes(Application));
        block.U32(PcapngFormat.OptionEnd);
        AppendBlock(block);
    }

    private void EndNames(PcapngBlock block)
    {
        block.U32(PcapngFormat.NameRecordEnd);
        AppendBlock(block);
    }

    /// <summary>Blocks that describe go out before the packets of their group, whatever the packets' order.</summary>
    private void AppendBlock(PcapngBlock block)
    {
        ReadOnlySpan<byte> bytes = block.End();
        bytes.CopyTo(new Span<byte>(Append(order: 0, bytes.Length), bytes.Length));
    }

    /// <summary>The fixed part of an enhanced packet block.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct PacketHeader
    {
        public uint Type;
        public uint TotalLength;
        public uint Interface;
        public uint TimeHigh;
        public uint TimeLow;
        public uint CapturedLength;
        public uint OriginalLength;
    }
}
