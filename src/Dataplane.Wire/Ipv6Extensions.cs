using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>RFC 8200 §4.5: where a fragment belongs.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct Ipv6FragmentHeader(byte nextHeader, int offset, bool moreFragments, uint id)
{
    public const int Size = 8;

    private readonly byte _nextHeader = nextHeader;
    private readonly byte _reserved;
    private readonly U16Be _offsetAndFlags = new((ushort)((offset & 0xFFF8) | (moreFragments ? 1 : 0)));
    private readonly U32Be _id = new(id);

    public byte NextHeader => _nextHeader;

    /// <summary>Where this fragment's payload belongs, in bytes.</summary>
    public int Offset => _offsetAndFlags.Host & 0xFFF8;

    public bool MoreFragments => (_offsetAndFlags.Host & 1) != 0;

    public uint Id => _id.Host;
}

/// <summary>RFC 8200 §4: what a bounded walk over the extension headers found.</summary>
internal readonly struct Ipv6Extensions(byte protocol, int size, int fragmentHeaderOffset)
{
    private const int MaxHeaders = 8;
    private const int MinExtensionSize = 8;

    internal byte Protocol { get; } = protocol;

    internal int Size { get; } = size;

    internal int FragmentHeaderOffset { get; } = fragmentHeaderOffset;

    internal static WireError TryWalk(ReadOnlySpan<byte> packet, byte next, out Ipv6Extensions extensions)
    {
        extensions = default;
        int offset = Ipv6Header.Size;
        int fragment = 0;
        for (int depth = 0; IsExtension(next); depth++)
        {
            if (depth == MaxHeaders) return WireError.TooDeep;

            ReadOnlySpan<byte> rest = packet[offset..];
            if (rest.Length < MinExtensionSize) return WireError.Truncated;

            int size = SizeOf(next, rest[1]);
            if (rest.Length < size) return WireError.Truncated;

            if (next == IpProtocol.Fragment && fragment == 0) fragment = offset;
            bool later = next == IpProtocol.Fragment && MemoryMarshal.AsRef<Ipv6FragmentHeader>(rest).Offset != 0;
            next = rest[0];
            offset += size;
            if (later) break;
        }

        extensions = new Ipv6Extensions(next, offset, fragment);
        return WireError.None;
    }

    private static bool IsExtension(byte next) => next is IpProtocol.HopByHop or IpProtocol.Routing
        or IpProtocol.Fragment or IpProtocol.DestinationOptions or IpProtocol.Authentication;

    /// <summary>
    /// Fragment headers are fixed; AH counts words of four less two (RFC 4302 §2.2); others of eight less one.
    /// </summary>
    private static int SizeOf(byte type, byte length) => type switch
    {
        IpProtocol.Fragment => Ipv6FragmentHeader.Size,
        IpProtocol.Authentication => Math.Max(MinExtensionSize, (length + 2) * 4),
        _ => (length + 1) * 8,
    };
}
