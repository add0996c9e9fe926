using System.Buffers.Binary;
using Dataplane.Wire;

namespace Dataplane.Cli;

/// <summary>
/// Reads a frame's outermost addresses and nothing else: RFC 791 §3.1, RFC 8200 §3, behind
/// Ethernet, VLAN or cooked headers.
/// </summary>
internal static class OuterAddresses
{
    private const ushort Vlan = 0x8100;
    private const ushort ProviderVlan = 0x88a8;

    public static bool TryRead(ReadOnlySpan<byte> frame, LinkType link, out IpAddress source, out IpAddress destination)
    {
        source = default;
        destination = default;
        int start = IpStart(frame, link);
        if (start < 0 || start >= frame.Length) return false;

        ReadOnlySpan<byte> packet = frame[start..];
        (int offset, int size) = (packet[0] >> 4) switch { 4 => (12, 4), 6 => (8, 16), _ => (0, 0) };
        if (size == 0 || packet.Length < offset + (2 * size)) return false;

        source = IpAddress.FromBytes(packet.Slice(offset, size));
        destination = IpAddress.FromBytes(packet.Slice(offset + size, size));
        return true;
    }

    private static int IpStart(ReadOnlySpan<byte> frame, LinkType link) => link switch
    {
        LinkType.Raw or LinkType.Ipv4 or LinkType.Ipv6 => 0,
        LinkType.Null or LinkType.Loop => 4,
        LinkType.Ethernet => BehindType(frame, 12),
        LinkType.LinuxSll => BehindType(frame, 14),
        LinkType.LinuxSll2 => BehindType(frame, 0) < 0 ? -1 : 20,
        _ => -1,
    };

    private static int BehindType(ReadOnlySpan<byte> frame, int offset)
    {
        while (offset + 2 <= frame.Length)
        {
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(frame[offset..]);
            if (type is 0x0800 or 0x86dd) return offset + 2;
            if (type is not (Vlan or ProviderVlan)) return -1;

            offset += 4;
        }

        return -1;
    }
}
