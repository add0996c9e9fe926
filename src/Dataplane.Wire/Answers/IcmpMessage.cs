using System.Runtime.InteropServices;

namespace Dataplane.Wire.Answers;

/// <summary>RFC 792 and RFC 4443: header and body with the checksum over both, and over IPv6's pseudo-header.</summary>
internal static class IcmpMessage
{
    internal static void Write(Span<byte> to, in IcmpHeader header, ReadOnlySpan<byte> body, uint pseudoHeader)
    {
        MemoryMarshal.Write(to, in header);
        ref byte bodyStart = ref MemoryMarshal.GetReference(to.Slice(IcmpHeader.Size, body.Length));
        uint sum = pseudoHeader + InternetChecksum.Sum(to[..IcmpHeader.Size])
            + InternetChecksum.CopyAndSum(ref bodyStart, in MemoryMarshal.GetReference(body), body.Length);
        MemoryMarshal.Write(to[IcmpHeader.ChecksumOffset..], InternetChecksum.Finish(sum));
    }
}
