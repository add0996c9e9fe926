using System.Buffers.Binary;

namespace Dataplane.Wire.Answers;

/// <summary>
/// RFC 791 §3.1, Record Route: what a router on the way writes (net/ipv4/ip_options.c ip_forward_options).
/// </summary>
public static class RecordRoute
{
    private const int PointerOffset = 2;
    private const int FirstPointer = 4;
    private const int SlotSize = 4;

    /// <summary>
    /// Fills the next free slot and puts the header checksum right; false if there is no option or no slot.
    /// </summary>
    /// <remarks><c>ipHeader</c>: the IPv4 header with its options; more bytes may follow.</remarks>
    public static bool Apply(Span<byte> ipHeader, uint address)
    {
        if (Ipv4View.TryParseCut(ipHeader, out Ipv4View view) != WireError.None) return false;

        Ipv4Options options = view.Options;
        while (options.MoveNext())
        {
            if (options.Type != Ipv4Options.RecordRoute) continue;

            Span<byte> option = ipHeader.Slice(Ipv4Header.Size + options.Offset, options.Bytes.Length);
            if (option.Length <= PointerOffset) return false;

            int pointer = option[PointerOffset];
            if (pointer < FirstPointer || pointer - 1 + SlotSize > option.Length) return false;

            BinaryPrimitives.WriteUInt32BigEndian(option[(pointer - 1)..], address);
            option[PointerOffset] = (byte)(pointer + SlotSize);
            Ipv4Checksum.Write(ipHeader[..view.HeaderLength]);
            return true;
        }

        return false;
    }
}
