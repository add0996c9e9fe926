namespace Dataplane.Capture;

/// <summary>Numbers of the pcapng format: draft-ietf-opsawg-pcapng.</summary>
internal static class PcapngFormat
{
    public const uint SectionHeader = 0x0A0D_0D0A;
    public const uint InterfaceDescription = 1;
    public const uint ObsoletePacket = 2;
    public const uint SimplePacket = 3;
    public const uint NameResolution = 4;
    public const uint EnhancedPacket = 6;

    public const uint ByteOrderMagic = 0x1A2B_3C4D;

    /// <summary>Type, length, and the length again.</summary>
    public const int SmallestBlock = 12;

    public const int SectionHeaderSize = 28;
    public const int InterfaceDescriptionSize = 20;
    public const int SimplePacketSize = 16;
    public const int PacketSize = 32;

    /// <summary>
    /// A block whose content is needed and that is larger than this (Wireshark's limit too) is a lie.
    /// </summary>
    public const int LargestBlock = 16 * 1024 * 1024;

    public const ushort OptionEnd = 0;
    public const ushort OptionComment = 1;
    public const ushort OptionUserApplication = 4;
    public const ushort OptionInterfaceName = 2;
    public const ushort OptionInterfaceMac = 6;
    public const ushort OptionTimestampResolution = 9;
    public const ushort OptionTimestampOffset = 14;
    public const ushort OptionPacketFlags = 2;
    public const ushort OptionPacketId = 5;
    public const ushort OptionPacketVerdict = 7;

    public const ushort NameRecordEnd = 0;
    public const ushort NameRecordV4 = 1;
    public const ushort NameRecordV6 = 2;

    public static uint Padded(uint size) => (size + 3) & ~3u;
}
