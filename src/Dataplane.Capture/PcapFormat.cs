namespace Dataplane.Capture;

/// <summary>The classic format: libpcap's sf-pcap.c, draft-ietf-opsawg-pcap.</summary>
internal static class PcapFormat
{
    public const uint MicrosecondMagic = 0xA1B2_C3D4;
    public const uint NanosecondMagic = 0xA1B2_3C4D;

    /// <summary>Alexey Kuznetzov's: eight bytes more for each record (interface, protocol, packet type).</summary>
    public const uint ModifiedMagic = 0xA1B2_CD34;

    public const uint FmesquitaMagic = 0xA1B2_34CD;
    public const uint NavtelMagic = 0xA12B_3C4D;

    public const int FileHeaderSize = 24;
    public const int RecordHeaderSize = 16;
    public const int ModifiedRecordHeaderSize = 24;

    /// <summary>MAXIMUM_SNAPLEN of pcap-int.h: a record that claims more is not a record.</summary>
    public const int LargestFrame = 262_144;
}
