using System.Runtime.InteropServices;

namespace Dataplane.Wire.Answers;

/// <summary>RFC 791 §3.1: the header checksum made anew (Linux: ip_send_check).</summary>
internal static class Ipv4Checksum
{
    private const int VersionBits = 0x40;

    /// <summary>The same, and the header length, where options have come in behind the fixed part.</summary>
    internal static void WriteLength(Span<byte> header)
    {
        if (header.Length == Ipv4Header.Size) return;

        header[0] = (byte)(VersionBits | header.Length / sizeof(uint));
        Write(header);
    }

    internal static void Write(Span<byte> header)
    {
        Span<byte> checksum = header[Ipv4Header.ChecksumOffset..];
        MemoryMarshal.Write(checksum, (ushort)0);
        MemoryMarshal.Write(checksum, InternetChecksum.Finish(InternetChecksum.Sum(header)));
    }
}
