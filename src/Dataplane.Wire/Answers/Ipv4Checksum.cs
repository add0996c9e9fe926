using System.Runtime.InteropServices;

namespace Dataplane.Wire.Answers;

/// <summary>RFC 791 §3.1: the header checksum made anew (Linux: ip_send_check).</summary>
internal static class Ipv4Checksum
{
    internal static void Write(Span<byte> header)
    {
        Span<byte> checksum = header[Ipv4Header.ChecksumOffset..];
        MemoryMarshal.Write(checksum, (ushort)0);
        MemoryMarshal.Write(checksum, InternetChecksum.Finish(InternetChecksum.Sum(header)));
    }
}
