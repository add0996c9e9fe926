using System.Runtime.InteropServices;

namespace Dataplane.Wire.Answers;

/// <summary>
/// RFC 791 §3.2, as Linux cuts (net/ipv4/ip_output.c ip_do_fragment): full fragments first; options that are not to be
/// copied become no-operations in later fragments, so all headers have one size (ip_options_fragment).
/// </summary>
public readonly ref struct Ipv4Fragmenter : IPieces
{
    private readonly Ipv4View _packet;
    private readonly int _step;

    private Ipv4Fragmenter(Ipv4View packet, int step, int count)
    {
        _packet = packet;
        _step = step;
        Count = count;
    }

    public int Count { get; }

    /// <summary>False for what is no whole IPv4 packet, and for an MTU that leaves no eight bytes of payload.</summary>
    public static bool TryCreate(ReadOnlySpan<byte> ipPacket, int mtu, out Ipv4Fragmenter fragmenter)
    {
        fragmenter = default;
        if (Ipv4View.TryParse(ipPacket, out Ipv4View packet) != WireError.None) return false;

        int room = mtu - packet.HeaderLength;
        int step = packet.Payload.Length <= room ? Math.Max(packet.Payload.Length, 8) : room & ~7;
        if (step < 8) return false;

        fragmenter = new Ipv4Fragmenter(packet, step, CountFor(packet.Payload.Length, room));
        return true;
    }

    /// <summary>
    /// Fragments of a payload where each has room for so many bytes: the last may use the odd
    /// ones that a middle one may not.
    /// </summary>
    public static int CountFor(int payload, int room)
    {
        int step = room & ~7;
        return payload <= room ? 1 : 1 + ((payload - room + step - 1) / step);
    }

    /// <summary>Bytes of fragment <paramref name="index"/>, header included.</summary>
    public int SizeOf(int index) => _packet.HeaderLength + PayloadOf(index).Length;

    /// <summary>Writes fragment <paramref name="index"/>, DF clear, and returns its size.</summary>
    public int Build(int index, Span<byte> to)
    {
        ReadOnlySpan<byte> payload = PayloadOf(index);
        int size = _packet.HeaderLength + payload.Length;
        Span<byte> header = to[.._packet.HeaderLength];
        _packet.Header.CopyTo(header);
        payload.CopyTo(to[header.Length..]);
        if (index > 0) BlankUncopiedOptions(header);

        bool isLast = index == Count - 1 && !_packet.MoreFragments;
        int offset = (_packet.FragmentOffset + index * _step) / 8;
        int more = isLast ? 0 : Ipv4Header.MoreFragmentsFlag;
        ushort fragment = (ushort)(offset & Ipv4Header.FragmentOffsetMask | more);
        MemoryMarshal.Write(header[Ipv4Header.TotalLengthOffset..], new U16Be((ushort)size));
        MemoryMarshal.Write(header[Ipv4Header.FragmentOffsetOffset..], new U16Be(fragment));
        Ipv4Checksum.Write(header);
        return size;
    }

    private ReadOnlySpan<byte> PayloadOf(int index) =>
        index == Count - 1 ? _packet.Payload[(index * _step)..] : _packet.Payload.Slice(index * _step, _step);

    private void BlankUncopiedOptions(Span<byte> header)
    {
        Ipv4Options options = _packet.Options;
        while (options.MoveNext())
        {
            if (!options.IsCopied)
                header.Slice(Ipv4Header.Size + options.Offset, options.Bytes.Length).Fill(Ipv4Options.NoOperation);
        }
    }
}
