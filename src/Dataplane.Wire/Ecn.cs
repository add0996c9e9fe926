using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>
/// Congestion marks through tunnels as Linux handles them (include/net/inet_ecn.h, RFC 3168 and RFC 6040).
/// </summary>
public static class Ecn
{
    public const byte NotCapable = 0;
    public const byte Capable1 = 1;
    public const byte Capable0 = 2;
    public const byte Congested = 3;
    public const byte Mask = 3;

    /// <summary>The two bits for the outer header: the inner ones, but ECT(0) for CE (RFC 3168 §9.1.1).</summary>
    public static byte Encapsulate(byte innerTos) =>
        (innerTos & Mask) == Congested ? Capable0 : (byte)(innerTos & Mask);

    /// <summary>RFC 6040 §4.2, figure 4. False: the packet is dropped (CE outside, not capable inside).</summary>
    public static bool TryDecapsulate(byte outerTos, byte innerTos, out byte newInnerTos)
    {
        int outer = outerTos & Mask;
        int inner = innerTos & Mask;
        newInnerTos = innerTos;
        if (inner == NotCapable) return outer != Congested;

        if (outer == Congested) newInnerTos |= Congested;
        else if (outer == Capable1 && inner == Capable0) newInnerTos = (byte)(innerTos & ~Mask | Capable1);
        return true;
    }

    /// <summary>
    /// The same, written into the inner packet with IPv4's checksum put right. What is not IP passes untouched.
    /// </summary>
    public static bool TryDecapsulate(byte outerTos, Span<byte> innerPacket)
    {
        if (innerPacket.Length < Ipv4Header.Size) return true;

        return (innerPacket[0] >> 4) switch
        {
            4 => TryDecapsulateV4(outerTos, innerPacket),
            6 => TryDecapsulateV6(outerTos, innerPacket),
            _ => true,
        };
    }

    private static bool TryDecapsulateV4(byte outerTos, Span<byte> packet)
    {
        byte tos = packet[Ipv4Header.TosOffset];
        if (!TryDecapsulate(outerTos, tos, out byte changed)) return false;
        if (changed == tos) return true;

        packet[Ipv4Header.TosOffset] = changed;
        Span<byte> checksum = packet[Ipv4Header.ChecksumOffset..];
        ushort old = MemoryMarshal.Read<U16Be>(checksum).Host;
        MemoryMarshal.Write(checksum, new U16Be(InternetChecksum.Update(old, (ushort)tos, changed)));
        return true;
    }

    private static bool TryDecapsulateV6(byte outerTos, Span<byte> packet)
    {
        ushort word = BinaryPrimitives.ReadUInt16BigEndian(packet);
        byte trafficClass = (byte)(word >> 4);
        if (!TryDecapsulate(outerTos, trafficClass, out byte changed)) return false;

        BinaryPrimitives.WriteUInt16BigEndian(packet, (ushort)(word & 0xF00F | changed << 4));
        return true;
    }
}
