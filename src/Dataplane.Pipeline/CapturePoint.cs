using System.Buffers.Binary;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>Where a record was captured: its interface, and which way the packet passed it.</summary>
/// <param name="Interface">The capture's interface and, of a cooked capture of the second
/// version, the device in it.</param>
/// <param name="Way">SLL's packet type plus one, or the direction of pcapng; 0: not known.</param>
/// <param name="IsCooked">Taken on <c>any</c> without the device's name (SLL, the first version): several
/// devices are one point.</param>
public readonly record struct CapturePoint(ulong Interface, byte Way, bool IsCooked)
{
    private const int InterfaceShift = 16;
    private const int WayShift = 8;
    private const ulong CookedBit = 2;
    private const ulong SetBit = 1;

    private const int PacketTypeOffsetOfSecond = 10;
    private const int DeviceOffsetOfSecond = 4;
    private const int DeviceShift = 16;
    private const byte Outgoing = 4;

    /// <summary>Ways of pcapng stand beside SLL's five.</summary>
    private const byte FirstDirection = 16;

    public bool IsOutgoing => Way is Outgoing + 1 or FirstDirection + (byte)CaptureDirection.Outbound;

    /// <summary>As lanes carry it; never 0.</summary>
    public ulong Packed => Interface << InterfaceShift | (ulong)Way << WayShift | (IsCooked ? CookedBit : 0) | SetBit;

    public static CapturePoint FromPacked(ulong packed) =>
        new(packed >> InterfaceShift, (byte)(packed >> WayShift), (packed & CookedBit) != 0);

    public static CapturePoint Of(in CaptureRecord record)
    {
        ReadOnlySpan<byte> bytes = record.Bytes;
        switch (record.LinkType)
        {
            case LinkType.LinuxSll when bytes.Length >= LinuxSllHeader.Size:
                return new CapturePoint(record.Interface, (byte)(bytes[1] + 1), IsCooked: true);
            case LinkType.LinuxSll2 when bytes.Length >= LinuxSll2Header.Size:
                ulong device = BinaryPrimitives.ReadUInt32BigEndian(bytes[DeviceOffsetOfSecond..]);
                return new CapturePoint((device + 1 & uint.MaxValue) << DeviceShift | record.Interface,
                    (byte)(bytes[PacketTypeOffsetOfSecond] + 1), IsCooked: false);
            default:
                byte way = record.Direction == CaptureDirection.Unknown
                    ? (byte)0
                    : (byte)(FirstDirection + (byte)record.Direction);
                return new CapturePoint(record.Interface, way, IsCooked: false);
        }
    }
}
