using System.Buffers.Binary;
using System.Numerics;

namespace Dataplane.Wire;

/// <summary>RFC 9260 §6.8 and appendix A: CRC32c over the packet with its checksum field taken as zero.</summary>
public static class SctpChecksum
{
    /// <summary>The checksum of a packet that holds at least its common header.</summary>
    public static U32Be Compute(ReadOnlySpan<byte> packet)
    {
        uint crc = Append(uint.MaxValue, packet[..SctpHeader.ChecksumOffset]);
        crc = BitOperations.Crc32C(crc, 0u);
        crc = Append(crc, packet[SctpHeader.Size..]);
        return new U32Be(BinaryPrimitives.ReverseEndianness(~crc));
    }

    private static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte octet in bytes) crc = BitOperations.Crc32C(crc, octet);
        return crc;
    }
}
