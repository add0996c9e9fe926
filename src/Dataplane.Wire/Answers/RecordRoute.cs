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
        if (!Reserve(ipHeader, address)) return false;

        Ipv4Checksum.Write(ipHeader[..view.HeaderLength]);
        return true;
    }

    /// <summary>
    /// The same with the checksum left as it came: what a packet looks like that is refused after it came in and before
    /// it was forwarded (__ip_options_compile).
    /// </summary>
    public static bool Reserve(Span<byte> ipHeader, uint address)
    {
        if (Ipv4View.TryParseCut(ipHeader, out Ipv4View view) != WireError.None) return false;

        Ipv4Options options = view.Options;
        while (options.MoveNext())
        {
            if (options.Type != Ipv4Options.RecordRoute) continue;
            return Fill(ipHeader.Slice(Ipv4Header.Size + options.Offset, options.Bytes.Length), address);
        }

        return false;
    }

    /// <summary>
    /// Writes the packet's option as an answer to it carries it, with slots of the answering node's own
    /// (__ip_options_echo, ip_options_build); gives its size, padding and all.
    /// </summary>
    internal static int Echo(Span<byte> to, in Ipv4View packet, uint address, int slots)
    {
        Ipv4Options options = packet.Options;
        while (options.MoveNext())
        {
            if (options.Type != Ipv4Options.RecordRoute) continue;

            int size = options.Bytes.Length + SlotSize - 1 & -SlotSize;
            to[..size].Clear();
            options.Bytes.CopyTo(to);
            for (int slot = 0; slot < slots; slot++) Fill(to[..options.Bytes.Length], address);
            return size;
        }

        return 0;
    }

    private static bool Fill(Span<byte> option, uint address)
    {
        if (option.Length <= PointerOffset) return false;

        int pointer = option[PointerOffset];
        if (pointer < FirstPointer || pointer - 1 + SlotSize > option.Length) return false;

        BinaryPrimitives.WriteUInt32BigEndian(option[(pointer - 1)..], address);
        option[PointerOffset] = (byte)(pointer + SlotSize);
        return true;
    }
}
