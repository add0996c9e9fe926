using System.Buffers.Binary;
using Dataplane.Capture;

namespace Dataplane.Tests.Capture;

/// <summary>Builds small captures by hand, byte for byte, in either byte order.</summary>
internal sealed class CaptureBytes(bool bigEndian = false)
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public CaptureBytes U16(int value)
    {
        Span<byte> bytes = stackalloc byte[2];
        if (bigEndian) BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        else BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        _bytes.AddRange(bytes);
        return this;
    }

    public CaptureBytes U32(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        if (bigEndian) BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        else BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
        return this;
    }

    public CaptureBytes U64(ulong value) => bigEndian
        ? U32((uint)(value >> 32)).U32((uint)value)
        : U32((uint)value).U32((uint)(value >> 32));

    public CaptureBytes Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public CaptureBytes PcapHeader(
        uint magic = 0xA1B2C3D4, int major = 2, int minor = 4, uint snapLength = 65535, uint linkType = 1) =>
        U32(magic).U16(major).U16(minor).U32(0).U32(0).U32(snapLength).U32(linkType);

    public CaptureBytes PcapRecord(
        uint seconds, uint fraction, byte[] frame, uint? captured = null, uint? original = null) =>
        U32(seconds).U32(fraction).U32(captured ?? (uint)frame.Length).U32(original ?? (uint)frame.Length).Raw(frame);

    public CaptureBytes Block(uint type, Action<CaptureBytes> body)
    {
        CaptureBytes inner = new(bigEndian);
        body(inner);
        while (inner._bytes.Count % 4 != 0) inner._bytes.Add(0);
        uint total = 12 + (uint)inner._bytes.Count;
        return U32(type).U32(total).Raw(inner.ToArray()).U32(total);
    }

    public CaptureBytes Section() =>
        Block(0x0A0D0D0A, block => block.U32(0x1A2B3C4D).U16(1).U16(0).U64(ulong.MaxValue));

    public CaptureBytes Interface(int linkType = 1, uint snapLength = 0, Action<CaptureBytes>? options = null) =>
        Block(1, block =>
        {
            block.U16(linkType).U16(0).U32(snapLength);
            options?.Invoke(block);
        });

    public CaptureBytes Option(int code, params byte[] value)
    {
        U16(code).U16(value.Length).Raw(value);
        while (_bytes.Count % 4 != 0) _bytes.Add(0);
        return this;
    }

    public CaptureBytes EnhancedPacket(uint from, ulong ticks, byte[] frame, Action<CaptureBytes>? options = null) =>
        Block(6, block =>
        {
            block.U32(from).U32((uint)(ticks >> 32)).U32((uint)ticks);
            block.U32((uint)frame.Length).U32((uint)frame.Length).Raw(frame).Raw(new byte[-frame.Length & 3]);
            options?.Invoke(block);
        });

    public CaptureReader Open(bool preload = false) => Open(ToArray(), preload);

    public static CaptureReader Open(byte[] bytes, bool preload = false) =>
        CaptureFile.Open(new MemoryStream(bytes), "test.pcap", new CaptureReadOptions { Preload = preload });
}
